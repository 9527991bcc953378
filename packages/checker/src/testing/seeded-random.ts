// Numbers by chance for tests, the same again from the same seed: xorshift32, so none is 0 before it is cut to size. Good enough to draw cases,
// and for nothing else.

/** Returns a function that draws a whole number from 0 up to, not including, its argument (at most 2 ** 32). A seed of 0 is taken for 1. */
export function seededRandom(seed: number): (below: number) => number {
  let word = seed === 0 ? 1 : seed;
  return (below) => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % below;
  };
}
