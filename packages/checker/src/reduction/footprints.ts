// What each mover of a system was ever seen to read, to write and to set in motion. It learns from steps as they are taken and never forgets:
// a search that has ended without anything new was made on what all of its steps keep to. It leaves nothing out and decides nothing.
import { NOTHING, type Cell, type World } from "../system/cell.ts";
import type { Cells } from "../system/cells.ts";
import type { Effects, KnownMessage, QueueCell, RunEnd } from "../system/contents.ts";
import type { Mover } from "../system/movers.ts";
import type { Plan } from "../system/plan.ts";
import type { Runs } from "../system/runs.ts";
import type { SystemSpace } from "../system/system-space.ts";

/** A cell has sides that are changed independently: appending to a queue leaves its head alone. A resource is one side of one cell. */
const SIDES = 4;
export const HEAD = 0;
export const TAIL = 1;
/** Of an effect: whether a call of its key is under way. */
const UNDER_WAY = 1;
/** Of a stimulus: what is left of each budget. */
const CRASHES = 1;
const POISONS = 2;
const REDRIVES = 3;

interface Footprint {
  readonly reads: Set<number>;
  readonly writes: Set<number>;
  /** Numbers of movers that it may set in motion. */
  readonly starts: Set<number>;
  readonly ends: Set<RunEnd>;
}

export const resource = (cell: Cell<unknown>, side = HEAD): number => cell.index * SIDES + side;
export const cellOf = (one: number): number => Math.floor(one / SIDES);

export class Footprints {
  /** Grows with everything that is learnt. */
  version = 0;
  readonly #byMover = new Map<number, Footprint>();
  readonly #space: SystemSpace;
  readonly #plan: Plan;
  readonly #cells: Cells;
  readonly #runs: Runs;

  constructor({ space, plan, cells, runs }: { space: SystemSpace; plan: Plan; cells: Cells; runs: Runs }) {
    this.#space = space;
    this.#plan = plan;
    this.#cells = cells;
    this.#runs = runs;
  }

  of(mover: Mover): Footprint {
    return this.#byMover.get(mover.number) ?? this.#begin(mover);
  }

  /** Looks at the steps that a mover has made out of a world. */
  learn(mover: Mover, world: World, next: World): void {
    this.of(mover);
    if (mover.kind === "handles") this.#handled(mover, mover.queue, mover.message, world);
    else this.#changed(mover, world, next);
  }

  note(mover: Mover, kind: "reads" | "writes" | "starts", what: number): void {
    const set = this.of(mover)[kind];
    if (set.has(what)) return;
    set.add(what);
    this.version += 1;
  }

  /** What a mover touches whatever it finds. */
  #begin(mover: Mover): Footprint {
    const made: Footprint = { reads: new Set(), writes: new Set(), starts: new Set(), ends: new Set() };
    this.#byMover.set(mover.number, made);
    this.version += 1;
    switch (mover.kind) {
      case "arrives":
      case "arrivesAgain": this.#stimulus(mover, mover.stimulus, HEAD); break;
      case "handles":
        this.#both(mover, mover.queue);
        if (mover.message.repeat >= 0) this.#stimulus(mover, mover.message.stimulus, HEAD);
        break;
      case "killed":
      case "redriven":
        this.#both(mover, mover.queue);
        this.#stimulus(mover, mover.message.stimulus, mover.kind === "killed" ? POISONS : REDRIVES);
        break;
      case "calls":
        this.#both(mover, mover.line);
        this.#both(mover, mover.effect);
        this.#both(mover, mover.effect, UNDER_WAY);
        if (this.#plan.budgets.crashes > 0) this.#stimulus(mover, mover.stimulus, CRASHES);
        break;
      case "lands": this.#both(mover, mover.effect); break;
      case "fires": this.#both(mover, mover.timer); break;
      // Never asked: such systems are explored whole.
      case "takenOver": for (const line of mover.held) this.#both(mover, line);
    }
    return made;
  }

