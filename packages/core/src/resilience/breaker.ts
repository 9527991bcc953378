// A circuit breaker: it stops calls to a dependency that fails or crawls, and lets one call at a time ask whether it has recovered. Plain
// data, changed in place by these functions alone; time comes in as an argument, jitter is computed. It performs nothing and counts no
// business answers as failures: what is a failure its caller says.
import { hash128 } from "../message/hash.ts";
import type { BreakerPhase } from "../spi/breakers.ts";
import { clearRollingWindow, copyRollingWindow, count, newestStretch, newRollingWindow, type RollingWindow, type Tally } from "./rolling-window.ts";

export interface BreakerSettings {
  /** Calls that ended longer ago count no more. Default 10,000 ms. */
  readonly windowMs: number;
  /** The window is counted in so many buckets. Default 10. Each counts as a whole: let none be longer than a second, or outages are noticed later. */
  readonly buckets: number;
  /** The rates are those of the newest calls, at least this many; with fewer in the window it never opens. Default 20. */
  readonly minimumCalls: number;
  /** It opens when this share of them failed. Default 0.5. */
  readonly failureRate: number;
  /** A call that took at least this long is slow, however it ended; null: none is. Default null. */
  readonly slowMs: number | null;
  /** It opens when this share of them was slow. Default 0.8. */
  readonly slowRate: number;
  /** How long it stays open before a probe. Default 5,000 ms. */
  readonly openMs: number;
  /** Up to this share is added to `openMs`, different each time, so that workers do not probe together. Default 0.2. */
  readonly jitter: number;
  /** A probe that has not ended after this time is given up, and another call probes. Default 30,000 ms. */
  readonly probeMs: number;
}

// Window, volume, rate and time of opening are those of Hystrix, which ran at scale with them: windowMs, minimumCalls, failureRate, openMs.
export const DEFAULT_BREAKER: BreakerSettings = {
  windowMs: 10_000, buckets: 10, minimumCalls: 20, failureRate: 0.5, slowMs: null, slowRate: 0.8, openMs: 5_000, jitter: 0.2, probeMs: 30_000,
};

export interface Breaker {
  phase: BreakerPhase;
  /** Open: when a probe may go. Half open: when the probe is given up. */
  until: number;
  /** Grows with every change of phase. A call carries the era it was admitted in; what ends in another era counts no more. */
  era: number;
  /** How often it has opened. */
  opened: number;
  readonly window: RollingWindow;
}

/**
 * How a call ended. `answer`: the dependency did its part, also with a decline. `nothing`: it was taken back, and says nothing about the
 * dependency. `cutOff`: its deadline left it too little time; while closed that says nothing, and a probe has failed with it.
 */
export type Verdict = "answer" | "failure" | "nothing" | "cutOff";

export function newBreaker(settings: BreakerSettings): Breaker {
  return { phase: "closed", until: 0, era: 1, opened: 0, window: newRollingWindow(settings.windowMs, settings.buckets) };
}

export function copyBreaker(breaker: Breaker): Breaker {
  return { ...breaker, window: copyRollingWindow(breaker.window) };
}

/** Whether {@link admit} would let a call go now. */
export function isOpen(breaker: Breaker, nowMs: number): boolean {
  return breaker.phase !== "closed" && nowMs < breaker.until;
}

/**
 * Asks for one call. Returns its ticket, to be given to {@link settle}, or 0: refused until `breaker.until`. While half open exactly one
 * call has a ticket that counts: a probe that never ends is replaced at `until`, and its ticket is void then.
 */
export function admit(breaker: Breaker, settings: BreakerSettings, nowMs: number): number {
  if (breaker.phase === "closed") return breaker.era;
  if (nowMs < breaker.until) return 0;
  breaker.phase = "halfOpen";
  breaker.until = nowMs + settings.probeMs;
  return ++breaker.era;
}

/**
 * Says how an admitted call ended. Returns what it brought about. `seed` names the breaker for its jitter: the same seed opens for the
 * same times in every run.
 */
export function settle(
  breaker: Breaker, settings: BreakerSettings, seed: string, ticket: number, nowMs: number, verdict: Verdict, durationMs: number,
): "opened" | "closed" | null {
  if (ticket !== breaker.era) return null;
  const failed = verdict === "failure";
  const slow = settings.slowMs !== null && durationMs >= settings.slowMs;
  if (breaker.phase === "halfOpen") return settleProbe(breaker, settings, seed, nowMs, verdict === "nothing" ? null : verdict !== "answer" || slow);
  if (verdict === "nothing" || verdict === "cutOff") return null;
  count(breaker.window, nowMs, failed, slow);
  // Another success cannot raise a rate.
  if (!failed && !slow) return null;
  const newest = newestStretch(breaker.window, nowMs, settings.minimumCalls);
  return newest !== null && isTooMuch(newest, settings) ? open(breaker, settings, seed, nowMs) : null;
}

function settleProbe(breaker: Breaker, settings: BreakerSettings, seed: string, nowMs: number, bad: boolean | null): "opened" | "closed" | null {
  if (bad === true) return open(breaker, settings, seed, nowMs);
  if (bad === false) {
    reset(breaker);
    return "closed";
  }
  // It said nothing: the next call probes.
  breaker.phase = "open";
  breaker.until = nowMs;
  breaker.era++;
  return null;
}

function isTooMuch({ calls, failures, slow }: Tally, settings: BreakerSettings): boolean {
  return failures >= calls * settings.failureRate || (settings.slowMs !== null && slow >= calls * settings.slowRate);
}

function open(breaker: Breaker, settings: BreakerSettings, seed: string, nowMs: number): "opened" {
  breaker.opened++;
  breaker.era++;
  breaker.phase = "open";
  const fraction = hash128(`${seed}\u0000${String(breaker.opened)}`)[0] / 0x1_0000_0000;
  breaker.until = nowMs + settings.openMs * (1 + settings.jitter * fraction);
  return "opened";
}

/** Closes it and forgets what it counted; calls admitted before count no more. */
export function reset(breaker: Breaker): void {
  breaker.phase = "closed";
  breaker.until = 0;
  breaker.era++;
  clearRollingWindow(breaker.window);
}
