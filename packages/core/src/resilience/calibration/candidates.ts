// The settings that are tried: a grid around the defaults, with a slow-call threshold that the record suggests. It judges none of them.
import { DEFAULT_BREAKER, type BreakerSettings } from "../breaker.ts";
import { checkBreaker } from "../policy-options.ts";

const FAILURE_RATES = [0.3, 0.5, 0.7];
const MINIMUM_CALLS = [10, 20, 50];
const WINDOWS_MS = [5_000, 10_000, 30_000];
/**
 * A bucket counts as a whole: a longer one mixes the calls of an outage with those before it, and the breaker opens later. With buckets of three
 * seconds it took up to 2.3 s at 20 calls/s.
 */
const BUCKET_MS = 1_000;
const OPEN_MS = [2_000, 5_000, 15_000];
const SLOW_RATES = [0.5];

/** The defaults come first. */
export function candidateGrid(slowMs: number | null): readonly BreakerSettings[] {
  const slow = [{ slowMs: null, slowRate: DEFAULT_BREAKER.slowRate }, ...(slowMs === null ? [] : SLOW_RATES.map((slowRate) => ({ slowMs, slowRate })))];
  const grid = FAILURE_RATES.flatMap((failureRate) => MINIMUM_CALLS.flatMap((minimumCalls) => WINDOWS_MS.flatMap((windowMs) => {
    const buckets = bucketsOf(windowMs);
    return OPEN_MS.flatMap((openMs) => slow.map((ofSlow) => ({ ...DEFAULT_BREAKER, failureRate, minimumCalls, windowMs, buckets, openMs, ...ofSlow })));
  })));
  return [DEFAULT_BREAKER, ...grid.filter((one) => farFrom(one, DEFAULT_BREAKER) > 0)];
}

function bucketsOf(windowMs: number): number {
  return Math.max(DEFAULT_BREAKER.buckets, Math.ceil(windowMs / BUCKET_MS));
}

/** What somebody wants tried, after the defaults; throws `CONFIG_INVALID`. */
export function givenCandidates(given: readonly Partial<BreakerSettings>[]): readonly BreakerSettings[] {
  const settings = given.map((one) => ({ ...DEFAULT_BREAKER, ...one }));
  settings.forEach((one, index) => { checkBreaker(`Candidate ${String(index)}`, one); });
  return [DEFAULT_BREAKER, ...settings.filter((one) => farFrom(one, DEFAULT_BREAKER) > 0)];
}

/** How far two settings are apart: 0 when they are the same; a factor of e in one number is 1, as is a slow-call threshold more or less. */
export function farFrom(one: BreakerSettings, other: BreakerSettings): number {
  const ratio = (a: number, b: number): number => Math.abs(Math.log((a + 1e-9) / (b + 1e-9)));
  const slow = one.slowMs === null || other.slowMs === null
    ? Number(one.slowMs !== other.slowMs)
    : ratio(one.slowMs, other.slowMs) + ratio(one.slowRate, other.slowRate);
  return slow + ratio(one.failureRate, other.failureRate) + ratio(one.minimumCalls, other.minimumCalls) + ratio(one.windowMs, other.windowMs) +
    ratio(one.buckets, other.buckets) + ratio(one.openMs, other.openMs) + ratio(one.jitter, other.jitter) + ratio(one.probeMs, other.probeMs);
}
