// A counter that replicas gossip about, kept finite by taking the least count off everywhere. After
// specifications/FiniteMonotonic/CRDT.tla and MCCRDT.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range } from "../persistent.ts";

/** What node `n` knows of node `o` is at `n * nodes + o`. */
type State = readonly number[];

export function replicatedCounter({ nodes, maxCount }: { readonly nodes: number; readonly maxCount: number }) {
  const all = range(0, nodes - 1);
  const reduced = (s: State) => s.map((count) => count - Math.min(...s));
  const incremented = (s: State, n: number) => s.with(n * nodes + n, at(s, n * nodes + n) + 1);
  const gossiped = (s: State, from: number, to: number) =>
    s.map((count, i) => (Math.floor(i / nodes) === to ? Math.max(count, at(s, from * nodes + (i % nodes))) : count));
  const start: State = Array.from({ length: nodes * nodes }, () => 0);
  return model({
    name: "replicated counter",
    init: [start],
    actions: {
      increment: (s, next) => all.forEach((n) => next(incremented(s, n), n)),
      gossip: (s, next) => all.forEach((n) => all.forEach((o) => next(gossiped(s, n, o), { from: n, to: o }))),
      incrementAndReduce: (s, next) => all.forEach((n) => next(reduced(incremented(s, n)), n)),
      gossipAndReduce: (s, next) => all.forEach((n) => all.forEach((o) => next(reduced(gossiped(s, n, o)), { from: n, to: o }))),
    },
    invariants: { "nobody knows more of a node than itself": (s) => s.every((count, i) => count <= at(s, (i % nodes) * nodes + (i % nodes))) },
    constraint: (s) => all.every((n) => at(s, n * nodes + n) <= maxCount),
  });
}
