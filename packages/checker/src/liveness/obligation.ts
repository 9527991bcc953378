// A temporal property as the runs that break it: where an obligation arises, and which states leave it open. What comes of it is decided
// elsewhere: an endless fair run that leaves one open breaks the property.
import type { BehaviourGraph } from "./graph.ts";
import { OUTSIDE } from "./graph.ts";

export interface Obligation {
  /** It may arise in any state that is reached; else in initial states only. */
  readonly anywhere: boolean;
  arises(state: number): boolean;
  /** The states that leave it open. */
  open(state: number): boolean;
  /** What such a run comes to again and again; null: nothing in particular. */
  readonly visiting: ((state: number) => boolean) | null;
}

type Test = (state: number) => boolean;

/** `from` matters to `leadsTo` alone. Definitions: Lamport, "The temporal logic of actions" (1994). */
export function obligationOf(kind: "eventually" | "alwaysEventually" | "eventuallyAlways" | "leadsTo", goal: Test, from: Test): Obligation {
  const missing: Test = (state) => !goal(state);
  const always: Test = () => true;
  switch (kind) {
    case "eventually":
      return { anywhere: false, arises: missing, open: missing, visiting: null };
    case "alwaysEventually":
      return { anywhere: true, arises: missing, open: missing, visiting: null };
    case "eventuallyAlways":
      return { anywhere: true, arises: always, open: always, visiting: missing };
    case "leadsTo":
      return { anywhere: true, arises: (state) => from(state) && missing(state), open: missing, visiting: null };
  }
}

/** The states in which a run can be with the obligation open: from where it arises, through what leaves it open. */
export function openRegion(graph: BehaviourGraph, obligation: Obligation): Test {
  const reached = new Uint8Array(graph.size);
  const queue = new Uint32Array(graph.size);
  let length = 0;
  const add = (state: number): void => {
    if (reached[state] === 1) return;
    reached[state] = 1;
    queue[length++] = state;
  };
  if (obligation.anywhere) for (let state = 0; state < graph.size; state += 1) if (obligation.arises(state)) add(state);
  if (!obligation.anywhere) for (const state of graph.initials) if (obligation.arises(state)) add(state);
  for (let next = 0; next < length; next += 1) {
    const state = queue[next] ?? 0;
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) {
      const target = graph.target(edge);
      if (target !== OUTSIDE && obligation.open(target)) add(target);
    }
  }
  return (state) => reached[state] === 1;
}
