// How calls come back after a breaker has closed: one, and one more with every answer, so that what waited does not come all at once. It ends
// with the operation's full concurrency, or after a while, since a slow answer must not hold the others for long.
import type { Verdict } from "../resilience/breaker.ts";

export interface Ramp {
  /** Attempts under way at most. */
  readonly allowed: number;
  readonly until: number;
}

/** @param active attempts under way from before the breaker opened. */
export function newRamp(active: number, nowMs: number, forMs: number): Ramp {
  return { allowed: active + 1, until: nowMs + forMs };
}

export function allowedBy(ramp: Ramp | null, nowMs: number): number {
  return ramp === null || nowMs >= ramp.until ? Infinity : ramp.allowed;
}

/**
 * An attempt has ended. Doubles what is allowed about once in the time of an answer.
 * @param since whether it began since the breaker closed; else it gives back the place that was counted for it.
 */
export function climb(ramp: Ramp, verdict: Verdict, since: boolean, concurrency: number, nowMs: number): Ramp | null {
  const allowed = since ? ramp.allowed + (verdict === "answer" ? 1 : 0) : Math.max(1, ramp.allowed - 1);
  return allowed >= concurrency || nowMs >= ramp.until ? null : { ...ramp, allowed };
}
