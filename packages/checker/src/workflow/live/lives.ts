// Ways through the life of a run: every one, by beginning anew for each and taking another choice where the last one had one left; or some, by chance.
import assert from "node:assert/strict";
import type { Choice, Life } from "./life.ts";

interface Lived {
  /** Ways from the beginning to where nothing can happen any more. */
  readonly lives: number;
  /** Beginnings of ways whose last step was decided by a function that stood in memory. */
  readonly live: ReadonlySet<string>;
  readonly conflicts: number;
}

/** @param begin a new life; those of processes that live on go on. */
export async function everyLife(begin: () => Life): Promise<Lived> {
  const live = new Set<string>();
  let lives = 0;
  let conflicts = 0;
  for (let next: readonly number[] | null = []; next !== null; lives++) {
    const { way, widths, life } = await lived(begin(), next, () => 0, live);
    conflicts += life.conflicts;
    const last = way.findLastIndex((choice, at) => choice + 1 < (widths[at] ?? 0));
    next = last < 0 ? null : [...way.slice(0, last), (way[last] ?? 0) + 1];
  }
  return { lives, live, conflicts };
}

export async function someLives(begin: () => Life, count: number, below: (width: number) => number): Promise<Lived> {
  const live = new Set<string>();
  let conflicts = 0;
  for (let one = 0; one < count; one++) conflicts += (await lived(begin(), [], below, live)).life.conflicts;
  return { lives: count, live, conflicts };
}

async function lived(life: Life, given: readonly number[], choose: (width: number) => number, live: Set<string>) {
  const way: number[] = [];
  const widths: number[] = [];
  const names: string[] = [];
  for (let choices = life.choices(); choices.length > 0; choices = life.choices()) {
    const at = given[way.length] ?? choose(choices.length);
    const choice: Choice | undefined = choices[at];
    assert.ok(choice !== undefined);
    way.push(at);
    widths.push(choices.length);
    names.push(choice.name);
    try {
      await choice.take();
    } catch (error) {
      throw new Error(`After: ${names.join(", ")}`, { cause: error });
    }
    if (life.tookLive()) live.add(names.join("\n"));
  }
  return { way, widths, life };
}
