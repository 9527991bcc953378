// What a search tells to whoever needs the graph and not only its states, and how that one answers: the seam between exploring and judging
// endless runs. Declares; does nothing.

/** Told while the search goes on. All ids are those of stored states, dense from 0 in the order of their discovery. */
export interface Recorder<State> {
  /** The property whose code runs now or ran last: it is named when it throws. */
  readonly asking: string;
  /** A state was stored, under the next id. */
  stored(id: number, state: State, initial: boolean): void;
  /** A transition between stored states, `from` being expanded now; `to` may be `from`. `action` is an index of `Space.actions`. */
  transition(from: number, to: number, action: number, detail: unknown): void;
  /** A transition that changes the state and whose end was not stored, because a constraint leaves it out. */
  left(from: number, action: number, detail: unknown): void;
  /** All transitions out of a state were told. Ids that never come here were stored and not expanded. */
  expanded(id: number): void;
}

/** A run that breaks a temporal property: through these stored states one after the other, the last one leading back to `ids[backTo]`. */
export interface EndlessRun {
  readonly property: string;
  /** From any stored state on: the way to the first one is found by whoever keeps the origins. */
  readonly ids: readonly number[];
  /** Whether such a transition is one that leads to the state at `index` of `ids`, beyond the first. */
  readonly takes: (index: number, action: number, detail: unknown) => boolean;
  /** The index in `ids` that follows on the last one; the last index itself: nothing more happens (stuttering). */
  readonly backTo: number;
}

export interface TemporalConclusion {
  /** The first property that breaks. */
  readonly broken: EndlessRun | null;
  /** `checked`: it is known of every fair run whether it keeps the property; false where runs lead to what was not seen. */
  readonly checked: readonly { readonly name: string; readonly checked: boolean }[];
  /** Properties that hold because what they speak of never happens. */
  readonly idle: readonly string[];
}

/** Made for one search of a subject that has temporal properties. */
export interface TemporalJudge<State> extends Recorder<State> {
  /** Called once, after a search that found nothing else. */
  conclude(): TemporalConclusion;
}
