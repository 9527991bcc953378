// A run that was woken: replayed to where it stands, told what has come, and brought to where it waits again or ends.
import { EvenkeelError } from "../errors.ts";
import type { Signal } from "./awaited-key-messages.ts";
import { callbackData } from "./callback-data.ts";
import { bodyOf, type Definition } from "./definition.ts";
import { failureOf, isCancelled, isOfTheBusiness, stalled } from "./failures.ts";
import { nextGeneration, whyNotAnew } from "./generation.ts";
import type { Handling } from "./handling.ts";
import type { PlatformVerbs } from "../decide/context.ts";
import type { CallProgress } from "../message/call.ts";
import type { NewMessage } from "../message/definition.ts";
import type { Revive } from "../message/revival-message.ts";
import type { Surroundings } from "./surroundings.ts";
import {
  isEnded, isSameParent, type AnyRun, type Buffered, type End, type Entry, type Owed, type RunStatus, type StepEnd, type Stray,
} from "./journal.ts";
import { checkBuffered, lateAnswer, withOwed } from "./inbox.ts";
import { timerName } from "./keys.ts";
import { ChildEnded, type Cancel, type Due } from "./messages.ts";
import { Replay } from "./replay.ts";
import { attempts, givenUp, isOpenChild, isOpenWait, isSettled, openCalls, openPlaces, pivotMayStand, pivotWasDone, wasCancelled, type OpenCall } from "./standing.ts";
import { RunText } from "./run-text.ts";
import { withStray } from "./strays.ts";
import { Subscriptions } from "./subscriptions.ts";
import { openUnrecorded } from "./unrecorded.ts";
import { Undoing } from "./undo.ts";
import { isAwaited, NOTHING, withoutId, type AwaitedNames } from "./wait-by-key.ts";
import { WorkflowVerbs } from "./verbs.ts";

const FIRST_BACKOFF_MS = 1_000;
const MAX_ANSWERS = 100;
const MAX_BACKOFF_MS = 300_000;

export type CallEnd = { readonly kind: "ok"; readonly value: unknown } | { readonly kind: "failed"; readonly step: StepEnd };

export class Run {
  readonly #definition: Definition;
  readonly #context: Surroundings;
  readonly #id: string;
  readonly #document: AnyRun;
  /** Whether the next owner of its key is to revive it, as its document has it. */
  #isToRevive: boolean;
  readonly #replay: Replay;
  readonly #verbs: WorkflowVerbs;
  readonly #undoing: Undoing;
  readonly #subscriptions: Subscriptions;
  readonly #text: RunText;
  #inbox: readonly Buffered[];
  #strays: readonly Stray[];
  #owed: readonly Owed[];

  private constructor(definition: Definition, context: Surroundings, id: string, document: AnyRun) {
    this.#definition = definition;
    this.#context = context;
    this.#id = id;
    this.#document = document;
    this.#inbox = document.inbox;
    this.#strays = document.strays;
    this.#owed = document.owed ?? [];
    this.#text = new RunText(document);
    this.#replay = new Replay(`run '${id}' of workflow '${definition.name}'`, document.journal, document.startedAt, () => context.settled());
    this.#isToRevive = openUnrecorded(document.journal).length > 0;
    const { generation } = document;
    const facts = {
      workflow: definition.name, runId: id, tenant: context.message.tenant, generation, cuts: document.cuts ?? [], waitsFor: definition.waitsFor,
      waitsForByKey: definition.waitsForByKey, due: definition.due,
    };
    const asker = { run: id, generation, emit: (made: NewMessage) => { context.emit(made); } };
    this.#subscriptions = new Subscriptions(definition.keyMessages, asker, document.journal);
    this.#verbs = new WorkflowVerbs(facts, this.#replay, context);
    this.#undoing = new Undoing(definition, { id, generation }, this.#replay, this.#verbs, context);
  }

