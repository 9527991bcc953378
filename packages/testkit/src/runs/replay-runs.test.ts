// Recorded runs as a test: the report passes with the code that recorded them, and says why with other code.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError, port, workflow, type Schema } from "@evenkeel/core";
import { replayRuns } from "./replay-runs.ts";

const Any: Schema<{ readonly orderId: string }> = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as { orderId: string } }) } };
const shop = port("shop", { ship: { input: Any, ok: Any } });
const shipping = workflow("shipping", { input: Any, ports: { shop } }, async (order, w) => { await w.retriable("ship", shop.ship, order); });

const line = (id: string, workflowName = "shipping"): string => JSON.stringify({
  workflow: workflowName, id,
  run: {
    status: "running", version: 1, generation: 0, input: { orderId: id }, startedAt: 5, endedAt: null,
    journal: [{ kind: "requested", what: "step", type: "retriable", name: "ship", operation: "shop.ship", key: `shipping/${id}/ship` }],
  },
});

test("A file of runs passes with the code that recorded them, and fails with the diff where it does something else", async () => {
  const file = `${line("o-1")}\n${line("o-2")}\n`;
  const report = await replayRuns(shipping, file);
  assert.ok(report.passed, report.text);
  assert.equal(report.text, "2 runs replayed: 2 same.\n");
  const other = workflow("shipping", { input: Any, ports: { shop } }, async (order, w) => { await w.retriable("post", shop.ship, order); });
  const failed = await replayRuns(other, file);
  assert.equal(failed.passed, false);
  assert.match(failed.text, /shipping, version 1, 2 runs \(o-1, o-2\): diverged at entry 0:\n {2}- journal: retriable step 'ship'/);
  assert.match(failed.text, /\n {2}\+ code: {4}retriable step 'post'/);
});

test("A run of another workflow, and no run at all, are refused", async () => {
  const code = (error: unknown): boolean => isEvenkeelError(error) && error.code === "HISTORY_INVALID";
  await assert.rejects(replayRuns(shipping, `${line("o-1")}\n${line("o-2", "billing")}\n`), code);
  await assert.rejects(replayRuns(shipping, ""), code);
  await assert.rejects(replayRuns(shipping, []), code);
});
