// What the store keeps of breakers that all workers share: one row per operation, changed only where nobody else has changed it since, read
// with the roster, and reset by operators with an audit trail. The store holds each change to the phase the row is in; when a breaker should
// open or close, the workers decide.
/** Half open: one call asks whether the dependency has recovered. */
export type BreakerPhase = "closed" | "open" | "halfOpen";

export interface BreakerStore {
  /**
   * Changes the row of an operation, if it still has the version that the caller knows and its phase allows the change: at most one of all
   * who ask succeeds. Times count from the store's clock.
   */
  changeBreaker(change: BreakerChange): Promise<BreakerChanged>;
  /** Every row, by operation. Operations whose breaker has never opened have none. */
  listBreakers(): Promise<readonly BreakerEntry[]>;
  /** Closes a breaker, whatever its phase, and records who did so. Null where the operation has no row. */
  resetBreaker(reset: Pick<BreakerReset, "operation" | "actor" | "note">): Promise<BreakerReset | null>;
  /** The audit trail, newest first. */
  breakerResets(filter: { readonly operation?: string; readonly limit: number }): Promise<readonly BreakerReset[]>;
}

/** The row as workers follow it. */
export interface BreakerRow {
  /** "port.operation". */
  readonly operation: string;
  readonly phase: BreakerPhase;
  /** Grows with every change. 0: there is no row yet, and the breaker is closed. */
  readonly version: number;
  /** Milliseconds until a probe may be claimed; half open: until the present one counts as dead. 0 and less: now. Null while closed. */
  readonly untilInMs: number | null;
  /** Who may probe now; null unless half open. */
  readonly prober: string | null;
}

/**
 * - `open`: closed, or half open by its prober; for `forMs`.
 * - `probe`: not closed, and its time has come or `by` holds the probe already; the claim lapses after `forMs`.
 * - `close`: half open, by its prober.
 * - `release`: half open, by its prober, whose probe said nothing: anybody may claim the next.
 */
export interface BreakerChange {
  readonly operation: string;
  readonly version: number;
  readonly kind: "open" | "probe" | "close" | "release";
  /** Milliseconds from the change on; of `open` and `probe`. */
  readonly forMs: number;
  readonly by: string;
}

export interface BreakerChanged {
  readonly applied: boolean;
  /** As it is now. */
  readonly row: BreakerRow;
}

export interface BreakerEntry extends BreakerRow {
  /** Since when it has been closed, or has not been. */
  readonly since: number;
  /** How often it has opened; a probe that failed counts, too. */
  readonly opened: number;
  /** How often an operator has reset it. */
  readonly resets: number;
  /** Whose change was the last: a worker and its service, or an operator. */
  readonly reporter: string;
}

export interface BreakerReset {
  readonly id: number;
  readonly operation: string;
  /** The phase it was in. */
  readonly was: BreakerPhase;
  readonly actor: string;
  readonly note: string;
  readonly resetAt: number;
}
