// The provider performs an effect once per key, whoever asks and however often.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccounts } from "./accounts.ts";
import { Faults } from "./contract.ts";
import { faultPlan } from "./faultPlan.ts";
import { onceOnly, type Outcome } from "./performOnce.ts";

interface Kept { readonly pence: number; readonly number: number }
function counting(): { once: ReturnType<typeof onceOnly<{ pence: number }, Kept>>; performed: () => number } {
  const kept = new Map<string, Kept>();
  let performed = 0;
  const once = onceOnly<{ pence: number }, Kept>({
    find: (key) => kept.get(key),
    sameBody: (a, b) => a.pence === b.pence,
    perform(key, body) {
      const record = { ...body, number: (performed += 1) };
      kept.set(key, record);
      return record;
    },
  });
  return { once, performed: () => performed };
}

test("a second request with a key in processing waits for the first one's answer; another body is refused at once", async () => {
  const { once, performed } = counting();
  const outcomes: Outcome<Kept>[] = [];
  const first = new Promise<void>((resolve) => {
    once.run("k", { pence: 1 }, 20, (outcome) => {
      outcomes.push(outcome);
      resolve();
    });
  });
  once.run("k", { pence: 1 }, 0, (outcome) => outcomes.push(outcome));
  assert.deepEqual(outcomes, []);
  assert.deepEqual([once.isProcessing("k"), once.processing], [true, 1]);
  assert.equal(once.conflicts("k", { pence: 2 }), true);
  once.run("k", { pence: 2 }, 0, (outcome) => assert.deepEqual(outcome, { kind: "reused" }));
  await first;
  assert.deepEqual(outcomes, Array(2).fill({ kind: "kept", record: { pence: 1, number: 1 } }));
  assert.deepEqual([performed(), once.isProcessing("k")], [1, false]);
});

test("a refund beyond what is left is refused, and judging changes nothing", () => {
  const accounts = createAccounts();
  accounts.keep(accounts.judgeCharge("c", { orderId: "o", customer: null, pence: 100 }, null));
  const sixty = accounts.judgeRefund("r1", { chargeKey: "c", pence: 60 });
  assert.equal(accounts.judgeRefund("r2", { chargeKey: "c", pence: 100 })?.kind, "refunded");
  assert.ok(sixty?.kind === "refunded");
  accounts.keep(sixty);
  assert.deepEqual(accounts.judgeRefund("r2", { chargeKey: "c", pence: 41 }), { kind: "beyond captured", key: "r2", chargeKey: "c", pence: 41, refundablePence: 40 });
  assert.equal(accounts.judgeRefund("r2", { chargeKey: "c", pence: 40 })?.kind, "refunded");
  assert.equal(accounts.judgeRefund("r3", { chargeKey: "nothing", pence: 1 }), null);
});

test("a declined charge cannot be refunded", () => {
  const accounts = createAccounts();
  accounts.keep(accounts.judgeCharge("c", { orderId: "o", customer: null, pence: 100 }, "card declined"));
  assert.equal(accounts.judgeRefund("r", { chargeKey: "c", pence: 1 }), null);
  assert.deepEqual([accounts.ledger.length, accounts.declined], [0, 1]);
});

test("faults come in the shares asked for and are the same for a seed in whatever order the requests arrive", () => {
  const plan = () => faultPlan(Faults.parse({ hang: 0.1, dropAfterCharging: 0.2, dropBeforeCharging: 0.1, error500: 0.2, seed: 7 }));
  const keys = Array.from({ length: 4_000 }, (_, index) => `order-${index}/charge`);
  const forwards = plan();
  const backwards = plan();
  const drawn = new Map(keys.map((key) => [key, forwards.next("charge", key)]));
  for (const key of keys.toReversed()) assert.deepEqual(backwards.next("charge", key), drawn.get(key));
  const share = (kind: string, performed: boolean): number => [...drawn.values()].filter((fault) => fault.kind !== "none" && fault.kind === kind && fault.performed === performed).length / keys.length;
  for (const [kind, performed, expected] of [["hang", true, 0.05], ["hang", false, 0.05], ["drop", true, 0.2], ["drop", false, 0.1], ["error500", true, 0.1], ["error500", false, 0.1]] as const) {
    assert.ok(Math.abs(share(kind, performed) - expected) < 0.02, `${kind} ${performed}: ${share(kind, performed)}`);
  }
  const again = keys.map((key) => forwards.next("charge", key));
  assert.notDeepEqual(again, [...drawn.values()], "a second attempt has its own luck");
});

test("declines follow the rules on amount and customer, and the share by key, whatever the attempt", () => {
  const plan = faultPlan(Faults.parse({ decline: 0.3, declineAbovePence: 1_000, declineCustomers: ["7"], seed: 3 }));
  const body = { orderId: "o", customer: "1", pence: 5 };
  assert.equal(plan.declineReason("k", { ...body, pence: 1_001 }), "limit exceeded");
  assert.equal(plan.declineReason("k", { ...body, customer: "7" }), "customer blocked");
  const reasons = Array.from({ length: 3_000 }, (_, index) => plan.declineReason(`k${index}`, body));
  const declined = reasons.filter((reason) => reason === "card declined").length;
  assert.ok(Math.abs(declined / 3_000 - 0.3) < 0.03, String(declined));
  assert.deepEqual(Array.from({ length: 3_000 }, (_, index) => plan.declineReason(`k${index}`, body)), reasons);
});
