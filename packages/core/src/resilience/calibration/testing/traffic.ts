// Traffic for tests, in virtual time: calls that come by chance at a given pace, fail singly, and go through outages of three kinds. The same
// seed makes the same calls.
import type { CallOutcome } from "../call-outcome.ts";

interface PlantedOutage {
  readonly fromMs: number;
  readonly toMs: number;
  /** `refuses`: fails at once; `hangs`: ends at the caller's timeout; `crawls`: answers after twenty times as long. */
  readonly kind: "refuses" | "hangs" | "crawls";
  /** Which share of its calls is struck. Default: all. */
  readonly share?: number;
}

interface Traffic {
  readonly seed: number;
  readonly calls: number;
  readonly perSecond: number;
  /** The share of transient errors. */
  readonly errors?: number;
  readonly timeoutMs?: number;
  readonly outages?: readonly PlantedOutage[];
  /** Half of the answers take less. Default 80 ms. */
  readonly medianMs?: number;
}

/** Mulberry32 (Tommy Ettinger): chance that a seed repeats. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** In the order of their begins. Durations are log-normal: 99 % of them take at most 3.2 times the median. */
export function* traffic({ seed, calls, perSecond, errors = 0, timeoutMs = 2_000, outages = [], medianMs = 80 }: Traffic): Generator<CallOutcome> {
  const next = chance(seed);
  let atMs = 0;
  for (let index = 0; index < calls; index++) {
    atMs += -Math.log(1 - next()) * (1_000 / perSecond);
    const durationMs = medianMs * Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
    const failed = next() < errors;
    const outage = outages.find((one) => atMs >= one.fromMs && atMs < one.toMs);
    const struck = outage !== undefined && next() < (outage.share ?? 1);
    if (struck && outage.kind === "refuses") yield { atMs, durationMs: 3, verdict: "failure" };
    else if (struck && outage.kind === "hangs") yield { atMs, durationMs: timeoutMs, verdict: "timeout" };
    else if (struck) yield answer(atMs, durationMs * 20, timeoutMs);
    else if (failed) yield { atMs, durationMs: Math.min(timeoutMs, durationMs), verdict: "failure" };
    else yield answer(atMs, durationMs, timeoutMs);
  }
}

function answer(atMs: number, durationMs: number, timeoutMs: number): CallOutcome {
  return durationMs >= timeoutMs ? { atMs, durationMs: timeoutMs, verdict: "timeout" } : { atMs, durationMs, verdict: "answer" };
}
