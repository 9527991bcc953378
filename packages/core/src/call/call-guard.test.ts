// How breaker, budget and shared bulkhead hold calls back, one sentence each: a row waits, it is never refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { port } from "../decide/port.ts";
import { isEvenkeelError } from "../errors.ts";
import { DEFAULT_BREAKER } from "../resilience/breaker.ts";
import { callPolicy } from "./call-policy.ts";
import type { Heap } from "./leftist-heap.ts";
import { CallBench, DECLINED, NOT_PERFORMED, OK } from "./testing/call-bench.ts";

const BREAKER = { ...DEFAULT_BREAKER, minimumCalls: 3, openMs: 1_000, jitter: 0, probeMs: 10_000 };
const SCHEMAS = { input: z.unknown(), ok: z.unknown() };
const AFTER_LONG = { ...NOT_PERFORMED, afterMs: 50_000 };

/** A bench whose breaker three calls have opened, with retries that come late. */
function opened(policy: ConstructorParameters<typeof CallBench>[0] = {}): CallBench {
  const bench = new CallBench({ ...policy, policy: { breaker: BREAKER, ...policy.policy } });
  bench.own(0);
  for (const id of ["x", "y", "z"]) {
    bench.insert({ id });
    bench.end(id, AFTER_LONG);
  }
  assert.equal(bench.state.operations.get("card.charge")?.breaker?.phase, "open");
  bench.take("breaker");
  return bench;
}

test("while the breaker is open calls stay due with their attempts as they were, and then one probe goes, the oldest", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b" }, { id: "c" });
  assert.deepEqual(bench.begun(), []);
  assert.equal(bench.row("a"), "due 0");
  bench.pass(999);
  assert.deepEqual(bench.begun(), []);
  bench.pass();
  assert.deepEqual(bench.begun(), ["perform a"]);
  assert.equal(bench.table.nowMs, 2_000);
  bench.end("a", OK);
  assert.deepEqual(bench.begun(), ["perform b"], "the others come back one by one");
  assert.deepEqual(bench.take("breaker").map(({ change }) => change), ["probing", "closed"]);
});

test("after it has closed, each answer lets one call more go at once, until the operation has its whole concurrency", () => {
  const bench = opened({ policy: { breaker: BREAKER, concurrency: 4 } });
  for (let index = 0; index < 20; index++) bench.insert({ id: `c${String(index)}` });
  bench.pass();
  const underWay: number[] = [];
  for (let index = 0; index < 6; index++) {
    bench.end(`c${String(index)}`, OK);
    underWay.push(bench.begun().length);
  }
  assert.deepEqual(underWay, [1, 2, 3, 4, 4, 4]);
});

test("an answer that is slow to come holds the others back no longer than the breaker was open", () => {
  const bench = opened({ policy: { breaker: BREAKER, concurrency: 4 } });
  for (const id of ["a", "b", "c", "d", "e", "f"]) bench.insert({ id });
  bench.pass();
  bench.end("a", OK);
  bench.pass(999);
  assert.deepEqual(bench.begun(), ["perform b"]);
  bench.pass(1);
  assert.deepEqual(bench.begun(), ["perform b", "perform c", "perform d", "perform e"]);
});

test("attempts from before it opened take no place from those after it has closed", () => {
  const bench = new CallBench({ policy: { breaker: BREAKER, concurrency: 8 } });
  bench.own(0);
  for (const id of ["old", "older", "x", "y", "z"]) bench.insert({ id });
  for (const id of ["x", "y", "z"]) bench.end(id, AFTER_LONG);
  for (const id of ["a", "b", "c", "d"]) bench.insert({ id });
  bench.pass();
  bench.end("a", OK);
  assert.deepEqual(bench.begun(), ["perform old", "perform older", "perform b"]);
  bench.end("old", AFTER_LONG);
  assert.deepEqual(bench.begun(), ["perform older", "perform b"], "its place was its own");
  bench.end("b", OK);
  assert.deepEqual(bench.begun(), ["perform older", "perform c", "perform d"]);
});

test("a probe that fails keeps the others waiting for the whole time again, and counts as an attempt of its own call alone", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b" });
  bench.pass();
  bench.end("a", AFTER_LONG);
  assert.deepEqual([bench.row("a"), bench.row("b")], ["due 1", "due 0"]);
  bench.pass();
  assert.deepEqual([bench.begun(), bench.table.nowMs], [["perform b"], 3_000]);
});

test("a probe whose partition is lost is taken back, and another call probes", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b", partition: 1 });
  bench.own(1);
  bench.pass();
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.feed({ kind: "lost", partitions: [0] });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
});

test("a call whose deadline passes behind an open breaker ends as not performed, and one that asks needs a person", () => {
  const bench = opened({ policy: { breaker: { ...BREAKER, openMs: 100_000 } } });
  bench.insert({ id: "a", deadlineMs: 5_000 });
  bench.pass(5_000);
  assert.deepEqual(bench.outcomes().at(-1), "a notPerformed");
  const asking = new CallBench({ policy: { breaker: { ...BREAKER, openMs: 100_000 } } });
  asking.own(0);
  asking.insert({ id: "a", deadlineMs: 5_000 }, { id: "b" }, { id: "c" });
  for (const id of ["a", "b", "c"]) asking.end(id, { kind: "unknown", failure: { code: "CALL_UNKNOWN", message: "connection reset" } });
  asking.answer("a", "reconcile");
  assert.deepEqual(asking.begun(), []);
  asking.pass(5_000);
  assert.equal(asking.row("a"), "attention 0");
});

