// Backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). The jitter is computed from
// the id and the attempt, so a machine needs no chance and a rerun waits as long.
import { hash128 } from "./hash.ts";

interface Backoff {
  /** The bound of the first delay. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How often and when a transient failure is tried again. */
export interface RetryPolicy extends Backoff {
  /** Runs before a transient failure becomes a dead letter. */
  readonly maxAttempts: number;
}

/** The delay before attempt `attempt + 1`: uniform in [0, min(maxMs, baseMs * 2^(attempt - 1))], and at least `floorMs`. */
export function backoffMs(backoff: Backoff, id: string, attempt: number, floorMs: number | null): number {
  const bound = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt - 1, 40));
  const fraction = hash128(`${id}\u0000${String(attempt)}`)[0] / 0x1_0000_0000;
  return Math.max(Math.round(bound * fraction), floorMs ?? 0);
}
