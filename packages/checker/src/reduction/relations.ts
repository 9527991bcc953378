// What follows from the footprints that are known at one moment: which movers depend on each other, who can set whom in motion, and which
// cells can still be touched once something is under way. It is made once per round of a search and stays as it is throughout.
import { NOTHING, type Cell, type World } from "../system/cell.ts";
import type { Cells } from "../system/cells.ts";
import type { Mover } from "../system/movers.ts";
import { cellsOf } from "../system/parts.ts";
import type { Plan } from "../system/plan.ts";
import type { SystemProperties } from "../system/properties.ts";
import type { SystemSpace } from "../system/system-space.ts";
import { Bits } from "./bits.ts";
import { cellOf, HEAD, resource, TAIL, type Footprints } from "./footprints.ts";

export interface ReducedParts {
  readonly space: SystemSpace;
  readonly plan: Plan;
  readonly cells: Cells;
  readonly properties: SystemProperties;
  readonly footprints: Footprints;
}

/** What something under way may still touch. */
interface Future {
  readonly touches: Bits;
  readonly writes: Bits;
}

const ALL_SIDES = [0, 1, 2, 3];

export class Relations {
  /** Movers from here on were not known. */
  readonly known: number;
  readonly #parts: ReducedParts;
  readonly #readers = new Map<number, Bits>();
  readonly #writers = new Map<number, Bits>();
  readonly #starters: Bits[];
  /** For each property that must not be missed: who can change what it looks at. */
  readonly #visible: Bits[];
  /** Who can change what step properties look at. */
  readonly #inSteps = new Bits();
  readonly #dependents: (Bits | undefined)[] = [];
  readonly #futures: (Future | undefined)[] = [];
  readonly #underWay: (Future | null | undefined)[][] = [];

  constructor(parts: ReducedParts) {
    this.#parts = parts;
    const { all } = parts.space.known;
    for (let index = 0; index < all.length; index += 1) {
      const mover = all[index];
      if (mover !== undefined) parts.footprints.of(mover);
    }
    this.known = all.length;
    this.#starters = all.map(() => new Bits(this.known));
    for (const mover of all) {
      const { number } = mover;
      const { reads, writes, starts } = parts.footprints.of(mover);
      for (const one of reads) into(this.#readers, one, number);
      for (const one of writes) into(this.#writers, one, number);
      for (const one of starts) this.#starters[one]?.add(number);
    }
    this.#visible = this.#visibility();
    for (const part of parts.properties.stepsLookAt) for (const cell of cellsOf(part, parts.cells, null)) this.#addWriters(this.#inSteps, part, cell);
  }

  starters(mover: Mover): Bits {
    return this.#starters[mover.number] ?? NOBODY;
  }

  writers(cell: Cell<unknown>): Bits {
    return this.#writers.get(resource(cell)) ?? NOBODY;
  }

  /** Everybody whose steps do not commute with those of a mover, or who is seen by a property that sees it. */
  dependents(number: number): Bits {
    return (this.#dependents[number] ??= this.#dependentsOf(number));
  }

  #dependentsOf(number: number): Bits {
    const found = new Bits(this.known);
    const mover = this.#parts.space.known.all[number];
    if (mover === undefined) return found;
    const { reads, writes } = this.#parts.footprints.of(mover);
    for (const one of writes) {
      found.addAll(this.#readers.get(one) ?? NOBODY);
      found.addAll(this.#writers.get(one) ?? NOBODY);
    }
    for (const one of reads) found.addAll(this.#writers.get(one) ?? NOBODY);
    for (const visible of this.#visible) if (visible.has(number)) found.addAll(visible);
    // Every step is asked about, so every step reads what step properties look at.
    found.addAll(this.#inSteps);
    if (this.#inSteps.has(number)) for (let other = 0; other < this.known; other += 1) found.add(other);
    found.delete(number);
    return found;
  }

  #visibility(): Bits[] {
    const { properties, cells } = this.#parts;
    return properties.asked.flatMap(({ kind, asked }) => {
      if (kind === "atRest" || (kind === "seen" && properties.shown.has(asked.name))) return [];
      const visible = new Bits(this.known);
      for (const part of asked.parts) for (const cell of cellsOf(part, cells, asked.key)) this.#addWriters(visible, part, cell);
      return [visible];
    });
  }

  #addWriters(to: Bits, part: string, cell: Cell<unknown>): void {
    for (const side of part === "all" ? ALL_SIDES : part === "queues" || part === "key" ? [HEAD, TAIL] : [HEAD]) to.addAll(this.#writers.get(resource(cell, side)) ?? NOBODY);
  }

  /** The cells that may still be touched after this world; null: something is under way of which nothing is known. */
  future(world: World): Future | null {
    const all: Future = { touches: new Bits(this.#parts.cells.all.length), writes: new Bits(this.#parts.cells.all.length) };
    for (const { index } of this.#parts.cells.active) {
      const number = world.numbers[index] ?? NOTHING;
      const known = (this.#underWay[index] ??= []);
      while (known.length <= number) known.push(undefined);
      const found = known[number] === undefined ? (known[number] = this.#futureOf(world, index)) : known[number];
      if (found === null) return null;
      all.touches.addAll(found.touches);
      all.writes.addAll(found.writes);
    }
    return all;
  }

  #futureOf(world: World, index: number): Future | null {
    const all: Future = { touches: new Bits(), writes: new Bits() };
    for (const { number } of this.#parts.space.underWay(world, index)) {
      if (number >= this.known) return null;
      const { touches, writes } = this.#futureFrom(number);
      all.touches.addAll(touches);
      all.writes.addAll(writes);
    }
    return all;
  }

  #futureFrom(from: number): Future {
    const known = this.#futures[from];
    if (known !== undefined) return known;
    const made: Future = { touches: new Bits(), writes: new Bits() };
    const seen = new Bits(this.known);
    const waiting = [from];
    seen.add(from);
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      const mover = this.#parts.space.known.all[number];
      if (mover === undefined) continue;
      const { reads, writes, starts } = this.#parts.footprints.of(mover);
      for (const one of reads) made.touches.add(cellOf(one));
      for (const one of writes) {
        made.touches.add(cellOf(one));
        made.writes.add(cellOf(one));
      }
      for (const next of starts) {
        if (seen.has(next)) continue;
        seen.add(next);
        waiting.push(next);
      }
    }
    this.#futures[from] = made;
    return made;
  }
}

const NOBODY = new Bits();

function into(table: Map<number, Bits>, at: number, member: number): void {
  const found = table.get(at) ?? new Bits();
  found.add(member);
  table.set(at, found);
}
