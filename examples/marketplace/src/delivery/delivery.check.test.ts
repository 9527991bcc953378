// Cart to delivery under check: every course of an order in one parcel is seen, and every invariant holds in all of it. Counts are pinned: a change of
// the workflow, the engine or the checker that alters what can happen is to be looked at. Two parcels, and lost workers, are for `npm run check`.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SystemReport } from "@evenkeel/checker";
import { oneParcel } from "./delivery.check.ts";

function exhausted(report: SystemReport | undefined, distinct: number): void {
  assert.ok(report !== undefined);
  assert.equal(report.verdict, "pass", `${report.reason} ${JSON.stringify(report.trace?.steps.map((step) => step.action))}`);
  assert.equal(report.unexpanded, 0);
  assert.equal(report.distinct, distinct);
}

test("a delivery that may be cancelled at any time, reviewed and picked at any time or never, gives back whatever it does not deliver", async () => {
  exhausted(await oneParcel[0]?.explore(), 5_885);
});

test("a delivery of which any operation may fail as its port declares gives back whatever it does not deliver", async () => {
  exhausted(await oneParcel[1]?.explore(), 1_071);
});
