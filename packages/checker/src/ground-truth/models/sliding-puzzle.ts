// Klotski: ten pieces on a board of four by five, and the big one wants to get out. After specifications/SlidingPuzzles/SlidingPuzzles.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { added, removed } from "../persistent.ts";

const WIDTH = 4;
const HEIGHT = 5;

/** A piece is the set of its fields, as bits: field `y * WIDTH + x`. */
const piece = (...fields: readonly (readonly [number, number])[]) => fields.reduce((bits, [x, y]) => bits | (1 << (y * WIDTH + x)), 0);

const KLOTSKI: ReadonlySet<number> = new Set([
  piece([0, 0], [0, 1]), piece([1, 0], [2, 0], [1, 1], [2, 1]), piece([3, 0], [3, 1]),
  piece([0, 2], [0, 3]), piece([1, 2], [2, 2]), piece([3, 2], [3, 3]),
  piece([1, 3]), piece([2, 3]), piece([0, 4]), piece([3, 4]),
]);
const GOAL = piece([1, 3], [1, 4], [2, 3], [2, 4]);

const column = (x: number) => piece([x, 0], [x, 1], [x, 2], [x, 3], [x, 4]);
const row = (y: number) => piece([0, y], [1, y], [2, y], [3, y]);
/** Where a piece may not touch for a move to stay on the board, and by how many fields its bits shift. */
const MOVES = [
  { name: "left", edge: column(0), shift: -1 },
  { name: "right", edge: column(WIDTH - 1), shift: 1 },
  { name: "up", edge: row(0), shift: -WIDTH },
  { name: "down", edge: row(HEIGHT - 1), shift: WIDTH },
] as const;

/** The state is the set of pieces: pieces of one shape are not told apart. */
export function slidingPuzzle({ solve }: { readonly solve: boolean }) {
  return model({
    name: "Klotski",
    init: [KLOTSKI],
    actions: {
      slide: (s, next) => {
        let taken = 0;
        for (const bits of s) taken |= bits;
        for (const bits of s) {
          for (const { name, edge, shift } of MOVES) {
            if ((bits & edge) !== 0) continue;
            const moved = shift < 0 ? bits >>> -shift : bits << shift;
            if ((moved & taken & ~bits) === 0) next(added(removed(s, bits), moved), name);
          }
        }
      },
    },
    invariants: { "the big piece is still in": (s) => !solve || !s.has(GOAL) },
  });
}
