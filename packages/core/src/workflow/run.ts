// A run that was woken: replayed to where it stands, told what has come, and brought to where it waits again or ends. What becomes of its calls stands
// in run-calls.ts, of its messages in mailbox.ts, and how it stands then in run-status.ts.
import { EvenkeelError } from "../errors.ts";
import type { Signal } from "./awaited-key-messages.ts";
import { callbackData, type CallbackAnswer } from "./callback-data.ts";
import { bodyOf, type Definition } from "./definition.ts";
import { failureOf } from "./failures.ts";
import { nextGeneration, whyNotAnew } from "./generation.ts";
import type { Handling } from "./handling.ts";
import type { PlatformVerbs } from "../decide/context.ts";
import type { NewMessage } from "../message/definition.ts";
import type { Revive } from "../message/revival-message.ts";
import type { Surroundings } from "./surroundings.ts";
import { isEnded, isSameParent, type AnyRun, type Buffered, type End, type Entry } from "./journal.ts";
import { timerName } from "./keys.ts";
import { Mailbox } from "./mailbox.ts";
import { ChildEnded, type Cancel, type Due } from "./messages.ts";
import { checkJson } from "./not-json.ts";
import { Replay } from "./replay.ts";
import { RunCalls, type CallEnd } from "./run-calls.ts";
import { statusOf } from "./run-status.ts";
import { RunText } from "./run-text.ts";
import { attempts, isOpenChild, isOpenWait, isSettled, pivotMayStand, wasCancelled } from "./standing.ts";
import { Subscriptions } from "./subscriptions.ts";
import { openUnrecorded } from "./unrecorded.ts";
import { Undoing } from "./undo.ts";
import { NOTHING, withoutId, type AwaitedNames } from "./wait-by-key.ts";
import { WorkflowVerbs } from "./verbs.ts";

