// What an exploration found, as plain data: the verdict with its reason, the size of what was seen, what was exercised, and the shortest
// way to what is wrong. It draws no conclusions; explore/ does.

/**
 * `pass`: everything within the stated scope was seen and holds. `bounded`: what was seen holds, and a bound left some of it unseen.
 * `violated`: a property is broken. `deadlock`: nothing can happen where something should. `vacuous`: all holds, but an invariant or a
 * witness never said anything. `nondeterministic`: a state was expanded twice with different ends. `error`: the subject's code threw.
 */
export type Verdict = "pass" | "bounded" | "violated" | "deadlock" | "vacuous" | "nondeterministic" | "error";

export interface Report {
  readonly subject: string;
  readonly verdict: Verdict;
  /** Why, in one sentence for people. */
  readonly reason: string;
  readonly assumptions: readonly string[];
  /** States that differ, those outside a constraint left out. */
  readonly distinct: number;
  /** States that were produced, initial ones and repeats included, and those outside a state constraint, too. */
  readonly generated: number;
  /** States that were stored and not expanded: 0 where the verdict is `pass`. */
  readonly unexpanded: number;
  /** Levels of a breadth-first search; initial states are level 1. */
  readonly depth: number;
  /**
   * So many levels were seen whole, which is `depth` where nothing was left out: what was not seen is broken in so many steps at the earliest. 0 where
   * nobody can say so: of random runs, of reductions that a bound cut short, and where the verdict is `bounded` because runs lead out of a constraint.
   */
  readonly wholeLevels: number;
  readonly seconds: number;
  /** The probability that two states shared a fingerprint, so that one was not seen: distinct x (generated - distinct) / 2^bits. */
  readonly collisionProbability: number;
  /** The seed of the fingerprints: a suspicious pass can be repeated with another. */
  readonly seed: number;
  readonly peakMemoryBytes: number;
  readonly actions: readonly ActionCoverage[];
  readonly invariants: readonly InvariantCoverage[];
  readonly witnesses: readonly WitnessCoverage[];
  readonly temporal: readonly { readonly name: string; readonly checked: boolean }[];
  /** The shortest way to what is wrong; null where nothing is. */
  readonly trace: Trace | null;
}

export interface ActionCoverage {
  readonly name: string;
  readonly fired: number;
  /** Times it led to a state that was new. */
  readonly fresh: number;
  /** The level of the first state it led out of; null: it never fired. */
  readonly firstDepth: number | null;
}

export interface InvariantCoverage {
  readonly name: string;
  readonly evaluated: number;
  /** Times its `when` held (every time, where it has none). */
  readonly applied: number;
}

export interface WitnessCoverage {
  readonly name: string;
  /** The level of the first state that shows it; null: none does. */
  readonly depth: number | null;
}

export interface Trace {
  /** The property that breaks, or "deadlock", or what threw. */
  readonly property: string;
  readonly steps: readonly TraceStep[];
  /** For an endless run: the step (index) that follows on the last one again; the last step itself means that nothing more happens. */
  readonly backTo: number | null;
  /** The step (index) after which things could still end well; null: not known, or there was none. */
  readonly avoidableAfter: number | null;
}

export interface TraceStep {
  /** null: an initial state. */
  readonly action: string | null;
  readonly detail: unknown;
  /** The state it led to, as `Subject.show` gives it. */
  readonly state: unknown;
  /** The step for people, as `Subject.tell` gives it; null where the subject has nobody to tell of. */
  readonly tale: Tale | null;
}

/** One step of somebody. */
export interface Tale {
  /** Who acts or receives: a service, a port, the door, a worker. */
  readonly actor: string;
  /** Whom it comes from, where that is somebody else. */
  readonly from: string | null;
  /** What happens: a message's name and key, an operation and how it ended. */
  readonly what: string;
  /** What goes wrong with it, in words. */
  readonly fault: string | null;
}
