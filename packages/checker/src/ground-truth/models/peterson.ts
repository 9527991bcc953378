// Peterson's mutual exclusion of two processes, which refines a lock. After specifications/locks_auxiliary_vars/Peterson.tla and Lock.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, replaced } from "../persistent.ts";

type Label = "a0" | "a1" | "a2" | "a3" | "cs" | "a4";

interface State {
  readonly at: readonly Label[];
  readonly flags: readonly boolean[];
  readonly turn: number;
}

const holds = (label: Label | undefined) => label === "cs" || label === "a4";
/** Where a process of the abstract lock is when one of ours is at a label. */
const seen: Readonly<Record<Label, string>> = { a0: "idle", a1: "waits", a2: "waits", a3: "waits", cs: "critical", a4: "leaves" };
const abstractSteps = new Set(["idle>waits", "waits>critical", "critical>leaves", "leaves>idle"]);

export function peterson() {
  const both = [0, 1] as const;
  const to = (s: State, p: number, label: Label): State => ({ ...s, at: replaced(s.at, p, label) });
  const start: State = { at: ["a0", "a0"], flags: [false, false], turn: 0 };
  return model({
    name: "Peterson's algorithm",
    init: [start],
    actions: {
      want: (s, next) => both.filter((p) => s.at[p] === "a0").forEach((p) => next(to(s, p, "a1"), p)),
      raise: (s, next) => {
        both.filter((p) => s.at[p] === "a1").forEach((p) => next({ ...to(s, p, "a2"), flags: replaced(s.flags, p, true) }, p));
      },
      yield: (s, next) => both.filter((p) => s.at[p] === "a2").forEach((p) => next({ ...to(s, p, "a3"), turn: 1 - p }, p)),
      enter: (s, next) => {
        for (const p of both) if (s.at[p] === "a3" && (s.flags[1 - p] === false || s.turn === p)) next(to(s, p, "cs"), p);
      },
      leave: (s, next) => both.filter((p) => s.at[p] === "cs").forEach((p) => next(to(s, p, "a4"), p)),
      lower: (s, next) => {
        both.filter((p) => s.at[p] === "a4").forEach((p) => next({ ...to(s, p, "a0"), flags: replaced(s.flags, p, false) }, p));
      },
    },
    invariants: {
      "one at a time": (s) => !both.every((p) => holds(s.at[p])),
      "a flag says who wants": (s) => both.every((p) => s.flags[p] === !(s.at[p] === "a0" || s.at[p] === "a1")),
      "who is in has the turn or is alone": {
        when: (s) => both.some((p) => holds(s.at[p])),
        then: (s) => both.every((p) => !holds(s.at[p]) || s.turn === p || ["a0", "a1", "a2"].includes(at(s.at, 1 - p))),
      },
    },
    steps: {
      // The refinement: each step is one of the lock's, or the lock does not see it; and the lock is taken only when it is free.
      "is a step of a lock": (before, after) =>
        both.every((p) => {
          const [from, next] = [seen[at(before.at, p)], seen[at(after.at, p)]];
          return from === next || (abstractSteps.has(`${from}>${next}`) && (next !== "critical" || !before.at.some(holds)));
        }),
    },
  });
}
