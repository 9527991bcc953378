// Dijkstra's ring that finds its way back to one token from any state (EWD 426). After specifications/ewd426/TokenRing.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { range, sequences } from "../persistent.ts";

interface Constants {
  readonly nodes: number;
  readonly values: number;
  readonly endless?: boolean;
}

/** The state is the counter of each node. A node other than the first has the token when it differs from the one before it. */
export function tokenRing({ nodes, values, endless = false }: Constants) {
  const last = nodes - 1;
  const tokens = (s: readonly number[]) => {
    let count = s[0] === s[last] ? 1 : 0;
    for (let i = 1; i < nodes; i++) if (s[i] !== s[i - 1]) count++;
    return count;
  };
  return model({
    name: "self-stabilising token ring",
    init: () => sequences(range(0, values - 1), nodes),
    actions: {
      create: (s, next) => {
        const before = s[last] ?? 0;
        if (s[0] !== before) return;
        const after = s.slice();
        after[0] = (before + 1) % values;
        next(after);
      },
      pass: (s, next) => {
        for (let i = 1; i < nodes; i++) {
          const before = s[i - 1] ?? 0;
          if (s[i] === before) continue;
          const after = s.slice();
          after[i] = before;
          next(after, i);
        }
      },
    },
    invariants: { "there is a token": (s) => tokens(s) > 0 },
    ...(endless ? { eventuallyAlways: { "there is one token": (s: readonly number[]) => tokens(s) === 1 } } : {}),
    fairness: { weak: [["create", "pass"]] },
    deadlock: "allowed",
  });
}
