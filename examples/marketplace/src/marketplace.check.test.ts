// The marketplace under check: every course of two orders over one SKU, and of one order that may be cancelled, is seen, and every invariant
// holds in all of it. Counts are pinned: a change of the services, the engine or the checker that alters what can happen is to be looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SystemReport } from "@evenkeel/checker";
import { checkMarketplace } from "./marketplace.check.ts";

function exhausted(report: SystemReport, distinct: number): void {
  assert.equal(report.verdict, "pass", `${report.reason} ${JSON.stringify(report.trace?.steps.map((step) => step.action))}`);
  assert.equal(report.unexpanded, 0);
  assert.equal(report.distinct, distinct);
}

test("two orders for the last unit, with a second arrival and a dying worker each", async () => {
  exhausted(await checkMarketplace({ orders: ["a", "b"], units: 1, faults: 1 }), 241_052);
});

test("one order that may be cancelled at any time, with a second arrival and a dying worker", async () => {
  exhausted(await checkMarketplace({ orders: ["a"], units: 1, cancelled: ["a"], faults: 1 }), 450_698);
});

test("one order whose refund the provider refuses: it needs attention, visibly", async () => {
  exhausted(await checkMarketplace({ orders: ["a"], units: 1, refundsFail: true, faults: 1 }), 733);
});
