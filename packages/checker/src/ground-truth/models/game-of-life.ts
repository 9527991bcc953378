// Conway's game on a square with dead borders, from every population at once. After specifications/GameOfLife/GameOfLife.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";

/** The state is the population: bit `row * size + column` of one number. */
export function gameOfLife({ size }: { readonly size: number }) {
  const cells = size * size;
  const neighbours = Array.from({ length: cells }, (_, cell) => {
    const row = Math.floor(cell / size);
    let mask = 0;
    for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, size - 1); r++) {
      for (let c = Math.max((cell % size) - 1, 0); c <= Math.min((cell % size) + 1, size - 1); c++) {
        if (r * size + c !== cell) mask |= 1 << (r * size + c);
      }
    }
    return mask;
  });
  return model({
    name: "game of life",
    init: function* (): Iterable<number> {
      for (let population = 0; population < 2 ** cells; population++) yield population;
    },
    actions: {
      generation: (s, next) => {
        let after = 0;
        neighbours.forEach((mask, cell) => {
          const alive = ones(s & mask);
          if (alive === 3 || (alive === 2 && (s & (1 << cell)) !== 0)) after |= 1 << cell;
        });
        next(after);
      },
    },
    invariants: { "nobody lives outside": (s) => s >= 0 && s < 2 ** cells },
  });
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
