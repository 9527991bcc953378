// What a model is written as: plain functions over plain data. Types only.

/** Hands over one successor. `detail` says which of the action's cases it is (an id, a choice): it is shown in traces and compared by nothing. */
export type Next<State> = (state: State, detail?: unknown) => void;

/** Calls `next` once for every successor, and not at all where the action cannot happen. Never changes `state`. */
export type Action<State> = (state: State, next: Next<State>) => void;

export type Predicate<State> = (state: State) => boolean;

/** Must hold in every state; with `when`, in those where it says anything: one whose `when` is never true makes the verdict `vacuous`. */
export type InvariantDefinition<State> = Predicate<State> | { readonly when: Predicate<State>; readonly then: Predicate<State> };

/**
 * `"serve"`: that something is served. `["serve", "wait"]`: that one of the two happens. `{ action: "serve", each: (detail) => String(detail) }`:
 * that each is served, where the action calls `next(state, id)`; `each` says which case a transition is by the detail that it was told with.
 */
export type FairnessEntry<ActionName extends string> =
  | ActionName
  | readonly ActionName[]
  | { readonly action: ActionName | readonly ActionName[]; readonly each: (detail: unknown) => string | number };

export interface ModelDefinition<State, ActionName extends string = string> {
  readonly name: string;
  /** The states it may begin in. */
  readonly init: readonly State[] | (() => Iterable<State>);
  /** In the order in which they are tried: among equally short counterexamples the first one is shown. */
  readonly actions: { readonly [Name in ActionName]: Action<NoInfer<State>> };
  readonly invariants?: Readonly<Record<string, InvariantDefinition<NoInfer<State>>>>;
  /** Must hold of every transition that changes the state. */
  readonly steps?: Readonly<Record<string, (before: NoInfer<State>, after: NoInfer<State>, action: ActionName) => boolean>>;
  /** Must be true of some state: a witness that the model can do what it is for. */
  readonly sometimes?: Readonly<Record<string, Predicate<NoInfer<State>>>>;
  /** Every fair run reaches such a state. */
  readonly eventually?: Readonly<Record<string, Predicate<NoInfer<State>>>>;
  /** Every fair run reaches such states again and again. */
  readonly alwaysEventually?: Readonly<Record<string, Predicate<NoInfer<State>>>>;
  /** Every fair run is in such states from some point on. */
  readonly eventuallyAlways?: Readonly<Record<string, Predicate<NoInfer<State>>>>;
  /** On every fair run, after a state of `from` comes one of `to` (or it is one itself). */
  readonly leadsTo?: Readonly<Record<string, { readonly from: Predicate<NoInfer<State>>; readonly to: Predicate<NoInfer<State>> }>>;
  /**
   * Which runs count. An entry is an action, several that are treated as one, or one (or several) of which each case is treated for itself.
   * Weak: what stays possible happens; strong: what is possible again and again does.
   */
  readonly fairness?: {
    readonly weak?: readonly FairnessEntry<NoInfer<ActionName>>[];
    readonly strong?: readonly FairnessEntry<NoInfer<ActionName>>[];
  };
  /** Where it may end. Default: nowhere, a state without successors is a deadlock. A transition to the same state is a successor. */
  readonly deadlock?: "allowed" | Predicate<NoInfer<State>>;
  /** States outside are judged and not followed. */
  readonly constraint?: Predicate<NoInfer<State>>;
  /** Transitions outside are left out, and so are their ends unless another way leads there. */
  readonly stepConstraint?: (before: NoInfer<State>, after: NoInfer<State>) => boolean;
  /**
   * What states are told apart by (TLC calls it VIEW): two with the same view count as one, and the first that is met is followed. Only for
   * what changes nothing that can happen and nothing that is asked, such as a history that is kept for people: nobody checks that, and a view
   * that leaves out more hides states. Not together with temporal properties or symmetry.
   */
  readonly view?: (state: NoInfer<State>) => unknown;
  /**
   * Sets of interchangeable strings, wherever a whole one occurs in a state: as a value, a key, an element. States that differ only in which is
   * which count once. Actions and properties must treat the strings of a set alike: a sample of the states is held against that, and a breach is
   * the verdict `error`. Not together with temporal properties.
   */
  readonly symmetry?: readonly (readonly string[])[];
}
