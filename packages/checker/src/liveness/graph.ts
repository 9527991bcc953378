// The behaviour graph: which state leads to which by what action, kept in columns of numbers while a space is explored (compressed rows:
// 6 bytes per edge, 8 per state, no object per edge). It holds what was seen and knows what was not; it judges nothing.
import { bits, column } from "./columns.ts";

/** The target of a transition whose end is not in the graph because a constraint left it out. */
export const OUTSIDE = 0xffff_ffff;

export interface BehaviourGraph {
  /** States are the numbers below this. */
  readonly size: number;
  /** The initial states. */
  readonly initials: readonly number[];
  /** The number of the first edge out of a state, and the number after its last one. */
  first(state: number): number;
  end(state: number): number;
  target(edge: number): number;
  action(edge: number): number;
  /** False: nothing is known of what follows, so that nothing may be concluded from the absence of edges. */
  expanded(state: number): boolean;
  /** Whether every state is expanded and no transition leads outside. */
  readonly complete: boolean;
}

export interface GraphRecorder {
  readonly graph: BehaviourGraph;
  /** A state that was stored. Numbers are dense; the order is free. */
  state(state: number, initial: boolean): void;
  /**
   * A transition; those out of one state come one after the other. One to the same state changes nothing: it is left out, since any run may
   * stutter anyway.
   */
  transition(from: number, to: number, action: number): void;
  /** A transition that changes the state and ends outside: it makes its action enabled and is followed by nothing. */
  left(from: number, action: number): void;
  /** All transitions out of a state were told. */
  expanded(state: number): void;
}

/** An empty graph that grows. Actions are numbers below 65,536. */
export function graphRecorder(): GraphRecorder {
  const firsts = column(32);
  const ends = column(32);
  const targets = column(32);
  const actions = column(16);
  const known = bits();
  const initials: number[] = [];
  let size = 0;
  let expanded = 0;
  let leftOut = false;

  const push = (from: number, to: number, action: number): void => {
    if (ends.at(from) === 0) firsts.put(from, targets.length);
    targets.push(to);
    actions.push(action);
    ends.put(from, targets.length);
  };
  const graph: BehaviourGraph = {
    get size() {
      return size;
    },
    initials,
    first: firsts.at,
    end: ends.at,
    target: targets.at,
    action: actions.at,
    expanded: known.has,
    get complete() {
      return !leftOut && expanded === size;
    },
  };
  return {
    graph,
    state: (state, initial) => {
      if (state >= size) size = state + 1;
      if (initial) initials.push(state);
    },
    transition: (from, to, action) => {
      if (to !== from) push(from, to, action);
    },
    left: (from, action) => {
      leftOut = true;
      push(from, OUTSIDE, action);
    },
    expanded: (state) => {
      if (!known.has(state)) expanded += 1;
      known.add(state);
    },
  };
}