  #both(mover: Mover, cell: Cell<unknown>, side = HEAD): void {
    this.note(mover, "reads", resource(cell, side));
    this.note(mover, "writes", resource(cell, side));
  }

  #stimulus(mover: Mover, index: number, side: number): void {
    const cell = this.#cells.stimuli[index];
    if (cell !== undefined) this.#both(mover, cell, side);
  }

  /** Runs are remembered with what they read and what they change: each is looked at once. */
  #handled(mover: Mover, queue: QueueCell, message: KnownMessage, world: World): void {
    const known = this.of(mover).ends;
    for (const { number } of this.#plan.system.groups[queue.group]?.definitions ?? []) {
      let node = message.runs[number];
      while (node?.kind === "read") node = node.next[world.numbers[node.cell.index] ?? NOTHING];
      if (node === undefined || known.has(node)) continue;
      if (node.kind === "failed" || node.effects.answers.length === 0) known.add(node);
      for (const cell of this.#runs.readsOf(number, message, world)) this.note(mover, "reads", resource(cell));
      if (node.kind === "changes") this.#effects(mover, queue, node.effects, world);
    }
  }

  #effects(mover: Mover, of: QueueCell, effects: Effects, world: World): void {
    for (const { cell } of effects.documents) this.note(mover, "writes", resource(cell));
    for (const { cell } of effects.timers) {
      this.#both(mover, cell);
      const timer = this.#cells.timerAt(cell.index);
      if (timer !== undefined) this.note(mover, "starts", this.#space.known.timer(timer).number);
    }
    for (const message of effects.messages) {
      for (const queue of message.queues) {
        this.note(mover, "writes", resource(queue, TAIL));
        for (const one of this.#space.known.heads(queue, message)) this.note(mover, "starts", one.number);
      }
      if (message.counter !== null) this.#both(mover, message.counter);
    }
    for (const { line, row } of effects.calls) {
      this.#both(mover, line);
      this.#both(mover, this.#cells.effect(row.call), UNDER_WAY);
      this.note(mover, "starts", this.#space.mover(line, row).number);
    }
    if (effects.statements.length > 0) this.#both(mover, this.#plan.twins.cell);
    if (effects.answers.length === 0) return;
    for (const line of this.#cells.linesOf(of)) {
      this.#both(mover, line);
      for (const row of line.in(world) ?? []) {
        if (!effects.answers.some(({ callId }) => callId === row.call.id)) continue;
        this.#both(mover, this.#cells.effect(row.call), UNDER_WAY);
        this.note(mover, "starts", this.#space.mover(line, row).number);
      }
    }
  }

  /** All others: what they change is in the world that they lead to. */
  #changed(mover: Mover, world: World, next: World): void {
    const { numbers } = next;
    for (const [index, number] of numbers.entries()) {
      if (number === (world.numbers[index] ?? NOTHING)) continue;
      const queue = this.#cells.queueAt(index);
      if (queue !== undefined) {
        if ((mover.kind === "killed" || mover.kind === "redriven") && queue === mover.queue) continue;
        this.note(mover, "writes", resource(queue, TAIL));
        const message = queue.value(number)?.messages.at(-1);
        if (message !== undefined) for (const one of this.#space.known.heads(queue, message)) this.note(mover, "starts", one.number);
        continue;
      }
      const effect = this.#cells.effectAt(index);
      if (effect !== undefined) {
        if (effect.value(number)?.late !== "no") this.note(mover, "starts", this.#space.known.late(effect).number);
        continue;
      }
      const cell = this.#cells.all[index];
      // Sides of stimuli, calls and timers are told when the mover begins.
      if (cell !== undefined && this.#cells.isCounter(index)) this.#both(mover, cell);
    }
    if (mover.kind === "arrives") {
      const again = this.#space.known.repeat(mover.stimulus);
      if (again !== undefined && (this.#plan.stimuli[mover.stimulus]?.repeats.length ?? 0) > 0) this.note(mover, "starts", again.number);
    }
  }
}
