// The search for a fair cycle: the components of a part of the graph in which some endless run is fair, after Emerson and Lei (1987). A
// run may stutter in any state for ever, so a single state is a component, too. Enabledness is that of the whole graph, and only edges
// inside the part are taken. It does not build the run that shows it; lasso.ts does.
import { componentSearch } from "./components.ts";
import type { FairnessClasses } from "./fairness-classes.ts";
import type { BehaviourGraph } from "./graph.ts";
import { OUTSIDE } from "./graph.ts";

export interface FairComponents {
  /** Whether some fair endless run visits this state, and all others of its component, again and again. */
  isFair(state: number): boolean;
  /** Whether two states are of the same component. */
  together(one: number, other: number): boolean;
  readonly found: boolean;
}

interface FairSearch {
  /**
   * @param within the states a run may use; those whose successors are unknown are never used
   * @param visiting the run must come to one of these again and again; null: any
   */
  search(within: (state: number) => boolean, visiting: ((state: number) => boolean) | null): FairComponents;
}

export function fairSearch(graph: BehaviourGraph, classes: FairnessClasses, acyclic: boolean): FairSearch {
  let shared: ReturnType<typeof componentSearch> | null = null;
  const enabled = new Uint32Array(classes.words);

  const enabledIn = (state: number): Uint32Array => {
    enabled.fill(0);
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) classes.include(graph.action(edge), enabled);
    return enabled;
  };

  return {
    search(within, visiting) {
      // The part or component that a state is in now; 0: none.
      const owner = new Uint32Array(graph.size);
      const fair = new Uint8Array(graph.size);
      let found = false;
      let last = 1;
      const fresh = (): number => (last += 1);
      const whole = new Uint32Array(graph.size);
      let count = 0;
      for (let state = 0; state < graph.size; state += 1) {
        if (!graph.expanded(state) || !within(state)) continue;
        owner[state] = 1;
        whole[count++] = state;
      }
      const region = whole.subarray(0, count);
      const parts: { members: Uint32Array; mark: number }[] = [];
      const everywhere = new Uint32Array(classes.words);
      const somewhere = new Uint32Array(classes.words);
      const inside = new Uint32Array(classes.words);

      const judge = (stack: Uint32Array, from: number, to: number): void => {
        const own = fresh();
        everywhere.fill(0xffff_ffff);
        somewhere.fill(0);
        inside.fill(0);
        let visits = visiting === null;
        let weaklyUnfair = false;
        let stronglyUnfair = false;
        for (let place = from; place < to; place += 1) owner[stack[place] ?? 0] = own;
        for (let place = from; place < to; place += 1) {
          const state = stack[place] ?? 0;
          if (visiting !== null && !visits) visits = visiting(state);
          const here = enabledIn(state);
          for (let word = 0; word < classes.words; word += 1) {
            everywhere[word] = (everywhere[word] ?? 0) & (here[word] ?? 0);
            somewhere[word] = (somewhere[word] ?? 0) | (here[word] ?? 0);
          }
          for (let edge = graph.first(state); edge < graph.end(state); edge += 1) {
            const target = graph.target(edge);
            if (target !== OUTSIDE && owner[target] === own) classes.include(graph.action(edge), inside);
          }
        }
        if (!visits) return;
        const avoid = new Uint32Array(classes.words);
        for (let word = 0; word < classes.words; word += 1) {
          const missing = ~(inside[word] ?? 0);
          if (((everywhere[word] ?? 0) & missing & (classes.weak[word] ?? 0)) !== 0) weaklyUnfair = true;
          avoid[word] = (somewhere[word] ?? 0) & missing & (classes.strong[word] ?? 0);
          if (avoid[word] !== 0) stronglyUnfair = true;
        }
        if (weaklyUnfair) return; // in every part of it, too: what is enabled everywhere is not taken anywhere
        if (!stronglyUnfair) {
          for (let place = from; place < to; place += 1) fair[stack[place] ?? 0] = 1;
          found = true;
          return;
        }
        const kept: number[] = [];
        for (let place = from; place < to; place += 1) {
          const state = stack[place] ?? 0;
          const here = enabledIn(state);
          if (here.every((word, index) => (word & (avoid[index] ?? 0)) === 0)) kept.push(state);
        }
        if (kept.length === 0) return;
        const mark = fresh();
        for (const state of kept) owner[state] = mark;
        parts.push({ members: Uint32Array.from(kept), mark });
      };

      if (acyclic) {
        for (let place = 0; place < region.length; place += 1) judge(region, place, place + 1);
      } else {
        shared ??= componentSearch(graph);
        parts.push({ members: region, mark: 1 });
        for (let part = parts.pop(); part !== undefined; part = parts.pop()) shared.search(part.members, owner, part.mark, judge);
      }
      return {
        isFair: (state) => fair[state] === 1,
        together: (one, other) => owner[one] === owner[other],
        found,
      };
    },
  };
}
