// A small seeded generator of pseudo-random numbers, so that the same seed gives the same sample on every machine.
// Not for secrets.

export interface SeededRandom {
  /** A number in [0, 1) with 32 random bits. */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  chance(probability: number): boolean;
  /** Shuffles in place (Fisher-Yates). */
  shuffle<T>(items: T[]): T[];
}

/**
 * xoshiro128** by D. Blackman and S. Vigna (public domain, https://prng.di.unimi.it/xoshiro128starstar.c), its state filled from
 * the seed by the 32-bit finaliser of MurmurHash3 (A. Appleby, public domain).
 */
export function seededRandom(seed: number): SeededRandom {
  let a = mix(seed);
  let b = mix(a + 0x9e3779b9);
  let c = mix(b + 0x9e3779b9);
  let d = mix(c + 0x9e3779b9) | 1; // never all zero
  function next(): number {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return (result >>> 0) / 4_294_967_296;
  }
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        const [x, y] = [items[last], items[other]];
        if (x !== undefined && y !== undefined) [items[last], items[other]] = [y, x];
      }
      return items;
    },
  };
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