  /** Replays a run to where it stands. */
  static async replayed(definition: Definition, context: Surroundings, id: string, document: AnyRun): Promise<Run> {
    const body = bodyOf(definition, id, document);
    const run = new Run(definition, context, id, document);
    await run.#replay.begin(() => body(document.input as never, run.#verbs as never));
    return run;
  }

  /** Begins a run whose journal is empty: its function stands where it waits when every microtask that is ready has run. */
  static begun(definition: Definition, context: Surroundings, id: string, document: AnyRun): Run {
    const body = bodyOf(definition, id, document);
    const run = new Run(definition, context, id, document);
    run.#replay.launch(() => body(document.input as never, run.#verbs as never));
    return run;
  }

  // --- what a run can be told ------------------------------------------------------------------------------------------------

  /**
   * The outcome of a call that one step waits for: the function is told of it, and has gone on when every microtask that is ready has run. False: it
   * must be told by `outcome`.
   */
  begin(operation: string, key: string, end: CallEnd): boolean {
    const [place, ...others] = openPlaces(this.#journal);
    const entry = place === undefined ? undefined : this.#journal[place];
    if (place === undefined || others.length > 0 || entry?.kind !== "requested" || entry.what !== "step") return false;
    if (entry.operation !== operation || entry.key !== key || (end.kind !== "ok" && entry.type === "retriable")) return false;
    this.#replay.tell({ kind: "settled", of: place, at: this.#context.now, end });
    return true;
  }

  /** The outcome of a call. Steps that ask for the same effect share it. */
  async outcome(operation: string, key: string, end: CallEnd): Promise<void> {
    let isAwaited = false;
    for (const call of openCalls(this.#journal)) {
      if (call.operation !== operation || call.key !== key) continue;
      isAwaited = true;
      if (end.kind === "ok" || !call.mustSucceed) await this.#settle(call.at, end);
      else this.#tryLater(call, end);
    }
    if (!isAwaited) this.#stray("no step waits for this outcome");
  }

  #tryLater(call: OpenCall, end: CallEnd & { readonly kind: "failed" }): void {
    const attempt = attempts(this.#journal, call.at) + 1;
    this.#journal.push({ kind: "again", of: call.at, attempt, at: this.#context.now, end: end.step });
    if (attempt >= this.#definition.maxAttempts) return;
    const afterMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    const due = this.#definition.due({ id: this.#id, generation: this.#document.generation, request: call.at, again: attempt });
    this.#context.schedule(due, { afterMs, name: timerName(this.#document.generation, call.at) });
  }

  /** A timer has fired. */
  async due({ generation, request, again }: Due): Promise<void> {
    if (generation !== this.#document.generation) return;
    const entry = this.#journal[request];
    if (entry?.kind === "undoAsk") {
      if (isSettled(this.#journal, request) || attempts(this.#journal, request) > 0) return;
      this.#journal.push({ kind: "again", of: request, attempt: 1, at: this.#context.now, end: { outcome: "unanswered" } });
    } else if (again === undefined) {
      if (!isOpenWait(this.#journal, request) && !this.#undoing.isOwed(request)) return;
      if (entry?.kind === "requested" && entry.what === "ask") this.#owed = withOwed(this.#owed, entry);
      await this.#settle(request, { kind: "lapsed" }, false);
    } else if (attempts(this.#journal, request) === again && openCalls(this.#journal).some(({ at }) => at === request)) this.#callAgain(request);
  }

  /** A message that the run waits for, or may wait for later. */
  message(message: Buffered): void {
    const late = lateAnswer(this.#owed, message.name);
    if (late === null) {
      this.#inbox = [...this.#inbox, message];
      return;
    }
    this.#owed = late.owed;
    this.#stray(`it answers '${late.to.name}' when its time was over`);
  }

  /** A message that it asked for at another key. */
  signal(signal: Signal): void {
    this.#subscriptions.answered(signal);
    this.#inbox = [...this.#inbox, signal.message];
  }

  async cancel({ reason, parent }: Cancel): Promise<void> {
    if (parent !== undefined && !isSameParent(parent, this.#document.parent)) {
      this.#stray(`run '${parent.run}' of workflow '${parent.workflow}' ends, and did not begin this run`);
      return;
    }
    if (wasCancelled(this.#journal)) {
      this.#stray("the run is being cancelled already");
      return;
    }
    if (this.#replay.end !== null) {
      this.#stray("the run is ending already");
      return;
    }
    if (pivotMayStand(this.#journal)) {
      this.#stray("the run has gone past its pivot");
      return;
    }
    // An answer that is owed is waited for, and no longer than was said.
    for (const at of this.#journal.keys()) {
      if (isOpenWait(this.#journal, at) && !this.#undoing.isOwed(at)) this.#context.unschedule(timerName(this.#document.generation, at));
    }
    await this.#replay.add({ kind: "cancelled", at: this.#context.now, reason, ...(parent === undefined ? {} : { parent }) });
  }

  async callback(request: number, secret: string, data: unknown): Promise<void> {
    const entry = this.#journal[request];
    const schema = this.#verbs.callbacks.get(request);
    if (entry?.kind !== "requested" || entry.what !== "callback" || entry.secret !== secret || schema === undefined) {
      this.#stray("no callback has this token");
      return;
    }
    if (!isOpenWait(this.#journal, request)) {
      this.#stray(`callback '${entry.name}' is over: it was answered before, its time has passed, or the run was cancelled`);
      return;
    }
    const checked = callbackData(schema, data);
    if ("wrong" in checked) {
      this.#stray(checked.wrong);
      return;
    }
    await this.#settle(request, { kind: "ok", value: checked.value });
  }

  async childEnded({ parent, status, result, failure }: ChildEnded): Promise<void> {
    if (parent.generation !== this.#document.generation || !isOpenChild(this.#journal, parent.request)) {
      this.#stray("nothing waits for this child run");
      return;
    }
    const end: End = status === "completed" ? { kind: "ok", value: result } : { kind: "childFailed", status, failure: failure ?? { code: "CHILD_FAILED", message: "it did not return" } };
    await this.#settle(parent.request, end);
  }

  /** A person says: try again what was given up. */
  retry(): void {
    const given = givenUp(this.#journal, this.#definition.maxAttempts);
    if (given.length === 0) {
      this.#stray("the run needs no attention");
      return;
    }
    for (const at of given) {
      this.#journal.push({ kind: "retried", of: at, at: this.#context.now });
      this.#callAgain(at);
    }
  }

  /** Calls that were begun without a row go on with one: the one that is named, or whatever owners before this one have begun. */
  revive({ call, before = 0 }: Revive): void {
    for (const at of openUnrecorded(this.#journal)) {
      const entry = this.#journal[at];
      const known = this.#verbs.calls.get(at);
      if (entry?.kind !== "requested" || entry.what !== "step" || known === undefined) continue;
      const meant = call === undefined ? (entry.unrecorded ?? 0) < before : call.operation === entry.operation && call.key === entry.key;
      if (!meant) continue;
      this.#journal.push({ kind: "revived", of: at, at: this.#context.now });
      const begun: CallProgress = call === undefined ? { state: "asking", attempts: 0, dueInMs: 0 } : progressOf(call);
      const request = { key: entry.key, input: known.input, ...(known.deadlineMs === undefined ? {} : { deadlineMs: known.deadlineMs }) };
      this.#context.callBegun(known.operation, request, begun);
    }
  }

  /** Whether something will come for it soon, from this process's memory. */
  get isLive(): boolean {
    return this.#isToRevive;
  }

  /** A message has come for a run that stayed in memory. */
  wake(context: Handling, platform: PlatformVerbs): void {
    this.#context.become(context, platform);
  }

  #stray(why: string): void {
    this.#strays = withStray(this.#strays, this.#context, why);
  }

  // --- where it stands --------------------------------------------------------------------------------------------------------

  get #journal(): Entry[] {
    return this.#replay.journal;
  }

  #settle(of: number, end: End, timed = true): Promise<void> {
    const entry = this.#journal[of];
    if (timed && entry !== undefined && "until" in entry && entry.until !== null) this.#context.unschedule(timerName(this.#document.generation, of));
    const settled = { kind: "settled", of, at: this.#context.now, end } as const;
    // The function does not know of undos.
    if (entry?.kind === "requested") return this.#replay.add(settled);
    this.#journal.push(settled);
    return Promise.resolve();
  }

  #callAgain(at: number): void {
    const entry = this.#journal[at];
    if (entry?.kind === "undo") this.#undoing.call(entry);
    if (entry?.kind === "undoAsk") this.#undoing.ask(at, entry.of);
    const call = this.#verbs.calls.get(at);
    if (call === undefined || entry?.kind !== "requested" || entry.what !== "step") return;
    this.#context.call(call.operation, { key: entry.key, input: call.input, ...(call.deadlineMs === undefined ? {} : { deadlineMs: call.deadlineMs }) });
  }

  // --- going on -----------------------------------------------------------------------------------------------------------------

  /** Goes on until nothing can be done before something else comes, and writes the run down. @returns it, or its next generation. */
  goOn(): Run | Promise<Run> {
    this.#replay.check();
    return this.#inbox.length === 0 && this.#replay.next === null ? this.#writeDown() : this.#goOnLater();
  }

  async #goOnLater(): Promise<Run> {
    while (this.#replay.next === null && await this.#serveInbox());
    return this.#replay.next === null ? this.#writeDown() : this.#continueAsNew(this.#replay.next.input);
  }

  #writeDown(): this {
    const status = this.#status();
    if (!isEnded(status)) checkBuffered(this.#inbox, this.#definition.maxBuffered, this.#definition.name, this.#id);
    const ended = isEnded(status);
    if (ended) this.#leave();
    this.#subscriptions.follow(ended ? [] : this.#journal);
    const isToRevive = openUnrecorded(this.#journal).length > 0;
    if (isToRevive !== this.#isToRevive) this.#context.revive(isToRevive);
    this.#isToRevive = isToRevive;
    const { end } = this.#replay;
    const failure = end?.kind === "threw" ? failureOf(end.error) : null;
    const result = status === "completed" && end?.kind === "returned" && end.value !== undefined ? { result: end.value } : {};
    this.#context.runs.putText(this.#id, this.#text.write({
      status, ...result, ...(failure === null ? {} : { failure }), endedAt: ended ? this.#context.now : null,
      inbox: ended ? [] : this.#inbox, ...this.#beside(), strays: this.#strays,
    }, this.#journal));
    const { parent } = this.#document;
    if (ended && this.#definition.ended !== null) {
      this.#context.emit(this.#definition.ended({ id: this.#id, status, ...result, ...(failure === null ? {} : { failure }) }));
    }
    if (ended && parent !== null) this.#context.emit(ChildEnded({ parent, status, ...result, ...(failure === null ? {} : { failure }) }));
    return this;
  }

  /** The next generation begins in the same commit. */
  async #continueAsNew(input: unknown): Promise<Run> {
    const { name } = this.#definition;
    const why = whyNotAnew(this.#journal, this.#undoing.toUndo());
    if (why !== null) {
      throw new EvenkeelError(
        "WORKFLOW_STEP_REFUSED", `'continueAsNew' of workflow '${name}' is refused: ${why}.`, { details: { workflow: name, runId: this.#id, name: "continueAsNew" } },
      );
    }
    this.#leave();
    this.#subscriptions.follow([]);
    const { owed: _owed, ...document } = this.#document;
    const before = { ...document, inbox: this.#inbox, ...this.#beside(), strays: this.#strays };
    const next = nextGeneration(this.#definition, before, input, this.#context.now);
    const run = await Run.replayed(this.#definition, this.#context, this.#id, next);
    // Whether anybody is to revive it is known of the run, and not of a generation.
    run.#isToRevive = this.#isToRevive;
    return run.goOn();
  }

  #beside(): Pick<AnyRun, "answers" | "owed"> {
    const answers = [...(this.#document.answers ?? []), ...this.#verbs.answers].slice(-MAX_ANSWERS);
    return { ...(answers.length === 0 ? {} : { answers }), ...(this.#owed.length === 0 ? {} : { owed: this.#owed }) };
  }

  /** Gives one wait the first message that it waits for. */
  async #serveInbox(): Promise<boolean> {
    for (const [at, entry] of this.#journal.entries()) {
      const awaited = this.#awaitedAt(at, entry);
      const found = this.#inbox.find((message) => isAwaited(awaited, message));
      if (found === undefined) continue;
      this.#inbox = this.#inbox.filter((message) => message !== found);
      const isReceived = entry.kind === "requested" && entry.what === "wait" && entry.receives === true;
      await this.#settle(at, { kind: "ok", value: isReceived ? found : withoutId(found) });
      return true;
    }
    return false;
  }

  /** The messages that the run waits for there. */
  #awaitedAt(at: number, entry: Entry): AwaitedNames {
    if (entry.kind === "undoAsk") return isSettled(this.#journal, at) ? NOTHING : entry;
    if (entry.kind !== "requested" || (entry.what !== "wait" && entry.what !== "ask")) return NOTHING;
    // A function that has ended takes nothing from the answers to its undos.
    return (this.#replay.end === null && isOpenWait(this.#journal, at)) || this.#undoing.isOwed(at) ? entry : NOTHING;
  }

  #status(): RunStatus {
    const { end } = this.#replay;
    const open = openCalls(this.#journal);
    const needsAttention = (): boolean => givenUp(this.#journal, this.#definition.maxAttempts).length > 0;
    if (end === null) {
      const waits = open.length > 0 || this.#journal.some((_entry, at) => isOpenWait(this.#journal, at));
      if (!waits) throw stalled(this.#definition.name, this.#id);
      return needsAttention() ? "attention" : "running";
    }
    if (end.kind === "threw" && !isOfTheBusiness(end.error)) throw end.error;
    // What was begun is waited for: it may have to be undone.
    if (needsAttention()) return "attention";
    if (open.length > 0 || this.#undoing.isAnswerOwed()) return end.kind === "returned" ? "running" : "compensating";
    // A child that it has not waited for is waited for now, as its steps are.
    if (end.kind === "returned") return this.#journal.some((_entry, at) => isOpenChild(this.#journal, at)) ? "running" : "completed";
    this.#refusePastPivot(end.error);
    if (this.#undoing.cancelChildren() || this.#undoing.begin()) return "compensating";
    return isCancelled(end.error) ? "cancelled" : "compensated";
  }

  #refusePastPivot(error: unknown): void {
    if (!pivotWasDone(this.#journal)) return;
    throw new EvenkeelError(
      "WORKFLOW_FAILED_AFTER_PIVOT",
      `Run '${this.#id}' of workflow '${this.#definition.name}' failed after its pivot, where nothing is undone (${String(error)}): correct the code so that it goes on, then redrive.`,
      { details: { workflow: this.#definition.name, run: this.#id }, cause: error },
    );
  }

  /** Nothing comes for a run that has ended. */
  #leave(): void {
    for (const [at, entry] of this.#journal.entries()) {
      if (isOpenWait(this.#journal, at) && entry.kind === "requested" && "until" in entry && entry.until !== null) this.#context.unschedule(timerName(this.#document.generation, at));
    }
  }
}

/** Where the call of a revival stands, without what names it. */
function progressOf({ operation: _operation, key: _key, ...progress }: NonNullable<Revive["call"]>): CallProgress {
  return progress;
}
