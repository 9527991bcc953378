// The material all contestants work on: a function of the message's number, so that any process can make or check it.
import type { FoldEvent, FoldTotal, Payload } from "./contract.ts";

const note = "a short remark of about sixty bytes, as an order might hold";

export const payloadOf = (n: number): Payload => ({ id: n, note });

/** Spreads consecutive numbers over the keys, so that one append touches keys in no helpful order. */
export const foldEventOf = (n: number, keys: number): FoldEvent => ({
  key: `key-${(Math.imul(n, 2654435761) >>> 0) % keys}`,
  amount: (n % 97) + 1,
});

/** What the totals must be in the end; throws with the first key that is wrong. */
export function checkTotals(found: readonly FoldTotal[], count: number, keys: number): void {
  const expected = new Map<string, { count: number; total: number }>();
  for (let n = 0; n < count; n++) {
    const { key, amount } = foldEventOf(n, keys);
    const sum = expected.get(key) ?? { count: 0, total: 0 };
    sum.count += 1;
    sum.total += amount;
    expected.set(key, sum);
  }
  const seen = new Map(found.filter((t) => t.count > 0).map((t) => [t.key, t]));
  for (const [key, want] of expected) {
    const got = seen.get(key);
    if (got?.count !== want.count || got.total !== want.total) {
      throw new Error(`${key}: expected ${want.count} events, total ${want.total}; found ${got?.count ?? 0}, ${got?.total ?? 0}`);
    }
  }
  if (seen.size !== expected.size) throw new Error(`expected ${expected.size} keys, found ${seen.size}`);
}
