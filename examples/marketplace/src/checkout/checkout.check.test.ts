// The orchestrated marketplace under check: every course of its orders is seen, and every invariant holds in all of it. Counts are pinned: a
// change of the workflows, the services, the engine or the checker that alters what can happen is to be looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SystemReport } from "@evenkeel/checker";
import { cancellation, lastUnit, stuckRefund } from "./checkout.check.ts";

function exhausted(report: SystemReport | undefined, distinct: number): void {
  assert.ok(report !== undefined);
  assert.equal(report.verdict, "pass", `${report.reason} ${JSON.stringify(report.trace?.steps.map((step) => step.action))}`);
  assert.equal(report.unexpanded, 0);
  assert.equal(report.distinct, distinct);
}

test("orders by workflow for the last unit: one, two, and two with a second arrival and a dying worker each", async () => {
  for (const [index, distinct] of [255, 3_216, 52_065].entries()) exhausted(await lastUnit[index]?.explore(), distinct);
});

test("an order by workflow that may be cancelled at any time, at last with a second arrival and a dying worker", async () => {
  for (const [index, distinct] of [451, 6_083, 24_538].entries()) exhausted(await cancellation[index]?.explore(), distinct);
});

test("an order by workflow whose refund the provider refuses needs attention, visibly", async () => {
  exhausted(await stuckRefund.explore(), 329);
});
