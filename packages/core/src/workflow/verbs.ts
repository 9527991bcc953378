// The verbs of a workflow: each asks the replay whether it was asked before, and acts only where it is new. The types that users see stand
// in context.ts.
import { EvenkeelError } from "../errors.ts";
import type { Operation } from "../decide/port.ts";
import type { AnyStatement } from "../decide/sql.ts";
import type { AnyMessageDefinition, NewMessage } from "../message/definition.ts";
import { checkKey } from "../message/codec.ts";
import { derivedId, hash128 } from "../message/hash.ts";
import type { Schema } from "../message/schema.ts";
import type { AskOptions, StepCall, Undo, UndoAsk } from "./asked-for.ts";
import type { AnyChild, PendingCallback, Received, StepOptions } from "./context.ts";
import { milliseconds, type Duration } from "./duration.ts";
import { cancelled } from "./failures.ts";
import type { CallRequest } from "./handling.ts";
import type { Answer, Cut, Requested, StepType } from "./journal.ts";
import { kept, keptValue } from "./kept.ts";
import { generationSuffix, keyOf, timerName, undoKeyOf } from "./keys.ts";
import { tokenOf, type Due } from "./messages.ts";
import { checkJson } from "./not-json.ts";
import type { Replay } from "./replay.ts";
import type { Surroundings } from "./surroundings.ts";
import { awaitedNames, toldOf, whyUnheard, type AnyAwaitable, type Told, type WaitOptions } from "./wait-by-key.ts";

/** How long the answer to an undo is waited for before a person looks. */
const UNDO_WITHIN: Duration = { days: 1 };

interface Facts {
  readonly workflow: string;
  readonly runId: string;
  readonly tenant: string;
  readonly generation: number;
  readonly cuts: readonly Cut[];
  readonly waitsFor: ReadonlySet<string>;
  readonly waitsForByKey: ReadonlySet<string>;
  readonly due: (data: Due) => NewMessage;
}

export class WorkflowVerbs {
  readonly runId: string;
  readonly tenant: string;
  /** By place in the journal. */
  readonly calls = new Map<number, StepCall>();
  readonly callbacks = new Map<number, Schema>();
  readonly asks = new Map<number, UndoAsk>();
  /** Those that are new. */
  readonly answers: Answer[] = [];
  readonly children = new Map<number, { readonly workflow: AnyChild; readonly id: string }>();
  readonly #facts: Facts;
  readonly #replay: Replay;
  readonly #effects: Surroundings;
  readonly #names = new Set<string>();
  readonly #undoable = new Set<number>();
  #pivot: string | null = null;
  #drawn = 0;

  constructor(facts: Facts, replay: Replay, effects: Surroundings) {
    this.runId = facts.runId;
    this.tenant = facts.tenant;
    this.#facts = facts;
    this.#replay = replay;
    this.#effects = effects;
  }

