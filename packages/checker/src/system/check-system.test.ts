// Small systems with counts that were worked out by hand, and one broken and one fixed handler for each kind of fault.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, optional } from "../index.ts";

const Add = command("add", { key: (one) => one.counter, data: z.object({ counter: z.string(), by: z.number() }) });
const Counter = entity("counter", { data: z.object({ total: z.number() }) });
const counting = service("counting", { entities: { counter: Counter } })
  .on(Add, async ({ counter: key, by }, { counter }) => {
    counter.put(key, { total: ((await counter.get(key))?.total ?? 0) + by });
  });

test("one service, two messages of one key: every order of arrivals, in the order of the key", async () => {
  const report = await check({
    system: [counting],
    when: [Add({ counter: "a", by: 1 }), Add({ counter: "a", by: 2 })],
    invariants: { "adds up": (s) => s.counting.counter.every(({ total }) => total <= 3) },
    eventually: { "all is added": (s) => s.counting.counter.every(({ key, total }) => key === "a" && total === 3) },
  });
  // Of each: away, queued, handled. Before the other, behind it, or neither there.
  assert.equal(report.verdict, "pass");
  assert.equal(report.distinct, 3 * 3 + 1);
});

test("two keys are independent: the states are the product", async () => {
  const report = await check({ system: [counting], when: [Add({ counter: "a", by: 1 }), Add({ counter: "b", by: 2 })] });
  assert.equal(report.verdict, "pass");
  assert.equal(report.distinct, 9);
});

test("what may not arrive may never arrive", async () => {
  const report = await check({
    system: [counting], when: [Add({ counter: "a", by: 1 }), optional(Add({ counter: "a", by: 2 }))],
    eventually: { "all is added": (s) => s.counting.counter.every(({ total }) => total === 3) },
  });
  assert.equal(report.verdict, "violated");
  assert.deepEqual(report.trace?.steps.map((step) => step.action), [null, "add arrives", "counting handles add"]);
});
