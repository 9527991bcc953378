// Beans are taken out of a can by Gries's rule until one is left. After specifications/CoffeeCan/CoffeeCan.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";

interface Can {
  readonly black: number;
  readonly white: number;
}

const beans = (s: Can) => s.black + s.white;

const temporal = {
  eventually: { "one bean is left": (s: Can) => beans(s) === 1 },
  leadsTo: {
    "even white beans end black": { from: (s: Can) => s.white % 2 === 0, to: (s: Can) => s.black === 1 && s.white === 0 },
    "odd white beans end white": { from: (s: Can) => s.white % 2 === 1, to: (s: Can) => s.black === 0 && s.white === 1 },
  },
};

interface Constants {
  readonly maxBeans: number;
  /** Whether to ask where endless runs end, and with what assumed. */
  readonly endless?: "fair" | "unfair";
}

export function coffeeCan({ maxBeans, endless }: Constants) {
  return model({
    name: "coffee can",
    init: function* (): Iterable<Can> {
      for (let black = 0; black <= maxBeans; black++) {
        for (let white = 0; black + white <= maxBeans; white++) if (black + white > 0) yield { black, white };
      }
    },
    actions: {
      takeTwoWhite: (s, next) => {
        if (s.white >= 2) next({ black: s.black + 1, white: s.white - 2 });
      },
      takeTwoBlack: (s, next) => {
        if (s.black >= 2) next({ ...s, black: s.black - 1 });
      },
      takeOneOfEach: (s, next) => {
        if (s.black >= 1 && s.white >= 1) next({ ...s, black: s.black - 1 });
      },
      rest: (s, next) => {
        if (beans(s) === 1) next(s);
      },
    },
    invariants: { "never more than at first": (s) => s.black >= 0 && s.white >= 0 && beans(s) <= maxBeans },
    steps: {
      "each step takes a bean": (before, after) => beans(after) < beans(before),
      "white beans stay odd or even": (before, after) => before.white % 2 === after.white % 2,
    },
    ...(endless === undefined ? {} : temporal),
    fairness: { weak: endless === "fair" ? [["takeTwoWhite", "takeTwoBlack", "takeOneOfEach", "rest"]] : [] },
  });
}
