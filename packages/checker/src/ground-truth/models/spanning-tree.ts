// Nodes find parents until they form a tree, on every graph of the nodes at once. After specifications/SpanningTree/SpanTreeTest.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced, subsets } from "../persistent.ts";

interface State {
  readonly edges: readonly (readonly [number, number])[];
  readonly parent: readonly number[];
  readonly distance: readonly number[];
}

/** Node 0 is the root. */
export function spanningTree({ nodes, far }: { readonly nodes: number; readonly far: number }) {
  const all = range(0, nodes - 1);
  const pairs = all.flatMap((a) => all.filter((b) => b > a).map((b): readonly [number, number] => [a, b]));
  const neighbours = (s: State, node: number) => s.edges.flatMap(([a, b]) => (a === node ? [b] : b === node ? [a] : []));
  const isDone = (s: State) => all.every((node) => neighbours(s, node).every((other) => at(s.distance, other) + 1 >= at(s.distance, node)));
  return model({
    name: "spanning tree",
    init: function* (): Iterable<State> {
      for (const edges of subsets(pairs)) yield { edges, parent: all, distance: all.map((node) => (node === 0 ? 0 : far)) };
    },
    actions: {
      attach: (s, next) => {
        for (const node of all) {
          for (const other of neighbours(s, node)) {
            for (let distance = at(s.distance, other) + 1; distance < at(s.distance, node); distance++) {
              next({ ...s, parent: replaced(s.parent, node, other), distance: replaced(s.distance, node, distance) }, { node, other });
            }
          }
        }
      },
    },
    invariants: {
      "at the end it is a tree": {
        when: isDone,
        then: (s) => all.every((node) => {
          const distance = at(s.distance, node);
          const parent = at(s.parent, node);
          if (node === 0) return distance === 0 && parent === 0;
          if (distance === far) return parent === node && neighbours(s, node).every((other) => at(s.distance, other) === far);
          return neighbours(s, node).includes(parent) && distance === at(s.distance, parent) + 1;
        }),
      },
    },
    deadlock: isDone,
  });
}
