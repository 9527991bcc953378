// A bulkhead: so many calls at once, so many that wait in order, and no more. Plain data, changed in place by these functions alone. It
// knows no time: who waits too long is taken out by its caller.

export interface BulkheadSettings {
  /** Calls under way at once. Default 16. */
  readonly concurrency: number;
  /** Calls that wait for room; beyond, a call is refused at once. Default 64. */
  readonly queue: number;
}

export const DEFAULT_BULKHEAD: BulkheadSettings = { concurrency: 16, queue: 64 };

export interface Bulkhead<W> {
  active: number;
  /** In the order they came: a set keeps it, and lets one in the middle go. */
  readonly waiting: Set<W>;
}

export function newBulkhead<W>(): Bulkhead<W> {
  return { active: 0, waiting: new Set() };
}

/** Whether a call may begin now; then it counts until {@link leave}. Nobody overtakes those who wait. */
export function enter<W>(bulkhead: Bulkhead<W>, settings: BulkheadSettings): boolean {
  if (bulkhead.active >= settings.concurrency || bulkhead.waiting.size > 0) return false;
  bulkhead.active++;
  return true;
}

/** Has a call wait; false: the queue is full. */
export function queueUp<W>(bulkhead: Bulkhead<W>, settings: BulkheadSettings, waiter: W): boolean {
  if (bulkhead.waiting.size >= settings.queue) return false;
  bulkhead.waiting.add(waiter);
  return true;
}

/** Takes one that waits out of the queue; false: it does not wait any more. */
export function giveUp<W>(bulkhead: Bulkhead<W>, waiter: W): boolean {
  return bulkhead.waiting.delete(waiter);
}

/** A call has ended. Returns the one that takes its place and counts from now on, or null. */
export function leave<W>(bulkhead: Bulkhead<W>): W | null {
  for (const next of bulkhead.waiting) {
    bulkhead.waiting.delete(next);
    return next;
  }
  bulkhead.active--;
  return null;
}
