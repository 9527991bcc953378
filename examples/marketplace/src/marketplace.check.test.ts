// The marketplace under check: every course of two orders over one SKU, and of one order that may be cancelled, is seen, and every invariant
// holds in all of it. Counts are pinned: a change of the services, the engine or the checker that alters what can happen is to be looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SystemReport } from "@evenkeel/checker";
import { cancellation, lastUnit, stuckRefund } from "./marketplace.check.ts";

function exhausted(report: SystemReport | undefined, distinct: number): void {
  assert.ok(report !== undefined);
  assert.equal(report.verdict, "pass", `${report.reason} ${JSON.stringify(report.trace?.steps.map((step) => step.action))}`);
  assert.equal(report.unexpanded, 0);
  assert.equal(report.distinct, distinct);
}

test("orders for the last unit: one, two, and two with a second arrival and a dying worker each", async () => {
  for (const [index, distinct] of [666, 9_849, 241_052].entries()) exhausted(await lastUnit[index]?.explore(), distinct);
});

/** The last one takes as long as all else here: it runs with `npm run test:deep`. */
const CANCELLATIONS = process.env["EVENKEEL_SCOPES"] === "all" ? [9_748, 450_698] : [9_748];

test("an order that may be cancelled at any time, at last with a second arrival and a dying worker", async (t) => {
  if (CANCELLATIONS.length === 1) t.diagnostic("figures: left to npm run test:deep: the second arrival and the dying worker of an order that may be cancelled");
  for (const [index, distinct] of CANCELLATIONS.entries()) exhausted(await cancellation[index]?.explore(), distinct);
});

test("an order whose refund the provider refuses needs attention, visibly", async () => {
  exhausted(await stuckRefund.explore(), 733);
});
