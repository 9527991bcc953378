// What becomes of calls: attempts with every end that is declared, questions, workers that die between the effect and its outcome, effects
// that land late. The provider keeps keys as a good one does: an effect happens once per key, and the same key is answered the same again.
// What a call's row becomes is what core's call-conclude.ts makes of it.
import { callRevival, outcomeEnvelope, type CallRecord } from "@evenkeel/core/engine";
import { append } from "./append.ts";
import type { Actions } from "./actions.ts";
import { NOTHING, type Cell, type World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { CallRow, Effect, KnownMessage, LineCell } from "./contents.ts";
import { changed, lineOf } from "./line.ts";
import type { Messages } from "./messages.ts";
import type { AttemptEnd, Plan, PlannedOperation } from "./plan.ts";
import type { StepDetail, Steps } from "./step-detail.ts";
import type { Door } from "./stimuli.ts";

type Outcome = Parameters<typeof outcomeEnvelope>[3];
type Stays = Partial<Pick<CallRow, "state" | "attempts" | "isCrashed">>;

const NOT_PERFORMED: Outcome = { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "The call was certainly not performed." } };
const UNKNOWN: Outcome = { kind: "unknown", failure: { code: "CALL_TIMEOUT", message: "The provider did not answer in time: whether the effect happened is not known." } };

export class Calls {
  readonly #plan: Plan;
  readonly #cells: Cells;
  readonly #messages: Messages;
  readonly #door: Door;
  readonly #actions: Actions;
  readonly #outcomes = new WeakMap<CallRow, Map<string, KnownMessage>>();

  constructor(plan: Plan, cells: Cells, messages: Messages, door: Door, actions: Actions) {
    this.#plan = plan;
    this.#cells = cells;
    this.#messages = messages;
    this.#door = door;
    this.#actions = actions;
  }

  /** Whether this call may be performed or asked for now. */
  moves(row: CallRow): boolean {
    return row.state === "due" || row.state === "asking";
  }

  /** Every step of the first call of a line. */
  expand(world: World, line: LineCell, row: CallRow, to: Steps<World>): void {
    const operation = this.#plan.operations.get(row.call.operation);
    if (operation === undefined || !this.moves(row)) return;
    if (row.state === "asking" && operation.reconcile === "ask") this.#ask(world, line, row, operation, to);
    else this.#perform(world, line, row, operation, to);
  }

  /** The plain course of a call, for what is given before the exploration begins. */
  settle(world: World, line: LineCell, row: CallRow): World {
    const effect = this.#effectOf(row);
    const operation = this.#plan.operations.get(row.call.operation);
    return operation === undefined ? world : this.#answered(world, line, row, effect, effect.in(world)?.answer ?? this.#answer(row, operation, "ok"));
  }

