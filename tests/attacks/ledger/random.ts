// Chance that follows from a seed, for the attacks: the same seed chooses the same victims and pauses. Not for secrets.

export interface Random {
  /** In [0, 1). */
  (): number;
  below(bound: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** Ettinger's mulberry32, which is in the public domain. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return Object.assign(next, { below, pick: <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0] });
}

/** The run's seed: EVENKEEL_SEED, which the runner sets and prints, else a new one. */
export function runSeed(): number {
  const given = process.env["EVENKEEL_SEED"];
  return given === undefined || given === "" ? Math.floor(Math.random() * 2 ** 31) : Number(given) >>> 0;
}
