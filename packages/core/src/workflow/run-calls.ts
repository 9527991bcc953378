// The calls of a run: how their outcomes end its steps and undos, when what must succeed is tried again, and how a call that was begun without a row
// goes on with one. Which calls there are, the function says.
import type { Operation } from "../decide/port.ts";
import type { CallProgress } from "../message/call.ts";
import type { Revive } from "../message/revival-message.ts";
import type { Definition } from "./definition.ts";
import type { CallRequest } from "./handling.ts";
import type { Entry, StepEnd } from "./journal.ts";
import { timerName } from "./keys.ts";
import type { Replay } from "./replay.ts";
import { attempts, givenUp, openCalls, openPlaces, type OpenCall } from "./standing.ts";
import type { Surroundings } from "./surroundings.ts";
import { openUnrecorded } from "./unrecorded.ts";
import type { Undoing } from "./undo.ts";
import type { WorkflowVerbs } from "./verbs.ts";

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;

export type CallEnd = { readonly kind: "ok"; readonly value: unknown } | { readonly kind: "failed"; readonly step: StepEnd };

interface Caller { readonly id: string; readonly generation: number }

export class RunCalls {
  readonly #definition: Definition;
  readonly #run: Caller;
  readonly #replay: Replay;
  readonly #verbs: WorkflowVerbs;
  readonly #undoing: Undoing;
  readonly #context: Surroundings;

  constructor(definition: Definition, run: Caller, replay: Replay, verbs: WorkflowVerbs, undoing: Undoing, context: Surroundings) {
    this.#definition = definition;
    this.#run = run;
    this.#replay = replay;
    this.#verbs = verbs;
    this.#undoing = undoing;
    this.#context = context;
  }

  get #journal(): Entry[] {
    return this.#replay.journal;
  }

  /** The place of the step that alone is under way, where this is its end; null: it is another's, or one of several, or no end yet. */
  onlyPlace(operation: string, key: string, end: CallEnd): number | null {
    const [place, ...others] = openPlaces(this.#journal);
    const entry = place === undefined ? undefined : this.#journal[place];
    if (place === undefined || others.length > 0 || entry?.kind !== "requested" || entry.what !== "step") return null;
    return entry.operation === operation && entry.key === key && (end.kind === "ok" || entry.type !== "retriable") ? place : null;
  }

  /** The outcome of a call. Steps that ask for the same effect share it. False: none waits for it. */
  async outcome(operation: string, key: string, end: CallEnd): Promise<boolean> {
    let isAwaited = false;
    for (const call of openCalls(this.#journal)) {
      if (call.operation !== operation || call.key !== key) continue;
      isAwaited = true;
      if (end.kind === "ok" || !call.mustSucceed) await this.#replay.settle(call.at, end, this.#context.now);
      else this.#tryLater(call, end);
    }
    return isAwaited;
  }

  #tryLater(call: OpenCall, end: CallEnd & { readonly kind: "failed" }): void {
    const attempt = attempts(this.#journal, call.at) + 1;
    this.#journal.push({ kind: "again", of: call.at, attempt, at: this.#context.now, end: end.step });
    if (attempt >= this.#definition.maxAttempts) return;
    const afterMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    const { id, generation } = this.#run;
    this.#context.schedule(this.#definition.due({ id, generation, request: call.at, again: attempt }), { afterMs, name: timerName(generation, call.at) });
  }

  /** The timer of an attempt has fired. */
  due(at: number, again: number): void {
    if (attempts(this.#journal, at) === again && openPlaces(this.#journal).includes(at)) this.#callAgain(at);
  }

  /** A person says: try again what was given up. False: nothing was. */
  retry(): boolean {
    const given = givenUp(this.#journal, this.#definition.maxAttempts);
    for (const at of given) {
      this.#journal.push({ kind: "retried", of: at, at: this.#context.now });
      this.#callAgain(at);
    }
    return given.length > 0;
  }

  #callAgain(at: number): void {
    const entry = this.#journal[at];
    if (entry?.kind === "undo") this.#undoing.call(entry);
    if (entry?.kind === "undoAsk") this.#undoing.ask(at, entry.of);
    const asked = this.#asked(at);
    if (asked !== null) this.#context.call(asked.operation, asked.request);
  }

  /** What the step there asks for. */
  #asked(at: number): { readonly operation: Operation; readonly request: CallRequest } | null {
    const entry = this.#journal[at];
    const call = this.#verbs.calls.get(at);
    if (call === undefined || entry?.kind !== "requested" || entry.what !== "step") return null;
    const { operation, input, deadlineMs } = call;
    return { operation, request: { key: entry.key, input, ...(deadlineMs === undefined ? {} : { deadlineMs }) } };
  }

  /** Calls that were begun without a row go on with one: the one that is named, or whatever owners before this one have begun. */
  revive({ call, before = 0 }: Revive): void {
    for (const at of openUnrecorded(this.#journal)) {
      const entry = this.#journal[at];
      const asked = this.#asked(at);
      if (asked === null || entry?.kind !== "requested" || entry.what !== "step") continue;
      const meant = call === undefined ? (entry.unrecorded ?? 0) < before : call.operation === entry.operation && call.key === entry.key;
      if (!meant) continue;
      this.#journal.push({ kind: "revived", of: at, at: this.#context.now });
      this.#context.callBegun(asked.operation, asked.request, call === undefined ? { state: "asking", attempts: 0, dueInMs: 0 } : progressOf(call));
    }
  }
}

/** Where the call of a revival stands, without what names it. */
function progressOf({ operation: _operation, key: _key, ...progress }: NonNullable<Revive["call"]>): CallProgress {
  return progress;
}
