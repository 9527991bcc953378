// The world: what performs calls. The call runner asks it and never awaits anything else; who implements it may be an HTTP client,
// a test double or the checker.
import type { CallFailure, CallRecord } from "../message/call.ts";

/** What performing a call can come to. Nothing is thrown across this border. */
export type PerformResult =
  /** The effect happened; `value` is JSON text of the operation's `ok` data. */
  | { readonly kind: "ok"; readonly value: string }
  /** A declared failure: an answer of the business, not a fault. */
  | { readonly kind: "failure"; readonly name: string; readonly value: string }
  /** The effect certainly did not happen; trying again is safe, and may help but where it is `final`. */
  | { readonly kind: "notPerformed"; readonly failure: CallFailure; readonly afterMs: number | null; readonly final?: true }
  /** Nobody knows whether the effect happened. */
  | { readonly kind: "unknown"; readonly failure: CallFailure; /** The least delay before the next question. */ readonly afterMs?: number };

/** What asking for a call by its key can come to. */
export type AskResult =
  | { readonly kind: "ok"; readonly value: string }
  | { readonly kind: "failure"; readonly name: string; readonly value: string }
  /** The provider is sure that it has no such effect and never will for an earlier attempt. */
  | { readonly kind: "absent" }
  /** The provider could not say. */
  | { readonly kind: "unknown"; readonly failure: CallFailure; /** The least delay before the next question. */ readonly afterMs?: number };

/** What a world needs of an attempt's signal. Every `AbortSignal` is one. */
export interface AttemptSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface World {
  /** Performs one attempt of a call within `timeoutMs`; `signal` aborts when the lease is lost or the app stops. */
  perform(call: CallRecord, signal: AttemptSignal): Promise<PerformResult>;
  /** Asks what became of a call. */
  ask(call: CallRecord, signal: AttemptSignal): Promise<AskResult>;
}
