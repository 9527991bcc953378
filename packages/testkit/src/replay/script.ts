// A counterexample as a script: which message, call or timer moves next, and what goes wrong with it. Plain data, so that it can stand in a
// test file; what it is played on is found by names. It holds no state of the world: that follows from the services.
import type { Envelope } from "@evenkeel/core";

export interface ReplayScript {
  /** The name of the scenario that it was found in. */
  readonly scenario: string;
  /** What broke: the name of one of the scenario's `invariants`, `eventually` or `steps`. */
  readonly property: string;
  readonly steps: readonly ReplayStep[];
}

/** A message of the log, found by its name in the line of its key; no tenant: the default one. */
export interface ScriptedMessage { readonly name: string; readonly key: string; readonly tenant?: string }

/** A call, found by its operation and business key; no tenant: the default one. */
export interface ScriptedCall { readonly service: string; readonly operation: string; readonly key: string; readonly tenant?: string }

/**
 * How an attempt ends. `ok` or a declared failure: the provider answers so. `notPerformed`: certainly not. All others: nobody answers, and the
 * effect has happened (`unknown-applied`), has not (`unknown-not-applied`), or is on its way, with a provider that knows of it when it is
 * asked (`late-applied`) or denies it (`late-denied`).
 */
export type ScriptedEnd = string;

export type ReplayStep = {
  /** The step for people. */
  readonly says: string;
  /** The step's kind as properties of steps are told it. */
  readonly action: string;
} & (
  /** Published at the door. `stimulus`: its place in the scenario's `when`. `again`: it was there before. */
  | { readonly does: "arrives"; readonly message: Omit<Envelope, "partition">; readonly stimulus: number; readonly again: boolean }
  /** `version`: 0 is the service itself, others stand in the scenario's `versions`. */
  | { readonly does: "handles"; readonly service: string; readonly version: number; readonly message: ScriptedMessage }
  /** The message kills every worker that handles it. */
  | { readonly does: "is killed"; readonly service: string; readonly message: ScriptedMessage }
  | { readonly does: "is redriven"; readonly service: string; readonly message: ScriptedMessage }
  /** `dies`: the worker dies before it hears how the attempt ended. */
  | { readonly does: "performs"; readonly call: ScriptedCall; readonly end: ScriptedEnd; readonly dies: boolean }
  | { readonly does: "asks"; readonly call: ScriptedCall }
  /** Asked at its deadline, the provider still says nothing. */
  | { readonly does: "gives up"; readonly call: ScriptedCall }
  /** An effect that was on its way happens. */
  | { readonly does: "lands"; readonly call: Omit<ScriptedCall, "service"> }
  /** `body` tells timers of one name and key apart; where none has it, the first one fires. */
  | { readonly does: "fires"; readonly message: ScriptedMessage & { readonly body?: string } }
);
