// What operators do with breakers that all workers share: see how they stand, close one, and read who did. The row is the truth for every
// worker, so a reset is done with its statement, and needs nobody to answer. Breakers of one process alone are not seen here.
import { EvenkeelError } from "../errors.ts";
import type { BreakerEntry, BreakerReset, BreakerStore } from "../spi/breakers.ts";
import type { OperatorNote } from "../operate.ts";

export interface SharedBreakers {
  /** Every shared breaker that has ever opened, by operation. One that never has is closed, and not listed. */
  list(): Promise<readonly BreakerEntry[]>;
  /**
   * Closes the breaker of an operation whatever its phase, also for workers that start later; what was counted is forgotten, and a probe under
   * way counts no more. Each worker follows at its next look (an eighth of `leaseMs`), and its calls come back one by one. Where calls still
   * fail it opens again.
   *
   * Errors: `BREAKER_NOT_FOUND`.
   *
   * @example await app.breakers.reset("card.charge", { actor: "ann", note: "the bank is back" });
   */
  reset(operation: string, note: Omit<OperatorNote, "withinMs">): Promise<BreakerReset>;
  /** Who reset what, newest first; default limit 100. */
  audit(filter?: { readonly operation?: string; readonly limit?: number }): Promise<readonly BreakerReset[]>;
}

/** @param store the part of one that it needs: a tool beside the application may have no more than this. */
export function sharedBreakers(store: Pick<BreakerStore, "listBreakers" | "resetBreaker" | "breakerResets">): SharedBreakers {
  return {
    list: () => store.listBreakers(),
    reset: async (operation, { actor, note = "" }) => {
      const reset = await store.resetBreaker({ operation, actor, note });
      if (reset !== null) return reset;
      const why = "it is not declared with `breaker: { shared: true }`, or has never opened, and then there is nothing to reset";
      throw new EvenkeelError("BREAKER_NOT_FOUND", `Operation '${operation}' has no shared breaker in the store: ${why}. List the breakers.`, { details: { operation } });
    },
    audit: ({ operation, limit = 100 } = {}) => store.breakerResets({ limit, ...(operation === undefined ? {} : { operation }) }),
  };
}