  get now(): number { return this.#replay.now; }
  random(): number { return hash128(this.#draw())[0] / 2 ** 32; }
  newId(): string { return derivedId(this.#draw()); }

  #draw(): string {
    return `${this.#facts.workflow}\u0000${this.tenant}\u0000${this.runId}\u0000${String(this.#generation)}\u0000${String(this.#drawn++)}`;
  }

  step(name: string, operation: Operation, input: unknown, options: StepOptions & Undo = {}): Promise<unknown> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    // The compiler says so where it is asked.
    if (options.undo === undefined) this.#refuse(name, "it does not say how it is undone: give it `undo`, or make it the pivot, retriable or readonly");
    if (this.#pivot !== null) this.#refuse(name, `it can be undone, and stands after the pivot '${this.#pivot}': make it retriable, or move it before the pivot`);
    return this.#perform("compensatable", name, operation, input, options);
  }

  pivot(name: string, operation: Operation, input: unknown, options: StepOptions = {}): Promise<unknown> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    if (this.#pivot !== null) this.#refuse(name, `the run has the pivot '${this.#pivot}' already: a run has one`);
    if (this.#isUndoableUnderWay()) this.#refuse(name, "it is the pivot, and a step that may have to be undone is still under way: await that first");
    this.#pivot = name;
    return this.#perform("pivot", name, operation, input, options);
  }

  retriable(name: string, operation: Operation, input: unknown, options: StepOptions = {}): Promise<unknown> {
    return this.#perform("retriable", name, operation, input, options);
  }

  readonly(name: string, operation: Operation, input: unknown, options: StepOptions = {}): Promise<unknown> {
    return this.#perform("readonly", name, operation, input, options);
  }

  #perform(type: StepType, name: string, operation: Operation, input: unknown, options: StepOptions & Undo): Promise<unknown> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    this.#claim("step", name);
    const key = options.key ?? keyOf(this.#facts.workflow, this.runId, this.#generation, name);
    // As it is now: the function may change its object before a retry or an undo.
    const asked = this.#json(`the input of step '${name}'`, (what) => keptValue(input, what));
    const { at, isNew } = this.#replay.request({ kind: "requested", what: "step", type, name, operation: operation.name, key });
    const { deadlineMs, undo, undoInput } = options;
    if (isNew) {
      this.#act(() => {
        if (undo !== undefined) checkKey(undoKeyOf(key), `The undo of step '${name}'`);
        this.#begin(at, operation, { key, input, ...(deadlineMs === undefined ? {} : { deadlineMs }) }, options.key === undefined);
      });
    }
    this.calls.set(at, { operation, input: asked, deadlineMs, undo: undo === undefined ? null : { operation: undo, inputOf: undoInput ?? (() => asked) } });
    const answer = this.#replay.answer(at, asItIs);
    if (type === "compensatable") this.#undoable.add(at);
    return answer;
  }

  #isUndoableUnderWay(): boolean {
    for (const at of this.#undoable) if (this.#replay.isWaiting(at)) return true;
    return false;
  }

  /**
   * A call of the first attempt needs no row, since the journal tells of it. With a key that others may use, too, it does: rows find what has
   * the same key.
   */
  #begin(at: number, operation: Operation, request: CallRequest, isOwnKey: boolean): void {
    if (!isOwnKey) {
      this.#effects.call(operation, request);
      return;
    }
    const epoch = this.#effects.callUnrecorded(operation, request);
    if (epoch !== null) this.#replay.markUnrecorded(at, epoch);
  }

  emit(message: NewMessage): void {
    this.#refuseAfterNext();
    if (this.#replay.request({ kind: "requested", what: "emit", name: message.name }).isNew) this.#act(() => { this.#effects.emit(message); });
  }

  run(statement: AnyStatement, parameters: unknown): void {
    this.#refuseAfterNext();
    if (this.#replay.request({ kind: "requested", what: "sql", name: statement.name }).isNew) this.#act(() => { this.#effects.run(statement, parameters); });
  }

  sleep(duration: Duration | { readonly until: Date }): Promise<void> {
    return guarded(this.#sleep(duration));
  }

  async #sleep(duration: Duration | { readonly until: Date }): Promise<void> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    const until = "until" in duration ? duration.until.getTime() : this.now + milliseconds(duration, "a sleep");
    const { at, isNew } = this.#replay.request({ kind: "requested", what: "sleep", until });
    if (isNew) this.#schedule(at, until);
    await this.#replay.answer(at, asItIs);
  }

  waitFor(message: AnyMessageDefinition, { key, within }: WaitOptions = {}): Promise<unknown> {
    return guarded(this.#wait([key === undefined ? message : { message, key }], within).then((answer) => answer?.data));
  }

  waitForAny(awaited: readonly AnyAwaitable[], { within }: WaitOptions = {}): Promise<Told | undefined> {
    return guarded(this.#wait(awaited, within));
  }

  receive(message: AnyMessageDefinition, { key, within }: WaitOptions = {}): Promise<Received<unknown> | undefined> {
    return guarded(this.#wait([key === undefined ? message : { message, key }], within, { receives: true }).then((received) => {
      if (received === undefined) return undefined;
      const { id, data } = received;
      if (id === undefined) this.#refuse(message.name, "its journal does not say which message it was given");
      return { id, data, answer: (value) => { this.#answer(id, message.name, value); } };
    }));
  }

  async #wait(awaited: readonly AnyAwaitable[], within: Duration | undefined, as: { readonly receives?: true } = {}): Promise<Told | undefined> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    const names = awaitedNames(awaited);
    const name = names.names.join("' or '");
    return this.#await({ kind: "requested", what: "wait", name, ...names, until: this.#untilOf(within, names.names.join(" or ")), ...as }).answer;
  }

  #answer(to: string, name: string, value: unknown): void {
    this.#refuseAfterNext();
    this.#claim("answer", to);
    const { isNew } = this.#replay.request({ kind: "requested", what: "answer", name, to });
    if (!isNew) return;
    this.#json(`the answer to '${name}'`, (what) => { checkJson(value, what); });
    this.answers.push(kept({ to, at: this.now, value }));
  }

  ask(message: NewMessage, options: AskOptions): Promise<Told | undefined> {
    return guarded(this.#ask(message, options));
  }

  async #ask(message: NewMessage, options: AskOptions): Promise<Told | undefined> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    const { undo, answers } = options;
    if (undo !== undefined && this.#pivot !== null) this.#refuse(message.name, `it can be undone, and stands after the pivot '${this.#pivot}'`);
    const names = answers.map((one) => one.name);
    const until = this.#untilOf(options.within, message.name);
    const { at, isNew, answer } = this.#await({ kind: "requested", what: "ask", name: message.name, names, until, ...(undo === undefined ? {} : { undoable: true }) });
    if (isNew) this.#act(() => { this.#effects.emit(message); });
    if (undo !== undefined) {
      const unless = new Set((undo.unless ?? []).map((one) => one.name));
      const withinMs = milliseconds(undo.within ?? UNDO_WITHIN, `the undo of '${message.name}'`);
      this.asks.set(at, { send: undo.send, names: undo.answers.map((one) => one.name), unless, withinMs });
      this.#undoable.add(at);
    }
    return answer;
  }

  /** Asks for a message of others. */
  #await(request: Requested & { readonly what: "wait" | "ask" }): { readonly at: number; readonly isNew: boolean; readonly answer: Promise<Told | undefined> } {
    // The compiler says so where it is asked.
    const stranger = whyUnheard(request, this.#facts);
    if (stranger !== null) this.#refuse(stranger.name, stranger.why);
    const { at, isNew } = this.#replay.request(request);
    if (isNew && request.until !== null) this.#schedule(at, request.until);
    if (isNew && request.what === "wait") this.#act(() => { for (const key of request.keys ?? []) if (key !== null) checkKey(key, `The wait for '${request.name}'`); });
    return { at, isNew, answer: this.#replay.answer(at, toldOf) };
  }

  callback(name: string, data: Schema, options: { readonly within?: Duration } = {}): PendingCallback<unknown> {
    this.#claim("callback", name);
    const why = this.#whyRefused();
    if (why !== null) throw why;
    const until = this.#untilOf(options.within, name);
    // Several generations may pass in one commit.
    const secret = derivedId(`${this.#effects.message.id}\u0000callback\u0000${name}${generationSuffix(this.#facts.generation)}`);
    const { at, isNew } = this.#replay.request({ kind: "requested", what: "callback", name, secret, until });
    if (isNew && until !== null) this.#schedule(at, until);
    this.callbacks.set(at, data);
    const entry = this.#replay.journal[at];
    const recorded = entry?.kind === "requested" && entry.what === "callback" ? entry.secret : secret;
    return { token: tokenOf(this.runId, at, recorded), answer: this.#replay.answer(at, asItIs) };
  }

  child(name: string, workflow: AnyChild, run: { readonly id: string; readonly input: unknown }): Promise<unknown> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    this.#claim("child", name);
    const { at, isNew } = this.#replay.request({ kind: "requested", what: "child", name, workflow: workflow.name, id: run.id });
    if (isNew) {
      const parent = { workflow: this.#facts.workflow, run: this.runId, request: at, generation: this.#facts.generation };
      this.#act(() => { this.#effects.emit(workflow["~begun"]({ ...run, parent })); });
    }
    this.children.set(at, { workflow, id: run.id });
    return this.#replay.answer(at, asItIs);
  }

  map<T, R>(items: readonly T[], options: { readonly atMost: number }, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
    return guarded(this.#map(items, options, work));
  }

  async #map<T, R>(items: readonly T[], { atMost }: { readonly atMost: number }, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
    if (!Number.isSafeInteger(atMost) || atMost < 1) this.#refuse("map", "`atMost` must be a whole number of at least 1");
    const results: R[] = [];
    const queue = items.entries();
    let failed = false;
    const worker = async (): Promise<void> => {
      for (const [index, item] of queue) {
        try {
          results[index] = await work(item, index);
        } catch (error) {
          failed = true;
          throw error;
        }
        // Those under way come to their end; no more are begun.
        if (failed) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(atMost, items.length) }, worker));
    return results;
  }

  continueAsNew(input: unknown): Promise<never> {
    const refused = this.#refused();
    if (refused !== null) return refused;
    this.#replay.continueAsNew(input);
    return new Promise<never>(() => undefined);
  }

  patched(name: string): boolean {
    return this.#replay.patched(name);
  }

  /**
   * Nothing new begins in a run that was told of its cancellation, or that has failed: code that goes on all the same, in a branch that
   * nobody awaits any more, is told why whatever it asks for.
   */
  #whyRefused(): Error | null {
    this.#refuseAfterNext();
    const { cancelReason, end } = this.#replay;
    if (cancelReason !== null) return cancelled(cancelReason);
    if (end?.kind !== "threw") return null;
    return end.error instanceof Error ? end.error : new Error(String(end.error));
  }

  #refuseAfterNext(): void {
    if (this.#replay.next !== null) this.#refuse("a request", "it comes after `continueAsNew`, in a branch that goes on beside it");
  }

  #refused(): Promise<never> | null {
    const why = this.#whyRefused();
    return why === null ? null : guarded(Promise.reject(why));
  }

  /** What cannot be done is a defect, whether or not the function catches it: its request stands in the journal as if it had been done. */
  #act(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      this.#replay.refuse(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** What is no JSON is a defect, too. */
  #json<T>(what: string, read: (what: string) => T): T {
    try {
      return read(`${what} of run '${this.runId}' of workflow '${this.#facts.workflow}'`);
    } catch (error) {
      return this.#replay.refuse(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The generation in which the next request was made: those that a restart kept have the keys and the chance that they had. */
  get #generation(): number {
    const { cuts, generation } = this.#facts;
    return cuts.find(({ requests }) => this.#replay.again < requests)?.generation ?? generation;
  }

  #claim(what: string, name: string): void {
    const taken = `${what} ${name}`;
    if (this.#names.has(taken)) this.#refuse(name, "its name is taken in this run: in a loop, put the item's id into the name");
    this.#names.add(taken);
  }

  #refuse(name: string, why: string): never {
    const { workflow } = this.#facts;
    this.#replay.refuse(new EvenkeelError("WORKFLOW_STEP_REFUSED", `'${name}' of workflow '${workflow}' is refused: ${why}.`, { details: { workflow, runId: this.runId, name } }));
  }

  #untilOf(within: Duration | undefined, what: string): number | null {
    return within === undefined ? null : this.now + milliseconds(within, `the wait for '${what}'`);
  }

  #schedule(request: number, until: number): void {
    const { due, generation } = this.#facts;
    // From now on by the store's clock: the function's clock stands still while it runs.
    const when = { afterMs: Math.max(0, until - this.now), name: timerName(generation, request) };
    this.#act(() => { this.#effects.schedule(due({ id: this.runId, generation, request }), when); });
  }
}

function asItIs(value: unknown): unknown {
  return value;
}

/** One that nobody awaits yet, or ever, must not end the process when it fails. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
