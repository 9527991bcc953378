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
  for (const [index, distinct] of [191, 1_512, 22_401].entries()) exhausted(await lastUnit[index]?.explore(), distinct);
});

test("an order by workflow that may be cancelled at any time, at last with a second arrival and a dying worker", async () => {
  for (const [index, distinct] of [395, 5_736, 12_921].entries()) exhausted(await cancellation[index]?.explore(), distinct);
});

test("an order by workflow whose refund the provider refuses needs attention, visibly", async () => {
  exhausted(await stuckRefund.explore(), 265);
});

test("a checkout that forgets to give back what it holds is found, and so is one that ships what was not paid for", async () => {
  const { mutants } = await (cancellation[0] ?? stuckRefund).mutants();
  const killed = mutants.filter(({ result }) => result === "killed").map(({ text }) => text);
  for (const text of ["checkout forgets to say release-stock", "checkout forgets to say purchase.cancel", "checkout forgets to say order.shipped"]) {
    assert.ok(killed.includes(text), text);
  }
  assert.ok(killed.includes("notifications forgets to say customer.notified"));
});