test("calls that end behind an open breaker leave nothing behind, though none goes for a long time", () => {
  const bench = opened({ policy: { breaker: { ...BREAKER, openMs: 1_000_000 } } });
  for (let round = 0; round < 30; round++) {
    bench.insert(...Array.from({ length: 50 }, (_, index) => ({ id: `${String(round)}/${String(index)}`, deadlineMs: 1_000 })));
    bench.pass(1_000);
  }
  assert.equal(bench.outcomes().length, 1_500);
  const sizeOf = (heap: Heap): number => heap === null ? 0 : 1 + sizeOf(heap.left) + sizeOf(heap.right);
  const { ready = null, retries = null } = bench.state.operations.get("card.charge") ?? {};
  assert.ok(sizeOf(ready) + sizeOf(retries) < 500, "the entries of calls that ended stay for good");
});

test("declared failures never open it", () => {
  const bench = new CallBench({ policy: { breaker: BREAKER } });
  bench.own(0);
  for (let index = 0; index < 50; index++) {
    bench.insert({ id: `c${String(index)}` });
    bench.end(`c${String(index)}`, DECLINED);
  }
  assert.equal(bench.state.operations.get("card.charge")?.breaker?.phase, "closed");
});

test("refusals for good never open it: the provider does its part", () => {
  const bench = new CallBench({ policy: { breaker: BREAKER } });
  bench.own(0);
  for (let index = 0; index < 50; index++) {
    bench.insert({ id: `c${String(index)}` });
    bench.end(`c${String(index)}`, { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "bad request" }, afterMs: null, final: true });
  }
  assert.equal(bench.state.operations.get("card.charge")?.breaker?.phase, "closed");
});

test("slow calls open it where a time is set", () => {
  const bench = new CallBench({ policy: { breaker: { ...BREAKER, slowMs: 500 } } });
  bench.own(0);
  for (const id of ["a", "b", "c"]) {
    bench.insert({ id });
    bench.table.nowMs += 500;
    bench.end(id, OK);
  }
  assert.equal(bench.state.operations.get("card.charge")?.breaker?.phase, "open");
});

test("the breaker of one operation holds back no other's calls", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "m", operation: "mail.send" });
  assert.deepEqual(bench.begun(), ["perform m"]);
});

test("a retry beyond the budget waits until it is earned or until time has earned it, and first attempts pass it", () => {
  const bench = new CallBench({ policy: { breaker: null, backoffMs: 0, budget: { ratio: 0.5, perSecond: 1, burst: 1 } } });
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" });
  bench.end("a", NOT_PERFORMED);
  assert.deepEqual(bench.begun(), ["perform b", "perform a"], "the one saved up");
  bench.end("b", NOT_PERFORMED);
  bench.end("a", OK);
  assert.deepEqual([bench.begun(), bench.row("b")], [[], "due 1"]);
  bench.insert({ id: "c" });
  assert.deepEqual(bench.begun(), ["perform c"]);
  bench.insert({ id: "d" });
  assert.deepEqual(bench.begun(), ["perform c", "perform d", "perform b"], "two first attempts have earned one");
  bench.end("b", NOT_PERFORMED);
  bench.pass(999);
  assert.deepEqual(bench.begun(), ["perform c", "perform d"]);
  bench.pass(1);
  assert.deepEqual(bench.begun(), ["perform c", "perform d", "perform b"], "a second has earned one");
});

test("a retry that its budget never pays for ends at its deadline", () => {
  const bench = new CallBench({ policy: { breaker: null, backoffMs: 0, budget: { ratio: 0, perSecond: 0, burst: 1 } } });
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 5_000 }, { id: "b", deadlineMs: 5_000 });
  bench.end("a", NOT_PERFORMED);
  bench.end("b", NOT_PERFORMED);
  bench.pass(5_000);
  assert.deepEqual(bench.outcomes(), ["b notPerformed"]);
});

test("operations that share a bulkhead have together no more attempts under way than it allows, the oldest call first", () => {
  const shared = { ...callPolicy({}), bulkhead: { name: "bank", concurrency: 2 } };
  const bench = new CallBench({ settings: { operations: new Map([["card.charge", shared], ["card.refund", shared]]) } });
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b", operation: "card.refund" }, { id: "c", operation: "card.refund" }, { id: "d" });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.end("a", OK);
  assert.deepEqual(bench.begun(), ["perform b", "perform c"]);
  bench.end("b", OK);
  bench.end("c", OK);
  assert.deepEqual(bench.begun(), ["perform d"]);
});

test("whether a breaker is shared is true or false, and nothing else", () => {
  const breaker: { shared?: boolean } = {};
  // As a program without types may say it.
  Reflect.set(breaker, "shared", "yes");
  assert.throws(() => port("card", { charge: { ...SCHEMAS, breaker } }), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID" && error.message.includes("breaker.shared yes"));
});
