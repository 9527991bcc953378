// The worked example holds: each rule breaks the obvious design by a way of known length, and the mended one was seen as a whole.
import assert from "node:assert/strict";
import test from "node:test";
import { check } from "@evenkeel/checker";
import { atomic, choreographed } from "./scenarios.ts";

const shortest = [
  // A role changes, and the copies do not know yet.
  ["RPS", ["assign-role arrives", "identity handles assign-role"]],
  // The token is revoked while an order is on its way to the orders service, which has not heard of it.
  ["TAR", ["revoke-token arrives", "place-order arrives", "identity handles revoke-token", "orders handles place-order"]],
  ["APC", ["assign-role arrives", "identity handles assign-role"]],
] as const;

for (const [rule, steps] of shortest) {
  test(`where each service keeps a copy, ${rule} breaks in ${String(steps.length)} steps`, async () => {
    const report = await check(choreographed(["u0"], rule));
    assert.equal(report.verdict, "violated");
    assert.deepEqual(report.trace?.steps.slice(1).map(({ action }) => action), steps);
  });
}

test("where one service owns truth and copies, all three hold in every state: one user and two", async () => {
  for (const [users, distinct] of [[["u0"], 100], [["u0", "u1"], 10_000]] as const) {
    const report = await check(atomic(users, "essentials"));
    assert.deepEqual([report.verdict, report.distinct], ["pass", distinct], report.reason);
  }
});
