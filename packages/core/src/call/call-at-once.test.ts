// Calls of one routing key where their service says that they need not wait for each other: each goes by itself, with a row and without one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewCall } from "../message/call.ts";
import { CallBench, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";

const AT_ONCE = { inOrder: false } as const;

function unrecorded(id: string): NewCall {
  return {
    id, tenant: "main", routingKey: "run", partition: 0, operation: "card.charge", callKey: `${id}/charge`, input: "{}", causationId: "cause",
    correlationId: "correlation", trace: null, deadlineMs: 30_000,
  };
}

function request(bench: CallBench, ...ids: string[]): void {
  const epoch = bench.state.owned.get(0)?.epoch ?? assert.fail("the partition is owned");
  bench.feed({ kind: "requested", calls: ids.map(unrecorded), fences: [{ partition: 0, epoch }] });
}

test("calls of one key are under way at the same time, and end in any order", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" }, { id: "c", routingKey: "run" });
  assert.deepEqual(bench.begun(), ["perform a", "perform b", "perform c"]);
  for (const id of ["c", "a", "b"]) bench.end(id, OK);
  assert.deepEqual(bench.outcomes(), ["c ok", "a ok", "b ok"]);
  assert.equal(bench.table.rows.size, 0);
});

test("so are those without a row, beside those with one", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  request(bench, "a", "b");
  bench.insert({ id: "c", routingKey: "run" });
  request(bench, "d");
  assert.deepEqual(bench.begun(), ["perform a", "perform b", "perform c", "perform d"]);
});

test("two that end together are one commit, each with its outcome", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  request(bench, "a", "b");
  const ends = bench.take("perform").map(({ call, ticket }) => ({ callId: call.id, ticket, result: OK }));
  bench.feed({ kind: "ended", ends });
  const commits = bench.take("commit");
  assert.deepEqual(commits.map(({ changes, ends: joined }) => [changes.messages.length, [...joined.direct]]), [[2, ["a", "b"]]]);
  assert.equal(new Set(commits[0]?.changes.messages.map(({ id }) => id)).size, 2);
});

test("an operation's concurrency holds them back as it does all others, oldest first", () => {
  const bench = new CallBench({ settings: AT_ONCE, policy: { concurrency: 2 } });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" }, { id: "c", routingKey: "run" });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.end("b", OK);
  assert.deepEqual(bench.begun(), ["perform a", "perform c"]);
});

test("one that waits for its next attempt, or for its handler, holds none of its key back", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" });
  bench.end("a", { ...NOT_PERFORMED, afterMs: 5_000 });
  bench.end("b", UNKNOWN);
  bench.insert({ id: "c", routingKey: "run" });
  assert.deepEqual([bench.row("a"), bench.row("b"), bench.begun()], ["due 1", "unknown 1", ["perform c"]]);
});

test("after a takeover all of a key are begun, and none may be called not performed that its owner before may have begun", () => {
  const before = new CallBench({ settings: AT_ONCE });
  before.own(0);
  before.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" });
  const after = new CallBench({ table: before.table, settings: { ...AT_ONCE, worker: "later" } });
  after.own(0);
  assert.deepEqual(after.begun(), ["perform a", "perform b"]);
  after.end("b", { ...NOT_PERFORMED, final: true });
  after.end("a", OK);
  assert.deepEqual(after.outcomes(), ["b unknown", "a ok"]);
});

test("an attempt that outlived a doubt about its ownership is taken up by its row, whatever of its key stands before that", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" });
  bench.own(0);
  bench.end("b", OK);
  assert.deepEqual([bench.outcomes(), bench.begun(), bench.take("abort").length], [["b ok"], ["perform a"], 0]);
});

test("calls that stay in the store for want of room are read when there is some", () => {
  const bench = new CallBench({ settings: { ...AT_ONCE, maxCalls: 2 } });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" }, { id: "c", routingKey: "run" });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.end("a", OK);
  bench.end("b", OK);
  assert.deepEqual(bench.begun(), ["perform c"]);
});

test("a partition is given back when the last of a key has ended", () => {
  const bench = new CallBench({ settings: AT_ONCE });
  bench.own(0);
  bench.insert({ id: "a", routingKey: "run" }, { id: "b", routingKey: "run" });
  bench.feed({ kind: "leave", partitions: [0] });
  bench.end("b", OK);
  assert.equal(bench.take("release").length, 0);
  bench.end("a", OK);
  assert.equal(bench.take("release").length, 1);
});
