// Whether a behaviour graph has no cycle but those of one state (Kahn 1962): then the only endless runs are those in which nothing more
// happens, and no search for components is needed. Bounded retries and budgets of faults make most applications such graphs.
import type { BehaviourGraph } from "./graph.ts";
import { OUTSIDE } from "./graph.ts";

export function isAcyclic(graph: BehaviourGraph): boolean {
  const incoming = new Uint32Array(graph.size);
  for (let state = 0; state < graph.size; state += 1) {
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) {
      const target = graph.target(edge);
      if (target !== OUTSIDE) incoming[target] = (incoming[target] ?? 0) + 1;
    }
  }
  const ready = new Uint32Array(graph.size);
  let length = 0;
  for (let state = 0; state < graph.size; state += 1) if (incoming[state] === 0) ready[length++] = state;
  for (let next = 0; next < length; next += 1) {
    const state = ready[next] ?? 0;
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) {
      const target = graph.target(edge);
      if (target === OUTSIDE) continue;
      const left = (incoming[target] ?? 0) - 1;
      incoming[target] = left;
      if (left === 0) ready[length++] = target;
    }
  }
  return length === graph.size;
}
