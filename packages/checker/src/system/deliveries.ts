// One message through the shipping `decide`, and its decision applied at once: documents, messages, calls, answers, timers and SQL together
// or not at all, as the store's commit does it. A failure parks the key as the executor does.
import { parkStatus, type Failure } from "@evenkeel/core/engine";
import { append } from "./append.ts";
import { NOTHING, type World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { CallRow, Effects, KnownMessage, Line, Queue, QueueCell, RunEnd } from "./contents.ts";
import type { Definition } from "./definitions.ts";
import { changed, lineOf } from "./line.ts";
import type { Plan } from "./plan.ts";
import type { Runs } from "./runs.ts";
import { runStatements } from "./statements.ts";
import type { Door } from "./stimuli.ts";

/** "Workers died again and again while they handled this message alone", as the executor words it. */
const KILLED: Failure = { code: "HANDLER_KILLED", message: "Workers died again and again while they handled this message alone.", retry: "never", afterMs: null };

export class Deliveries {
  readonly #plan: Plan;
  readonly #cells: Cells;
  readonly #runs: Runs;
  readonly #door: Door;

  constructor(plan: Plan, cells: Cells, runs: Runs, door: Door) {
    this.#plan = plan;
    this.#cells = cells;
    this.#runs = runs;
    this.#door = door;
  }

  /** The message that the group may take next, or null. */
  head(queue: Queue): KnownMessage | null {
    return queue.parked?.isDead === true ? null : (queue.messages[0] ?? null);
  }

  deliver(world: World, cell: QueueCell, message: KnownMessage, definition: Definition): World | Promise<World> {
    const end = this.#runs.run(definition, message, world);
    return end instanceof Promise ? end.then((known) => this.apply(world, cell, message, known)) : this.apply(world, cell, message, end);
  }

  /** The message kills whoever handles it. */
  poison(world: World, cell: QueueCell, message: KnownMessage): World {
    const next = this.#failed(world, cell, message, KILLED);
    this.#door.count(next, message.stimulus, "poisons", 1);
    return next;
  }

  /** A person has the dead letter tried again. */
  redrive(world: World, cell: QueueCell, message: KnownMessage, parked: NonNullable<Queue["parked"]>): World {
    const next = world.fork();
    next.set(cell, cell.park(next.numbers[cell.index] ?? NOTHING, { ...parked, attempts: 0, isDead: false }));
    this.#door.count(next, message.stimulus, "redrives", 1);
    return next;
  }

  /** What was decided, whenever that was, takes effect in this world. */
  apply(world: World, cell: QueueCell, message: KnownMessage, end: RunEnd): World {
    if (end.kind === "failed") return this.#failed(world, cell, message, end.failure);
    const { effects } = end;
    const next = world.fork();
    next.set(cell, cell.pop(world.numbers[cell.index] ?? NOTHING));
    if (!effects.isEmpty) {
      const refused = this.#commit(next, cell, effects);
      if (refused !== null) return this.#failed(world, cell, message, refused);
    }
    if (message.repeat >= 0) this.#door.repeatHandled(next, message, leavesAsItWas(world, effects));
    return next;
  }

  /** In the order of the store's commit: documents, answers to calls, new calls, timers, messages. */
  #commit(next: World, cell: QueueCell, effects: Effects): Failure | null {
    for (const { cell: document, number } of effects.documents) next.set(document, number);
    if (effects.answers.length > 0) this.#answer(next, cell, effects.answers);
    if (effects.calls.length > 0) {
      const conflict = this.#request(next, effects.calls);
      if (conflict !== null) return { code: "CALL_CONFLICT", message: conflict, retry: "never", afterMs: null };
    }
    if (effects.statements.length > 0) {
      const reason = runStatements(this.#plan.twins, next, effects.statements);
      if (reason !== null) return { code: "SQL_FAILED", message: reason, retry: "later", afterMs: null };
    }
    for (const { cell: timer, number } of effects.timers) next.set(timer, number);
    for (const message of effects.messages) append(next, message);
    return null;
  }

  #answer(next: World, cell: QueueCell, answers: Effects["answers"]): void {
    for (const line of this.#cells.linesOf(cell)) {
      const rows = line.in(next);
      if (rows === undefined) continue;
      let after: Line = rows;
      for (const { callId, answer } of answers) {
        after = answer === "abandon"
          ? after.filter((row) => row.call.id !== callId)
          : after.map((row) => (row.call.id === callId ? changed(row, { state: "asking", attempts: 0, isCrashed: false }) : row));
      }
      next.set(line, lineOf(line, after));
    }
  }

  /** Adds calls to their lines; a call whose key is under way joins that one. Returns why the commit is refused, or null. */
  #request(next: World, calls: Effects["calls"]): string | null {
    for (const { line, row } of calls) {
      const live = this.#live(next, row);
      if (live === null) next.set(line, lineOf(line, [...(line.in(next) ?? []), row]));
      else if (live.call.input !== row.call.input) {
        const { operation, callKey } = row.call;
        return `Call '${operation}' with the key ${JSON.stringify(callKey)} is under way with another input: wait for its outcome, or use another key.`;
      }
    }
    return null;
  }

  #live(world: World, { call }: CallRow): CallRow | null {
    for (const line of this.#cells.lines) {
      for (const row of line.in(world) ?? []) {
        if (row.call.callKey === call.callKey && row.call.operation === call.operation && row.call.tenant === call.tenant) return row;
      }
    }
    return null;
  }

  #failed(world: World, cell: QueueCell, message: KnownMessage, failure: Failure): World {
    const next = world.fork();
    const before = cell.in(world)?.parked ?? null;
    const policy = { maxAttempts: this.#plan.attempts, baseMs: 0, maxMs: 0 };
    const status = parkStatus(policy, { ...message.envelope, position: 0 }, failure, (before?.attempts ?? 0) + 1);
    const { attempts, code, reason, retryInMs } = status;
    next.set(cell, cell.park(world.numbers[cell.index] ?? NOTHING, { attempts, code, reason, isDead: retryInMs === null }));
    if (message.repeat >= 0) this.#door.repeatHandled(next, message, false);
    return next;
  }
}

/** Nothing was decided but to write what stands there already. */
function leavesAsItWas(world: World, { documents, messages, calls, answers, timers, statements }: Effects): boolean {
  return messages.length + calls.length + answers.length + timers.length + statements.length === 0
    && documents.every(({ cell, number }) => (world.numbers[cell.index] ?? NOTHING) === number);
}
