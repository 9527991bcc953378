// Counts of calls over the newest stretch of time, in buckets: plain data, changed in place by these functions alone. It counts and does
// not judge; it reads no clock.

export interface RollingWindow {
  readonly bucketMs: number;
  /** By bucket number modulo their count. */
  readonly calls: number[];
  readonly failures: number[];
  readonly slow: number[];
  /** The number of the newest bucket: time divided by the length of a bucket. */
  newest: number;
}

/** What a stretch of the window holds. */
export interface Tally {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export function newRollingWindow(windowMs: number, buckets: number): RollingWindow {
  const zeros = (): number[] => Array.from({ length: buckets }, () => 0);
  return { bucketMs: windowMs / buckets, calls: zeros(), failures: zeros(), slow: zeros(), newest: 0 };
}

export function copyRollingWindow(window: RollingWindow): RollingWindow {
  const { bucketMs, calls, failures, slow, newest } = window;
  return { bucketMs, calls: calls.slice(), failures: failures.slice(), slow: slow.slice(), newest };
}

export function clearRollingWindow(window: RollingWindow): void {
  window.calls.fill(0);
  window.failures.fill(0);
  window.slow.fill(0);
}

export function count(window: RollingWindow, nowMs: number, failed: boolean, slow: boolean): void {
  advance(window, nowMs);
  const place = window.newest % window.calls.length;
  add(window.calls, place);
  if (failed) add(window.failures, place);
  if (slow) add(window.slow, place);
}

/** The shortest stretch of whole buckets that ends now and holds at least `minimum` calls; null when all of the window holds fewer. */
export function newestStretch(window: RollingWindow, nowMs: number, minimum: number): Tally | null {
  advance(window, nowMs);
  const { length } = window.calls;
  let calls = 0, failures = 0, slow = 0;
  for (let back = 0; back < length; back++) {
    const place = (window.newest - back + length) % length;
    calls += window.calls[place] ?? 0;
    failures += window.failures[place] ?? 0;
    slow += window.slow[place] ?? 0;
    if (calls >= minimum) return { calls, failures, slow };
  }
  return null;
}

function advance(window: RollingWindow, nowMs: number): void {
  const bucket = Math.floor(nowMs / window.bucketMs);
  const { length } = window.calls;
  const steps = Math.min(bucket - window.newest, length);
  for (let step = 1; step <= steps; step++) {
    const place = (window.newest + step) % length;
    window.calls[place] = 0;
    window.failures[place] = 0;
    window.slow[place] = 0;
  }
  // After a jump over the whole window every bucket is zero, wherever it stands.
  if (bucket > window.newest) window.newest = bucket;
}

function add(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}