  /** An effect that was on its way happens, unless its key was answered meanwhile. */
  land(world: World, effect: Cell<Effect>, known: Effect, to: Steps<World>): void {
    const operation = this.#plan.operations.get(known.operation);
    if (known.late === "no" || operation === undefined) return;
    const next = world.fork();
    const answer = known.answer ?? { name: "ok", value: operation.answer("ok", known) };
    this.#put(next, effect, { ...known, answer, applied: known.answer === null ? 1 : known.applied, late: "no" });
    to(this.#actions.of(`${known.operation} lands late`), next, { kind: "landed", operation: known.operation, key: known.key, tenant: known.tenant });
  }

  #perform(world: World, line: LineCell, row: CallRow, operation: PlannedOperation, to: Steps<World>): void {
    const effect = this.#effectOf(row);
    const before = effect.in(world);
    const kept = before?.answer ?? null;
    const name = `${row.call.operation} is performed: `;
    let isUnknownSaid = false;
    if (kept !== null) to(this.#actions.of(`${name}${kept.name}`), this.#answered(world, line, row, effect, kept), this.#performed(line, row, kept.name));
    for (const end of operation.ends) {
      const what = end.kind === "answers" ? end.name : end.kind;
      // An answer that the provider keeps is given again; all that can differ is whether it is heard.
      if (kept !== null && end.kind === "answers") continue;
      if (end.kind !== "answers" && end.kind !== "notPerformed") {
        if (kept !== null && isUnknownSaid) continue;
        isUnknownSaid = true;
      }
      const next = this.#ended(world, line, row, effect, operation, end);
      if (next !== null) to(this.#actions.of(`${name}${what}`), next, this.#performed(line, row, what));
      if (line.isHeld && end.kind === "notPerformed") {
        const progress = { state: "due", attempts: 1 } as const;
        to(this.#actions.of(`${name}${what}, and is to be tried again`), this.#goesOn(world.fork(), line, row, progress), this.#performed(line, row, what));
      }
      // A worker that dies takes what it holds with it: that is a takeover.
      if (kept === null && end.kind === "answers" && !line.isHeld) this.#crash(world, line, row, effect, operation, end.name, to);
    }
  }

  /** The effect happens, and nobody hears of it: the row stays as it is, and is performed again under the same key. */
  #crash(
    world: World, line: LineCell, row: CallRow, effect: Cell<Effect>, operation: PlannedOperation, name: string, to: Steps<World>,
  ): void {
    if (!this.#door.allows(world, row.stimulus, "crashes")) return;
    const next = world.fork();
    this.#keep(next, effect, row, this.#answer(row, operation, name));
    this.#door.count(next, row.stimulus, "crashes", 1);
    if (!row.isCrashed) next.set(line, lineOf(line, [changed(row, { isCrashed: true }), ...(line.in(world) ?? []).slice(1)]));
    to(this.#actions.of(`${row.call.operation} is performed: ${name}, and its worker dies`), next, this.#performed(line, row, name, true));
  }

  #ended(world: World, line: LineCell, row: CallRow, effect: Cell<Effect>, operation: PlannedOperation, end: AttemptEnd): World | null {
    // A repeated attempt that says nothing leaves the question open; where it changes nothing at the provider either, the next one is the
    // same again but for its number, and is left out.
    const isRepeated = row.state === "asking";
    const next = world.fork();
    const hasAnswer = effect.in(world)?.answer != null;
    switch (end.kind) {
      case "answers": return this.#answered(world, line, row, effect, this.#answer(row, operation, end.name));
      case "notPerformed":
        if (isRepeated) return null;
        // What a worker before this one may have begun cannot be called "not performed".
        if (row.isCrashed) return this.#unknown(next, line, row);
        return this.#end(next, line, row, NOT_PERFORMED);
      case "unknown-applied":
        if (isRepeated && hasAnswer) return null;
        if (!hasAnswer) this.#keep(next, effect, row, this.#answer(row, operation, "ok"));
        return isRepeated ? this.#stays(next, line, row, { attempts: row.attempts + 1 }) : this.#unknown(next, line, row);
      case "unknown-not-applied":
        return isRepeated ? null : this.#unknown(next, line, row);
      case "late-applied":
      case "late-denied": {
        if (hasAnswer || (effect.in(world)?.late ?? "no") !== "no") return isRepeated ? null : this.#unknown(next, line, row);
        this.#put(next, effect, { ...newEffect(row), late: end.kind === "late-applied" ? "known" : "denied" });
        return isRepeated ? this.#stays(next, line, row, { attempts: row.attempts + 1 }) : this.#unknown(next, line, row);
      }
    }
  }

  #ask(world: World, line: LineCell, row: CallRow, operation: PlannedOperation, to: Steps<World>): void {
    const effect = this.#effectOf(row);
    const kept = effect.in(world)?.answer ?? null;
    const name = `${row.call.operation} is asked: `;
    const { call } = row;
    const service = this.#serviceOf(line);
    if (operation.isSilent) {
      const late = this.#stays(world.fork(), line, row, { state: "attention", attempts: row.attempts + 1 });
      to(this.#actions.of(`${call.operation} passes its deadline`), late, { kind: "expired", service, call });
    }
    // While the request is on its way, a good provider does not know yet what to say; that is as if it had not been asked.
    if (kept === null && effect.in(world)?.late === "known") return;
    const answer = kept?.name ?? "absent";
    const next = kept !== null
      ? this.#answered(world, line, row, effect, kept)
      : this.#stays(world.fork(), line, row, { state: "due", attempts: row.attempts + 1 });
    to(this.#actions.of(`${name}${answer}`), next, { kind: "asked", service, call, answer });
  }

  /** The provider's answer is heard, and ends the call. */
  #answered(world: World, line: LineCell, row: CallRow, effect: Cell<Effect>, answer: NonNullable<Effect["answer"]>): World {
    const next = world.fork();
    if (effect.in(world)?.answer == null) this.#keep(next, effect, row, answer);
    // As if nobody had died: what the provider keeps is what it would have answered now.
    if (row.isCrashed) this.#door.count(next, row.stimulus, "crashes", -1);
    return this.#end(next, line, row, { kind: "value", name: answer.name, value: answer.value });
  }

  #end(next: World, line: LineCell, row: CallRow, outcome: Outcome): World {
    next.set(line, lineOf(line, (line.in(next) ?? []).slice(1)));
    append(next, this.#outcome(line, row, outcome));
    return next;
  }

  #unknown(next: World, line: LineCell, row: CallRow): World {
    const guess = this.#guess(row);
    if (guess !== null) return this.#end(next, line, row, guess);
    if (line.isHeld) return this.#goesOn(next, line, row, { state: "asking", attempts: 0 });
    const after = this.#stays(next, line, row, { state: "unknown", attempts: row.attempts + 1, isCrashed: false });
    append(after, this.#outcome(line, row, UNKNOWN));
    return after;
  }

  /** What had no row goes on with one that begins here: its key is revived, and its handler requests it. */
  #goesOn(next: World, line: LineCell, row: CallRow, progress: { readonly state: "due" | "asking"; readonly attempts: number }): World {
    const { call, stimulus } = row;
    next.set(line, lineOf(line, (line.in(next) ?? []).slice(1)));
    const record = { ...call, ...progress, sequence: 0, dueInMs: 0, deadlineInMs: call.deadlineMs };
    const revival = callRevival(this.#serviceOf(line), record, { ...progress, dueInMs: 0, deadlineInMs: call.deadlineMs }, this.#plan.now);
    append(next, this.#messages.know(revival, stimulus));
    return next;
  }

  /** What an attempt may have done of which nobody has heard: each answer that the provider keeps, or a request that is on its way. */
  mayHaveHappened(world: World, row: CallRow): readonly { readonly name: string; readonly after: World }[] {
    const operation = this.#plan.operations.get(row.call.operation);
    const effect = this.#effectOf(row);
    if (operation === undefined || effect.in(world)?.answer != null) return [];
    return operation.ends.flatMap((end) => {
      const after = world.fork();
      if (end.kind === "answers") this.#keep(after, effect, row, this.#answer(row, operation, end.name));
      else if (end.kind === "late-applied" && effect.in(world) === undefined) this.#put(after, effect, { ...newEffect(row), late: "known" });
      else return [];
      return [{ name: end.kind === "answers" ? end.name : end.kind, after }];
    });
  }

  /** The outcome that a mutation takes an unknown one for. */
  #guess(row: CallRow): Outcome | null {
    const { mutation, operations } = this.#plan;
    if (mutation?.kind !== "guesses" || mutation.operation !== row.call.operation) return null;
    const operation = operations.get(mutation.operation);
    if (operation === undefined || mutation.outcome === "notPerformed") return NOT_PERFORMED;
    return { kind: "value", ...this.#answer(row, operation, mutation.outcome) };
  }

  /** The call is performed although nothing that asks for it was committed, and the worker dies. Null: it was performed before. */
  early(world: World, row: CallRow): World | null {
    const operation = this.#plan.operations.get(row.call.operation);
    const effect = this.#effectOf(row);
    if (operation === undefined || effect.in(world) !== undefined) return null;
    const next = world.fork();
    this.#keep(next, effect, row, this.#answer(row, operation, "ok"));
    return next;
  }

  #stays(next: World, line: LineCell, row: CallRow, change: Stays): World {
    next.set(line, lineOf(line, [changed(row, change), ...(line.in(next) ?? []).slice(1)]));
    return next;
  }

  /** The same call ends the same way in thousands of worlds. */
  #outcome(line: LineCell, row: CallRow, outcome: Outcome): KnownMessage {
    const known = this.#outcomes.get(row) ?? new Map<string, KnownMessage>();
    this.#outcomes.set(row, known);
    const what = outcome.kind === "value" ? `${outcome.name}\u0000${outcome.value}` : outcome.kind;
    const found = known.get(what) ?? this.#newOutcome(line, row, outcome);
    known.set(what, found);
    return found;
  }

  #newOutcome(line: LineCell, row: CallRow, outcome: Outcome): KnownMessage {
    const { call, stimulus, state } = row;
    const record: CallRecord = { ...call, sequence: 0, state, attempts: row.attempts, dueInMs: 0, deadlineInMs: call.deadlineMs };
    const service = this.#serviceOf(line);
    return this.#messages.know(outcomeEnvelope(service, record, row.attempts + 1, outcome, this.#plan.now, ""), stimulus);
  }

  #serviceOf(line: LineCell): string {
    return this.#plan.system.groups[line.group]?.name ?? "";
  }

