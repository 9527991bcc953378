// Strongly connected components of a part of the behaviour graph, without recursion: Tarjan (1972) in the form of Pearce (2016, "A
// space-efficient algorithm for finding strongly connected components"), which needs one number per state. It only finds them.
import type { BehaviourGraph } from "./graph.ts";
import { OUTSIDE } from "./graph.ts";

interface ComponentSearch {
  /**
   * Tells each component of the part of the graph that consists of `members` and the edges between them; `owner` has `mark` for exactly
   * these states. A component is `stack[from .. to)`, to be read at once: the stack is used on. Whoever is told may give its states
   * another owner.
   */
  search(members: Uint32Array, owner: Uint32Array, mark: number, found: (stack: Uint32Array, from: number, to: number) => void): void;
}

/** Searches over one graph; they share their memory (16 bytes per state), so one may only begin when the one before has ended. */
export function componentSearch(graph: BehaviourGraph): ComponentSearch {
  // Per state: 0 unseen; while it is open, its order or that of an earlier state it leads back to; when closed, more than any order.
  const order = new Uint32Array(graph.size);
  const path = new Uint32Array(graph.size); // the states that are being visited, outermost first
  const cursor = new Uint32Array(graph.size); // the next edge of each state on the path
  const earliest = new Uint8Array(graph.size); // per place on the path: it leads back to nothing earlier, as far as is known
  const stack = new Uint32Array(graph.size);

  return {
    search(members, owner, mark, found) {
      for (const state of members) order[state] = 0;
      let closed = OUTSIDE;
      let next = 1;
      let top = 0;
      for (const root of members) {
        if (order[root] !== 0) continue;
        let depth = 0;
        const enter = (state: number): void => {
          path[depth] = state;
          cursor[depth] = graph.first(state);
          earliest[depth] = 1;
          order[state] = next;
          next += 1;
          depth += 1;
        };
        enter(root);
        while (depth > 0) {
          const at = depth - 1;
          const state = path[at] ?? 0;
          const edge = cursor[at] ?? 0;
          if (edge < graph.end(state)) {
            const target = graph.target(edge);
            if (target === OUTSIDE || owner[target] !== mark) cursor[at] = edge + 1;
            else if (order[target] === 0) enter(target); // the edge is looked at again when that state is done
            else {
              cursor[at] = edge + 1;
              const reached = order[target] ?? 0;
              if (reached < (order[state] ?? 0)) {
                order[state] = reached;
                earliest[at] = 0;
              }
            }
            continue;
          }
          depth -= 1;
          stack[top] = state;
          top += 1;
          if (earliest[at] === 0) continue;
          const own = order[state] ?? 0;
          let from = top - 1;
          while (from > 0 && own <= (order[stack[from - 1] ?? 0] ?? 0)) from -= 1;
          for (let place = from; place < top; place += 1) order[stack[place] ?? 0] = closed;
          closed -= 1;
          next -= top - from;
          found(stack, from, top);
          top = from;
        }
      }
    },
  };
}
