// Attempts begin only while nobody else can own their calls: from the time that the lease is in doubt the machine holds them, and looks again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBench, NOT_PERFORMED, OK } from "./testing/call-bench.ts";

/** What the machine is told with every input from now on. */
function bench(beginUntilMs: number, policy = {}): CallBench & { until: number } {
  const made = new CallBench({ policy });
  const { feed } = made;
  const told = Object.assign(made, { until: beginUntilMs });
  made.feed = (input) => { feed.call(made, { ...input, beginUntilMs: told.until }); };
  return told;
}

test("calls that were read are not begun once the heartbeat is late, and are begun when one is confirmed again", () => {
  const late = bench(1_000);
  late.own(0);
  late.table.nowMs = 1_000;
  late.insert({ id: "a" });
  assert.deepEqual(late.begun(), []);
  late.pass();
  assert.equal(late.table.nowMs, 1_250, "it looks again by itself");
  assert.deepEqual(late.begun(), []);
  late.until = 5_000;
  late.pass();
  assert.deepEqual(late.begun(), ["perform a"]);
});

test("an attempt that was begun in time goes on, and its outcome is committed; the next call of its key waits", () => {
  const late = bench(2_000);
  late.own(0);
  late.insert({ id: "a", routingKey: "k" }, { id: "b", routingKey: "k" });
  late.table.nowMs = 2_000;
  late.end("a", OK);
  assert.deepEqual(late.outcomes(), ["a ok"]);
  assert.deepEqual(late.begun(), []);
  late.until = 9_000;
  late.pass();
  assert.deepEqual(late.begun(), ["perform b"]);
});

test("while the heartbeat is late, looks are as far apart for many calls as for one, and retries and questions wait with them", () => {
  const late = bench(0, { reconcile: "ask", concurrency: 1 });
  late.own(0);
  late.insert({ id: "a" }, { id: "b" }, { id: "c" });
  const looks: number[] = [];
  for (let count = 0; count < 4; count++) {
    late.pass();
    looks.push(late.table.nowMs);
  }
  assert.deepEqual(looks, [1_250, 1_500, 1_750, 2_000]);
  assert.deepEqual(late.begun(), []);
  late.until = 10_000;
  late.pass();
  assert.deepEqual(late.begun(), ["perform a"]);
  late.until = 0;
  late.end("a", NOT_PERFORMED);
  late.pass(3_000);
  assert.deepEqual(late.begun(), []);
});

test("a deadline that passes while the heartbeat is late ends the call as any other", () => {
  const late = bench(0);
  late.own(0);
  late.insert({ id: "a", deadlineMs: 600 });
  late.pass(700);
  assert.deepEqual(late.outcomes(), ["a notPerformed"]);
  assert.deepEqual(late.begun(), []);
});