  #performed(line: LineCell, { call }: CallRow, end: string, workerDied = false): StepDetail {
    return { kind: "performed", service: this.#serviceOf(line), call, end, workerDied };
  }

  #effectOf({ call }: CallRow): Cell<Effect> {
    return this.#cells.effect(call);
  }

  #answer({ call }: CallRow, operation: PlannedOperation, name: string): NonNullable<Effect["answer"]> {
    return { name, value: operation.answer(name, { input: call.input, key: call.callKey, tenant: call.tenant }) };
  }

  /** Late or not, what is on its way under the same key will find this answer. */
  #keep(next: World, effect: Cell<Effect>, row: CallRow, answer: NonNullable<Effect["answer"]>): void {
    const before = effect.in(next) ?? newEffect(row);
    this.#put(next, effect, { ...before, input: row.call.input, answer, applied: answer.name === "ok" ? 1 : 0 });
  }

  #put(next: World, cell: Cell<Effect>, effect: Effect): void {
    const { input, answer, applied, late } = effect;
    const content = `${effect.routingKey}\u0000${String(applied)} ${late} ${answer === null ? "" : `${answer.name}\u0000${answer.value}`}\u0000${input}`;
    next.set(cell, content === "" ? NOTHING : cell.number(content, () => effect));
  }
}

function newEffect({ call }: CallRow): Effect {
  return { operation: call.operation, tenant: call.tenant, key: call.callKey, routingKey: call.routingKey, input: call.input, answer: null, applied: 0, late: "no" };
}
