// A deadline: the point in time, by the host's elapsed clock, at which nobody wants the result any more. It is absolute, so it goes
// through nested policies as it is, and the earliest counts. It aborts nothing: who waits is ended by its caller.

/** The earlier of what a caller gave and of `nowMs + deadlineMs`; Infinity: none. */
export function deadlineOf(nowMs: number, deadlineMs: number | null, given: number): number {
  return deadlineMs === null ? given : Math.min(given, nowMs + deadlineMs);
}

/** When an attempt that begins now ends at the latest. */
export function expiryOf(nowMs: number, timeoutMs: number | null, deadline: number): number {
  return deadlineOf(nowMs, timeoutMs, deadline);
}

/**
 * Whether an attempt that the deadline has cut off says that the dependency fails: it had at least half of the most it could have had, which
 * is its timeout or the whole time until the deadline. A caller that comes with no time left says nothing about whom it calls.
 */
export function hadItsTime(durationMs: number, timeoutMs: number | null, deadlineMs: number | null): boolean {
  const most = Math.min(timeoutMs ?? Infinity, deadlineMs ?? Infinity);
  return most === Infinity || durationMs * 2 >= most;
}
