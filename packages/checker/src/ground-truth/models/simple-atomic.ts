// Processes that each write one atomic register and read a neighbour's. After specifications/TeachingConcurrency/Simple.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced } from "../persistent.ts";

interface State {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly at: readonly ("write" | "read" | "done")[];
}

export function simpleAtomic({ processes }: { readonly processes: number }) {
  const all = range(0, processes - 1);
  const start: State = { x: all.map(() => 0), y: all.map(() => 0), at: all.map(() => "write") };
  const allDone = (s: State) => s.at.every((where) => where === "done");
  return model({
    name: "simple algorithm with atomic registers",
    init: [start],
    actions: {
      write: (s, next) => {
        for (const p of all) if (s.at[p] === "write") next({ ...s, x: replaced(s.x, p, 1), at: replaced(s.at, p, "read") }, p);
      },
      read: (s, next) => {
        for (const p of all) {
          if (s.at[p] === "read") next({ ...s, y: replaced(s.y, p, at(s.x, (p + processes - 1) % processes)), at: replaced(s.at, p, "done") }, p);
        }
      },
      rest: (s, next) => {
        if (allDone(s)) next(s);
      },
    },
    invariants: { "at the end somebody has read a one": { when: allDone, then: (s) => s.y.includes(1) } },
  });
}
