// Any number of jugs of any size. After specifications/DieHard/DieHarder.tla and MCDieHarder of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, replaced } from "../persistent.ts";

/** The state is what each jug holds. */
export function dieHarder({ capacity, goal }: { readonly capacity: readonly number[]; readonly goal: number }) {
  const empty: readonly number[] = capacity.map(() => 0);
  return model({
    name: "die harder",
    init: [empty],
    actions: {
      fill: (s, next) => capacity.forEach((size, jug) => next(replaced(s, jug, size), jug)),
      empty: (s, next) => capacity.forEach((_, jug) => next(replaced(s, jug, 0), jug)),
      pour: (s, next) => {
        for (const from of capacity.keys()) {
          for (const to of capacity.keys()) {
            if (from === to) continue;
            const amount = Math.min(at(s, from), at(capacity, to) - at(s, to));
            next(replaced(replaced(s, from, at(s, from) - amount), to, at(s, to) + amount), { from, to });
          }
        }
      },
    },
    invariants: { "not solved": (s) => !s.includes(goal) },
  });
}
