// Philosophers hand each other clean forks (Chandy and Misra). After specifications/DiningPhilosophers/DiningPhilosophers.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import type { Action } from "../../index.ts";
import { each, family } from "../family.ts";
import { at, range, replaced } from "../persistent.ts";

interface Fork {
  readonly holder: number;
  readonly clean: boolean;
}

interface State {
  readonly forks: readonly Fork[];
  readonly hungry: readonly boolean[];
  readonly doing: readonly ("loop" | "eat" | "think")[];
}

interface Constants {
  readonly philosophers: number;
  /** Whether to ask that nobody starves, and whether every philosopher goes on or just somebody does. */
  readonly endless?: "each goes on" | "somebody goes on";
}

export function diningPhilosophers({ philosophers, endless }: Constants) {
  const all = range(0, philosophers - 1);
  const right = (p: number) => (p + 1) % philosophers;
  const left = (p: number) => (p + philosophers - 1) % philosophers;
  const dirty = (s: State, fork: number, p: number) => at(s.forks, fork).holder === p && !at(s.forks, fork).clean;
  const ready = (s: State, fork: number, p: number) => at(s.forks, fork).holder === p && at(s.forks, fork).clean;
  const handed = (s: State, p: number): readonly Fork[] => {
    if (dirty(s, p, p)) return replaced(s.forks, p, { holder: left(p), clean: true });
    if (dirty(s, right(p), p)) return replaced(s.forks, right(p), { holder: right(p), clean: true });
    return s.forks;
  };
  const soiled = (fork: Fork): Fork => ({ ...fork, clean: false });
  const philosopher = (p: number): Action<State> => (s, next) => {
    const now = at(s.doing, p);
    if (now === "loop") {
      const meal = ready(s, p, p) && ready(s, right(p), p) ? "eat" : "loop";
      next({ ...s, forks: handed(s, p), doing: replaced(s.doing, p, at(s.hungry, p) ? meal : "think") });
    } else if (now === "think") {
      next({ ...s, hungry: replaced(s.hungry, p, true), doing: replaced(s.doing, p, "loop") });
    } else {
      const forks = replaced(replaced(s.forks, p, soiled(at(s.forks, p))), right(p), soiled(at(s.forks, right(p))));
      next({ forks, hungry: replaced(s.hungry, p, false), doing: replaced(s.doing, p, "loop") });
    }
  };
  const start: State = {
    forks: all.map((fork) => ({ holder: fork === 1 ? 0 : fork, clean: false })),
    hungry: all.map(() => true),
    doing: all.map(() => "loop"),
  };
  const names = each("philosopher", all);
  return model({
    name: "dining philosophers",
    init: [start],
    actions: family("philosopher", all, philosopher),
    invariants: {
      "neighbours do not eat together": (s) => all.every((p) => at(s.doing, p) !== "eat" || at(s.doing, right(p)) !== "eat"),
    },
    ...(endless === undefined ? {} : { alwaysEventually: Object.fromEntries(all.map((p) => [`${p} has eaten`, (s: State) => !at(s.hungry, p)])) }),
    fairness: { weak: endless === "somebody goes on" ? [names] : names },
  });
}
