// What a check explores, once its options are understood: stimuli, faults and their budgets, what the provider answers. Plain data.
import type { Mutation } from "../mutation/mutation.ts";
import type { Effect, KnownMessage } from "./contents.ts";
import type { System } from "./definitions.ts";
import type { Twins } from "./statements.ts";

/** A message that arrives at the door, at any time from the beginning on. */
export interface PlannedStimulus {
  /** One of these arrives; the choice is explored. */
  readonly variants: readonly KnownMessage[];
  /** The same, as they arrive again under an id of their own, by the number of the repeat. Empty: the door absorbs every repeat. */
  readonly repeats: readonly (readonly KnownMessage[])[];
  readonly isOptional: boolean;
  /** What may follow an effect, where it arrives because of one; null: it comes by itself. */
  readonly follows: ((effect: Effect) => KnownMessage | null) | null;
  /** The door knows it by an idempotency key, whichever variant it is. */
  readonly isKeyed: boolean;
}

/** How many of each fault one stimulus, and everything it sets in motion, may meet. */
interface Budgets {
  readonly duplicates: number;
  readonly crashes: number;
  readonly poisons: number;
  readonly redrives: number;
  readonly takeovers: number;
}

/** What may become of one attempt of a call. */
export type AttemptEnd =
  | { readonly kind: "answers"; readonly name: string }
  | { readonly kind: "notPerformed" | "unknown-applied" | "unknown-not-applied" | "late-applied" | "late-denied" };

export interface PlannedOperation {
  readonly ends: readonly AttemptEnd[];
  /** The provider never says what became of an unknown outcome. */
  readonly isSilent: boolean;
  readonly reconcile: "ask" | "repeat";
  /** JSON text of what the provider answers, by the name of the outcome. */
  readonly answer: (name: string, request: ProviderRequest) => string;
}

export interface ProviderRequest { readonly input: string; readonly key: string; readonly tenant: string }

export interface Plan {
  readonly system: System;
  readonly stimuli: readonly PlannedStimulus[];
  readonly budgets: Budgets;
  readonly operations: ReadonlyMap<string, PlannedOperation>;
  /** First attempts of a workflow's calls are held in memory. */
  readonly withoutRows: boolean;
  /** Runs of a handler that fails transiently before its message is a dead letter. */
  readonly attempts: number;
  /** Milliseconds since 1970, for ever. */
  readonly now: number;
  readonly twins: Twins;
  /** Whether the budget of a fault that made no difference comes back. Off only to show that it changes nothing. */
  readonly returnsBudgets: boolean;
  /** What is done wrong on purpose; null: nothing. */
  readonly mutation: Mutation | null;
}