const MAX_ANSWERS = 100;

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
  readonly #calls: RunCalls;
  readonly #subscriptions: Subscriptions;
  readonly #mailbox: Mailbox;
  readonly #text: RunText;

  private constructor(definition: Definition, context: Surroundings, id: string, document: AnyRun) {
    this.#definition = definition;
    this.#context = context;
    this.#id = id;
    this.#document = document;
    this.#mailbox = new Mailbox(document);
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
    this.#calls = new RunCalls(definition, { id, generation }, this.#replay, this.#verbs, this.#undoing, context);
  }

  /** Replays a run to where it stands. */
  static async replayed(definition: Definition, context: Surroundings, id: string, document: AnyRun): Promise<Run> {
    const body = bodyOf(definition, id, document);
    const run = new Run(definition, context, id, document);
    await run.#replay.begin(() => body(document.input, run.#verbs));
    return run;
  }

  /** Begins a run whose journal is empty: its function stands where it waits when every microtask that is ready has run. */
  static begun(definition: Definition, context: Surroundings, id: string, document: AnyRun): Run {
    const body = bodyOf(definition, id, document);
    const run = new Run(definition, context, id, document);
    run.#replay.launch(() => body(document.input, run.#verbs));
    return run;
  }

  // --- what a run can be told ------------------------------------------------------------------------------------------------

  /**
   * The outcome of a call that one step waits for: the function is told of it, and has gone on when every microtask that is ready has run. False: it
   * must be told by `outcome`.
   */
  begin(operation: string, key: string, end: CallEnd): boolean {
    const place = this.#calls.onlyPlace(operation, key, end);
    if (place !== null) this.#replay.tell({ kind: "settled", of: place, at: this.#context.now, end });
    return place !== null;
  }

  /** The outcome of a call. */
  async outcome(operation: string, key: string, end: CallEnd): Promise<void> {
    if (!await this.#calls.outcome(operation, key, end)) this.#stray("no step waits for this outcome");
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
      if (entry?.kind === "requested" && entry.what === "ask") this.#mailbox.owe(entry);
      await this.#replay.settle(request, { kind: "lapsed" }, this.#context.now);
    } else this.#calls.due(request, again);
  }

  /** A message that the run waits for, or may wait for later. */
  message(message: Buffered): void {
    this.#mailbox.receive(message, this.#context);
  }

  /** A message that it asked for at another key. */
  signal(signal: Signal): void {
    this.#subscriptions.answered(signal);
    this.#mailbox.keep(signal.message);
  }

  async cancel({ reason, parent }: Cancel): Promise<void> {
    const refused = this.#whyNotCancelled(parent);
    if (refused !== null) {
      this.#stray(refused);
      return;
    }
    // An answer that is owed is waited for, and no longer than was said.
    for (const at of this.#journal.keys()) {
      if (isOpenWait(this.#journal, at) && !this.#undoing.isOwed(at)) this.#context.unschedule(timerName(this.#document.generation, at));
    }
    await this.#replay.add({ kind: "cancelled", at: this.#context.now, reason, ...(parent === undefined ? {} : { parent }) });
  }

  #whyNotCancelled(parent: Cancel["parent"]): string | null {
    if (parent !== undefined && !isSameParent(parent, this.#document.parent)) return `run '${parent.run}' of workflow '${parent.workflow}' ends, and did not begin this run`;
    if (wasCancelled(this.#journal)) return "the run is being cancelled already";
    if (this.#replay.end !== null) return "the run is ending already";
    return pivotMayStand(this.#journal) ? "the run has gone past its pivot" : null;
  }

  async callback(request: number, secret: string, data: unknown): Promise<void> {
    const answer = this.#callbackAnswer(request, secret, data);
    if ("wrong" in answer) this.#stray(answer.wrong);
    else await this.#settle(request, { kind: "ok", value: answer.value });
  }

  #callbackAnswer(request: number, secret: string, data: unknown): CallbackAnswer {
    const entry = this.#journal[request];
    const schema = this.#verbs.callbacks.get(request);
    if (entry?.kind !== "requested" || entry.what !== "callback" || entry.secret !== secret || schema === undefined) return { wrong: "no callback has this token" };
    if (isOpenWait(this.#journal, request)) return callbackData(schema, data);
    return { wrong: `callback '${entry.name}' is over: it was answered before, its time has passed, or the run was cancelled` };
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
    if (!this.#calls.retry()) this.#stray("the run needs no attention");
  }

  /** Calls that were begun without a row go on with one. */
  revive(revive: Revive): void {
    this.#calls.revive(revive);
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
    this.#mailbox.stray(this.#context, why);
  }

  // --- going on -----------------------------------------------------------------------------------------------------------------

  get #journal(): Entry[] {
    return this.#replay.journal;
  }

  /** Settles what came before its time was over. */
  #settle(of: number, end: End): Promise<void> {
    const entry = this.#journal[of];
    if (entry !== undefined && "until" in entry && entry.until !== null) this.#context.unschedule(timerName(this.#document.generation, of));
    return this.#replay.settle(of, end, this.#context.now);
  }

  /** Goes on until nothing can be done before something else comes, and writes the run down. @returns it, or its next generation. */
  goOn(): Run | Promise<Run> {
    this.#replay.check();
    return this.#mailbox.inbox.length === 0 && this.#replay.next === null ? this.#writeDown() : this.#goOnLater();
  }

  async #goOnLater(): Promise<Run> {
    while (this.#replay.next === null && await this.#serveInbox());
    return this.#replay.next === null ? this.#writeDown() : this.#continueAsNew(this.#replay.next.input);
  }

  #writeDown(): this {
    const status = statusOf(this.#definition, this.#id, this.#replay, this.#undoing);
    const ended = isEnded(status);
    if (ended) this.#leave();
    else this.#mailbox.check(this.#definition.maxBuffered, this.#definition.name, this.#id);
    this.#subscriptions.follow(ended ? [] : this.#journal);
    const isToRevive = openUnrecorded(this.#journal).length > 0;
    if (isToRevive !== this.#isToRevive) this.#context.revive(isToRevive);
    this.#isToRevive = isToRevive;
    const { end } = this.#replay;
    const failure = end?.kind === "threw" ? { failure: failureOf(end.error) } : {};
    const result = status === "completed" && end?.kind === "returned" && end.value !== undefined ? { result: end.value } : {};
    if ("result" in result) checkJson(result.result, `the result of run '${this.#id}' of workflow '${this.#definition.name}'`);
    const endedAt = ended ? this.#context.now : null;
    const { parent } = this.#document;
    this.#context.runs.putText(this.#id, this.#text.write({
      status, ...result, ...failure, endedAt, ...this.#mailbox.messages(ended, parent !== null, this.#context.now), ...this.#beside(),
    }, this.#journal));
    if (ended && this.#definition.ended !== null) this.#context.emit(this.#definition.ended({ id: this.#id, status, ...result, ...failure }));
    if (ended && parent !== null) this.#context.emit(ChildEnded({ parent, status, ...result, ...failure }));
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
    const before = { ...document, inbox: this.#mailbox.inbox, ...this.#beside(), strays: this.#mailbox.strays };
    const next = nextGeneration(this.#definition, before, input, this.#id, this.#context.now);
    const run = await Run.replayed(this.#definition, this.#context, this.#id, next);
    // Whether anybody is to revive it is known of the run, and not of a generation.
    run.#isToRevive = this.#isToRevive;
    return run.goOn();
  }

  #beside(): Pick<AnyRun, "answers" | "owed"> {
    const answers = [...(this.#document.answers ?? []), ...this.#verbs.answers].slice(-MAX_ANSWERS);
    return { ...(answers.length === 0 ? {} : { answers }), ...this.#mailbox.owed };
  }

  /** Gives one wait the first message that it waits for. */
  async #serveInbox(): Promise<boolean> {
    for (const [at, entry] of this.#journal.entries()) {
      const found = this.#mailbox.take(this.#awaitedAt(at, entry));
      if (found === null) continue;
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

  /** Nothing comes for a run that has ended. */
  #leave(): void {
    for (const [at, entry] of this.#journal.entries()) {
      if (isOpenWait(this.#journal, at) && entry.kind === "requested" && "until" in entry && entry.until !== null) this.#context.unschedule(timerName(this.#document.generation, at));
    }
  }
}
