// What is explored, as the explorer sees it: states it never looks into, how they follow on each other, and what must hold of them. A
// model of plain TypeScript, an application under faults and the engine's own machines each give one of these; nothing here explores.

import type { Tale } from "./report.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/** Receives the transitions out of one state. `detail` says which of the action's cases this is (an id, a fault): for traces only. */
export type Transitions<State> = (action: number, next: State, detail?: unknown) => void;

/** A fingerprint: two words of 32 bits, or four where 128 bits are asked for. Its length says which. */
export type Words = Uint32Array;

export interface Space<State> {
  /** The kinds of transitions; a transition names its kind by the index here. */
  readonly actions: readonly string[];
  initials(): Iterable<State>;
  /**
   * Tells every transition out of `state`, in the same order each time. Returns nothing where nothing had to be awaited: an explorer
   * awaits only what is a promise. Must not change `state`.
   */
  expand(state: State, to: Transitions<State>): void | Promise<void>;
  /**
   * Fills `into` with the fingerprint of the state (of its orbit's representative, where there is symmetry): equal states, equal words.
   * Each word is a hash of its own, and another `seed` (32 bits) gives another one throughout, not the same one mixed at the end.
   */
  fingerprint(state: State, into: Words, seed: number): void;
  /** Whether two states are equal: only where fingerprints do not say, because they stand for orbits. */
  sameState?(one: State, other: State): boolean;
  /** Makes a codec: a state as bytes and back, where a space has a form that is smaller than its objects: for frontiers that outgrow memory. */
  codec?(): StateCodec<State>;
  /** The action whose code ran last (index), so that it can be named when it throws; null: none, or unknown. */
  running?(): number | null;
  /** Which action changes the state that it is given (index), when one was seen to; null: unknown. May change the state doing so. */
  changer?(state: State): number | null;
}

export interface StateCodec<State> {
  /** Appends the state to `to`. */
  write(state: State, to: ByteWriter): void;
  /** Takes exactly what `write` appended, from where `from` stands. */
  read(from: ByteReader): State;
  /** What it has met and numbered so far, for another codec that is to read its bytes: anything comparable by structure. */
  learnt?(): unknown;
  /** The same, but only what is new since this was last asked; null: nothing. */
  news?(): unknown;
  /** Takes over what another one has learnt, then its news in their order: reads that one's bytes from then on, and writes none itself. */
  learn?(learnt: unknown): void;
}

/** Must hold in every state that is reached. `when` is where it says anything at all: an invariant whose `when` is never true is vacuous. */
export interface Invariant<State> {
  readonly name: string;
  readonly holds: (state: State) => boolean;
  readonly when?: (state: State) => boolean;
}

/** Must hold of every transition that changes the state. */
export interface StepProperty<State> {
  readonly name: string;
  readonly holds: (before: State, after: State, action: string) => boolean;
}

/** Must be true of some state: a witness that the model can do what it is for. */
export interface Witness<State> {
  readonly name: string;
  readonly holds: (state: State) => boolean;
}

/** Must hold of every fair infinite run; a run may stutter for ever wherever fairness does not forbid it. */
export type TemporalProperty<State> =
  | { readonly kind: "eventually" | "alwaysEventually" | "eventuallyAlways"; readonly name: string; readonly goal: (state: State) => boolean }
  | { readonly kind: "leadsTo"; readonly name: string; readonly from: (state: State) => boolean; readonly goal: (state: State) => boolean };

/** Actions (indices) whose cases are treated fairly each for itself: transitions of which `of` says the same, given their detail, are one. */
export interface FairCases {
  readonly actions: readonly number[];
  readonly of: (detail: unknown) => string | number;
}

/**
 * Each entry is a set of actions (indices) that is treated fairly as one, or as one per case: weakly, what stays enabled is taken at last;
 * strongly, what is enabled again and again is. Only transitions that change the state count.
 */
export interface Fairness {
  readonly weak: readonly (readonly number[] | FairCases)[];
  readonly strong: readonly (readonly number[] | FairCases)[];
}

export interface Properties<State> {
  readonly invariants: readonly Invariant<State>[];
  readonly steps: readonly StepProperty<State>[];
  readonly witnesses: readonly Witness<State>[];
  readonly temporal: readonly TemporalProperty<State>[];
  readonly fairness: Fairness;
  /** Whether a state without any transition is a defect: never, or unless it is `done`. A transition to the same state counts as one. */
  readonly deadlock: "allowed" | { readonly done: (state: State) => boolean };
  /** States outside are generated and judged, and neither stored nor followed. */
  readonly constraint: ((state: State) => boolean) | null;
  /** Transitions outside are generated, and their ends are neither judged, stored nor followed. */
  readonly stepConstraint: ((before: State, after: State) => boolean) | null;
}

/** What an audit found: the property that is named in the trace, and why, in one sentence. */
export interface Audited {
  readonly property: string;
  readonly reason: string;
}

/** Everything an exploration needs. */
export interface Subject<State> {
  readonly name: string;
  readonly space: Space<State>;
  readonly properties: Properties<State>;
  /** What it is made of, part by part, as text: by it two subjects are told apart, and what differs can be named. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Why several threads cannot explore it; absent: they can. */
  readonly oneThread?: string;
  /** What the verdict rests on, in words: fairness that was assumed, a constraint, what was declared opaque. */
  readonly assumptions: readonly string[];
  /** One state for people, as plain data. */
  show(state: State): unknown;
  /** One transition for people; without it, actions are all there is to tell. */
  tell?(action: string, detail: unknown): Tale;
  /** Looks thoroughly at a sample of the states, after they were expanded: what it finds ends the search with the verdict `error`. */
  audit?(state: State): Promise<Audited | null>;
}
