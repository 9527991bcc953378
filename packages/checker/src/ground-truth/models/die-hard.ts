// Two jugs and a tap: four gallons are wanted. After specifications/DieHard/DieHard.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";

interface Jugs {
  readonly small: number;
  readonly big: number;
}

const SMALL = 3;
const BIG = 5;

/** With `goal`, the invariant says that it is never reached, so that its counterexample is the solution; without, the space is whole. */
export function dieHard({ goal }: { readonly goal: number | null }) {
  const empty: Jugs = { small: 0, big: 0 };
  return model({
    name: "die hard",
    init: [empty],
    actions: {
      fillSmall: (s, next) => next({ ...s, small: SMALL }),
      fillBig: (s, next) => next({ ...s, big: BIG }),
      emptySmall: (s, next) => next({ ...s, small: 0 }),
      emptyBig: (s, next) => next({ ...s, big: 0 }),
      smallToBig: (s, next) => {
        const big = Math.min(s.big + s.small, BIG);
        next({ big, small: s.small - (big - s.big) });
      },
      bigToSmall: (s, next) => {
        const small = Math.min(s.big + s.small, SMALL);
        next({ small, big: s.big - (small - s.small) });
      },
    },
    invariants: {
      "jugs hold what fits": ({ small, big }) => small >= 0 && small <= SMALL && big >= 0 && big <= BIG,
      "not solved": ({ big }) => big !== goal,
    },
  });
}
