// The endless run that shows a broken temporal property: the shortest way to a fair component, and then either nothing more, or a cycle
// that visits all that fairness asks for. Every step of it is an edge of the graph.
import type { FairComponents } from "./fair-components.ts";
import type { FairnessClasses } from "./fairness-classes.ts";
import type { BehaviourGraph } from "./graph.ts";
import type { Obligation } from "./obligation.ts";
import type { Move, Way, WaysWithin } from "./ways.ts";
import { wayToOpen, waysWithin } from "./ways.ts";

export interface Lasso extends Way {
  /** How many moves of `moves` come before the cycle; all of them: nothing more happens after the last one. */
  readonly cycleFrom: number;
}

/** Null where no initial state leads to a fair component with the obligation open. */
export function lasso(graph: BehaviourGraph, classes: FairnessClasses, obligation: Obligation, fair: FairComponents): Lasso | null {
  const way = wayToOpen(graph, obligation, fair.isFair);
  if (way === null) return null;
  const entry = way.moves.at(-1)?.state ?? way.start;
  const ways = waysWithin(graph, (state) => fair.isFair(state) && fair.together(entry, state));
  const enabled = (state: number, index: number): boolean => {
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) if (classes.has(graph.action(edge), index)) return true;
    return false;
  };
  const all = Array.from({ length: classes.count }, (_, index) => index);
  const visits = (state: number): boolean => obligation.visiting === null || obligation.visiting(state);
  const rests = (state: number): boolean => visits(state) && all.every((index) => !enabled(state, index));

  if (rests(entry)) return { ...way, cycleFrom: way.moves.length };
  const toRest = ways.to(entry, rests);
  if (toRest !== null) return { ...way, moves: [...way.moves, ...toRest], cycleFrom: way.moves.length + toRest.length };

  // What the cycle must still show: of a class, a step of it, or (weakly fair) a state in which it is not enabled.
  const missing = new Set(all.filter((index) => !(classes.isStrong(index) ? never(entry, ways, enabled, index) : !enabled(entry, index))));
  let mustVisit = !visits(entry);
  const shows = (state: number, action: number): number[] =>
    [...missing].filter((index) => classes.has(action, index) || (!classes.isStrong(index) && !enabled(state, index)));
  const cycle: Move[] = [];
  let at = entry;
  const follow = (moves: readonly Move[]): void => {
    for (const move of moves) {
      for (const index of shows(move.state, move.action)) missing.delete(index);
      if (visits(move.state)) mustVisit = false;
      cycle.push(move);
      at = move.state;
    }
  };
  while (missing.size > 0 || mustVisit) {
    const next = ways.to(at, (state, action) => (mustVisit && visits(state)) || shows(state, action).length > 0);
    if (next === null) break; // not in a fair component: it has them all
    follow(next);
  }
  if (at !== entry) follow(ways.to(at, (state) => state === entry) ?? []);
  return { start: way.start, moves: [...way.moves, ...cycle], cycleFrom: way.moves.length };
}

/** Whether a class is enabled in no state of the component. */
function never(entry: number, ways: WaysWithin, enabled: (state: number, index: number) => boolean, index: number): boolean {
  return !enabled(entry, index) && ways.to(entry, (state) => enabled(state, index)) === null;
}
