// The heart of the idempotency contract: one key, one body, one effect, one answer. It knows keys that are settled and keys that
// are still being processed; it refuses to know HTTP.

export type Outcome<Kept> =
  | { readonly kind: "kept"; readonly record: Kept }
  /** The key belongs to another body. */
  | { readonly kind: "reused" }
  /** Nothing to judge: not kept, so the next request with this key is judged afresh. */
  | { readonly kind: "nothing" };

interface Operation<Body, Kept extends Body> {
  find(key: string): Kept | undefined;
  sameBody(a: Body, b: Body): boolean;
  /** Judges and keeps, durably, before it returns. */
  perform(key: string, body: Body): Kept | null;
}

export interface OnceOnly<Body, Kept> {
  /** Calls `then` when the outcome of this key is known: at once, or after `delayMs`. */
  run(key: string, body: Body, delayMs: number, then: (outcome: Outcome<Kept>) => void): void;
  /** `reused` when the key belongs to another body already, settled or not. */
  conflicts(key: string, body: Body): boolean;
  isProcessing(key: string): boolean;
  readonly processing: number;
}

/**
 * Runs an operation at most once per key.
 *
 * A second request with a key that is still processing, and the same body, *waits* for the first one and gets its answer; with
 * another body it is refused at once. (The alternative, an "in progress" error, only makes callers poll.) Processing does
 * not stop when the first caller goes away.
 */
export function onceOnly<Body, Kept extends Body>(operation: Operation<Body, Kept>): OnceOnly<Body, Kept> {
  const claims = new Map<string, { readonly body: Body; readonly waiting: ((outcome: Outcome<Kept>) => void)[] }>();

  function settle(key: string, body: Body): Outcome<Kept> {
    const settled = operation.find(key);
    if (settled !== undefined) return operation.sameBody(settled, body) ? { kind: "kept", record: settled } : { kind: "reused" };
    const record = operation.perform(key, body);
    return record === null ? { kind: "nothing" } : { kind: "kept", record };
  }

  return {
    run(key, body, delayMs, then) {
      const claim = claims.get(key);
      if (claim !== undefined) {
        if (operation.sameBody(claim.body, body)) claim.waiting.push(then);
        else then({ kind: "reused" });
      } else if (delayMs === 0) {
        then(settle(key, body));
      } else {
        const own = { body, waiting: [then] };
        claims.set(key, own);
        setTimeout(() => {
          claims.delete(key);
          const outcome = settle(key, body);
          for (const waiting of own.waiting) waiting(outcome);
        }, delayMs);
      }
    },
    conflicts(key, body) {
      const known = operation.find(key) ?? claims.get(key)?.body;
      return known !== undefined && !operation.sameBody(known, body);
    },
    isProcessing: (key) => claims.has(key),
    get processing() {
      return claims.size;
    },
  };
}
