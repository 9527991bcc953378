// What of a world no longer matters: cells that nothing under way can touch again, and that no property relates to what may still change. They
// are told apart no more. That properties hold of them is settled: their answers stay, and are told apart instead.
import { BROKEN, type Asked } from "../system/asked.ts";
import { NOTHING, type Cell, type World } from "../system/cell.ts";
import { cellsOf } from "../system/parts.ts";
import { Bits } from "./bits.ts";
import type { ReducedParts, Relations } from "./relations.ts";

interface Settled {
  readonly asked: Asked;
  readonly number: number;
  readonly looksAt: Bits;
}

/** What is kept of a world: cells that count as `retired` whatever they hold, and the answers that are settled with them. */
export interface Kept {
  readonly retired: readonly Cell<unknown>[];
  readonly answers: readonly { readonly number: number; readonly key: string | null; readonly isBroken: boolean; readonly applies: boolean }[];
}

export const ALL_KEPT: Kept = { retired: [], answers: [] };

export class Retirement {
  readonly #parts: ReducedParts;
  readonly #relations: Relations;
  readonly #properties: Settled[];
  /** Steps are asked about what they find, whenever they happen. */
  readonly #inSteps = new Bits();

  constructor(parts: ReducedParts, relations: Relations) {
    this.#parts = parts;
    this.#relations = relations;
    const { properties, cells } = parts;
    this.#properties = properties.asked.filter(({ kind, asked }) => kind !== "seen" || !properties.shown.has(asked.name))
      .map(({ asked, number }) => {
        const looksAt = new Bits(cells.all.length);
        for (const part of asked.parts) for (const { index } of cellsOf(part, cells, asked.key)) looksAt.add(index);
        return { asked, number, looksAt };
      });
    for (const part of properties.stepsLookAt) for (const { index } of cellsOf(part, cells, null)) this.#inSteps.add(index);
  }

  of(world: World): Kept {
    const future = this.#relations.future(world);
    if (future === null) return ALL_KEPT;
    const kept = future.touches;
    kept.addAll(this.#inSteps);
    const settled: Settled[] = [];
    for (const one of this.#properties) {
      if (one.looksAt.meets(future.writes)) kept.addAll(one.looksAt);
      else settled.push(one);
    }
    const { all } = this.#parts.cells;
    const retired: Cell<unknown>[] = [];
    const gone = new Bits(all.length);
    for (const [index, number] of world.numbers.entries()) {
      const cell = all[index];
      if (number === NOTHING || cell === undefined || kept.has(index)) continue;
      retired.push(cell);
      gone.add(index);
    }
    if (retired.length === 0) return ALL_KEPT;
    const answers = settled.filter(({ looksAt }) => looksAt.meets(gone)).map(({ asked, number }) => {
      const answer = asked.of(world);
      return { number, key: asked.key, isBroken: answer === BROKEN, applies: answer !== 0 };
    });
    return { retired, answers };
  }
}
