// Why a search ended before its queue was empty. Data only.
import type { Verdict } from "../report.ts";

/** Where something was found: at a stored state, or at the end of a transition out of it. */
export interface Place {
  /** A stored state; null: before any, at an initial state. */
  readonly id: number | null;
  /** The ordinal of the transition out of `id` (of the initial state, where `id` is null) that led there; null: at `id` itself. */
  readonly ordinal: number | null;
}

export interface Finding {
  readonly verdict: Exclude<Verdict, "pass" | "vacuous" | "bounded">;
  /** The property that breaks, "deadlock", or what threw. */
  readonly property: string;
  readonly reason: string;
  readonly place: Place;
}
