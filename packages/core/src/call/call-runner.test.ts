// The rules of the call runner machine, one sentence each; ownership has its own file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBench, DECLINED, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";

test("calls of one routing key run in order, one at a time, and all others beside them", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" });
  bench.insert({ id: "b1", routingKey: "b" }, { id: "a3", routingKey: "a", tenant: "other" });
  assert.deepEqual(bench.begun(), ["perform a1", "perform b1", "perform a3"]);
  bench.end("a1", OK);
  assert.deepEqual(bench.begun(), ["perform b1", "perform a3", "perform a2"]);
});

test("the next call of a key begins only after the outcome of the one before is committed", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" });
  bench.endLater("a1", OK);
  assert.deepEqual(bench.begun(), []);
  bench.settle();
  assert.deepEqual(bench.begun(), ["perform a2"]);
});

test("an operation has no more attempts under way than its concurrency, oldest calls first", () => {
  const bench = new CallBench({ policy: { concurrency: 2 } });
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" }, { id: "c" });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.end("b", OK);
  assert.deepEqual(bench.begun(), ["perform a", "perform c"]);
});

test("a full operation leaves room for the calls of another", () => {
  const bench = new CallBench({ policy: { concurrency: 1 } });
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" }, { id: "c", operation: "mail.send" });
  assert.deepEqual(bench.begun(), ["perform a", "perform c"]);
});

test("an outcome carries the call, the value as it is, and goes back under the routing key of the message that asked", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", routingKey: "order-1", callKey: "order-1/charge", trace: "00-trace" });
  bench.end("a", OK);
  const [outcome, ...more] = bench.table.outcomes;
  assert.deepEqual(more, []);
  const { id, body, ...rest } = outcome ?? assert.fail("no outcome");
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(body, `{"kind":"ok","call":{"id":"a","key":"order-1/charge","input":{"pence":1},"attempts":1},"value":{"chargeId":"ch-1"}}`);
  assert.deepEqual(rest, {
    name: "payments.card.charge.outcome", version: 1, tenant: "main", key: "order-1", partition: 0, causationId: "cause of a",
    correlationId: "correlation", trace: "00-trace", occurredAt: 1_700_000_001_000,
  });
  assert.equal(bench.row("a"), null);
});

test("a declared failure is an outcome at once and is not tried again", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", DECLINED);
  assert.deepEqual(bench.outcomes(), ["a declined"]);
  assert.equal(bench.row("a"), null);
});

test("a call that was not performed waits with its attempts and its time in the row, and is performed again under the same key", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", { ...NOT_PERFORMED, afterMs: 700 });
  assert.equal(bench.row("a"), "due 1");
  assert.equal(bench.table.rows.get("a")?.dueAt, 1_700, "the provider's delay is the least");
  bench.pass(699);
  assert.deepEqual(bench.begun(), []);
  bench.pass(1);
  const [second] = bench.take("perform");
  assert.equal(second?.call.callKey, "a/charge");
  assert.equal(second.call.attempts, 2);
});

test("the delays of retries double with jitter and are the same in every run", () => {
  const delays = (): number[] => {
    const bench = new CallBench({ policy: { attempts: 6 } });
    bench.own(0);
    bench.insert({ id: "a" });
    return [1, 2, 3, 4].map((attempt) => {
      const before = bench.table.nowMs;
      bench.end("a", NOT_PERFORMED);
      bench.pass();
      const delay = bench.table.nowMs - before;
      assert.ok(delay <= 100 * 2 ** (attempt - 1), `${String(delay)} after attempt ${String(attempt)}`);
      return delay;
    });
  };
  assert.deepEqual(delays(), delays());
});

test("when the attempts are used up the outcome is notPerformed, once", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", NOT_PERFORMED);
  bench.pass();
  bench.end("a", NOT_PERFORMED);
  bench.pass();
  assert.deepEqual(bench.outcomes(), []);
  bench.end("a", NOT_PERFORMED);
  assert.deepEqual(bench.outcomes(), ["a notPerformed"]);
  assert.equal(bench.row("a"), null);
});

test("a refusal for good is the end at once, and what a worker before may have begun stays unknown", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", { ...NOT_PERFORMED, final: true });
  assert.deepEqual(bench.outcomes(), ["a notPerformed"]);
  const after = new CallBench();
  after.table.insert({ id: "a" });
  after.own(0);
  after.end("a", { ...NOT_PERFORMED, final: true });
  assert.deepEqual(after.outcomes(), ["a unknown"]);
});

test("a question that the provider put off is not asked again sooner", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", UNKNOWN);
  bench.answer("a", "reconcile");
  bench.endAsk("a", { kind: "unknown", failure: { code: "CALL_UNKNOWN", message: "busy" }, afterMs: 5_000 });
  assert.equal(bench.table.rows.get("a")?.dueAt, bench.table.nowMs + 5_000);
});

test("a call whose next attempt would come after its deadline ends as not performed", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 500 });
  bench.end("a", { ...NOT_PERFORMED, afterMs: 500 });
  assert.deepEqual(bench.outcomes(), ["a notPerformed"]);
});

test("calls that wait for room, or behind another of their key, end at their deadline as not performed", () => {
  const bench = new CallBench({ policy: { concurrency: 1 } });
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a", deadlineMs: 500 });
  bench.insert({ id: "b", deadlineMs: 400 }, { id: "a3", routingKey: "a" });
  bench.pass(400);
  assert.deepEqual(bench.outcomes(), ["b notPerformed"]);
  bench.pass(100);
  assert.deepEqual(bench.outcomes(), ["b notPerformed", "a2 notPerformed"]);
  bench.end("a1", OK);
  assert.deepEqual(bench.begun(), ["perform a3"]);
});

test("an unknown outcome is appended once, and its row stays at the head of its key", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" });
  bench.end("a1", UNKNOWN);
  assert.equal(bench.row("a1"), "unknown 1");
  assert.deepEqual(bench.outcomes(), ["a1 unknown"]);
  assert.deepEqual(bench.begun(), []);
});

test("after reconcile the provider is asked at once, again with durable backoff while it does not know, and its word is definitive", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" });
  bench.end("a1", UNKNOWN);
  bench.answer("a1", "reconcile");
  assert.deepEqual(bench.begun(), ["ask a1"]);
  bench.endAsk("a1", UNKNOWN);
  assert.equal(bench.row("a1"), "asking 1");
  assert.deepEqual(bench.begun(), []);
  bench.pass();
  assert.deepEqual(bench.begun(), ["ask a1"]);
  bench.endAsk("a1", DECLINED);
  assert.deepEqual(bench.outcomes(), ["a1 unknown", "a1 declined"]);
  assert.deepEqual(bench.begun(), ["perform a2"]);
});

test("absent performs the call again under the same key; an unknown outcome after it is another message", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  const first = bench.endLater("a", UNKNOWN);
  bench.settle();
  bench.answer("a", "reconcile");
  bench.endAsk("a", { kind: "absent" });
  assert.equal(bench.row("a"), "due 1");
  const second = bench.endLater("a", UNKNOWN);
  bench.settle();
  assert.equal(second.call.callKey, first.call.callKey);
  assert.deepEqual(bench.outcomes(), ["a unknown", "a unknown"]);
  assert.equal(new Set(bench.table.outcomes.map((outcome) => outcome.id)).size, 2);
});

test("an operation that reconciles by repeating is performed again, and a refused repetition says nothing about the attempt before", () => {
  const bench = new CallBench({ policy: { reconcile: "repeat", attempts: 1 } });
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", UNKNOWN);
  bench.answer("a", "reconcile");
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.end("a", NOT_PERFORMED);
  assert.equal(bench.row("a"), "asking 1");
  bench.pass();
  bench.end("a", OK);
  assert.deepEqual(bench.outcomes(), ["a unknown", "a ok"]);
});

test("an abandoned call leaves no further outcome, and its key goes on", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" });
  bench.end("a1", UNKNOWN);
  bench.answer("a1", "abandon");
  assert.deepEqual(bench.outcomes(), ["a1 unknown"]);
  assert.deepEqual(bench.begun(), ["perform a2"]);
});

test("an unknown outcome without an answer needs attention at the deadline, is reported once, and is left alone", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a", deadlineMs: 500 }, { id: "a2", routingKey: "a" });
  bench.end("a1", UNKNOWN);
  bench.pass(500);
  assert.equal(bench.row("a1"), "attention 1");
  assert.deepEqual(bench.take("attention").flatMap((request) => request.calls.map((call) => call.id)), ["a1"]);
  bench.pass(10_000);
  assert.deepEqual(bench.begun(), []);
  assert.deepEqual(bench.take("attention"), []);
  assert.deepEqual(bench.outcomes(), ["a1 unknown"]);
});

test("asking ends at the deadline in attention", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 500 });
  bench.end("a", UNKNOWN);
  bench.answer("a", "reconcile");
  bench.endAsk("a", UNKNOWN);
  bench.pass(500);
  if (bench.begun().length > 0) bench.endAsk("a", UNKNOWN);
  assert.match(bench.row("a") ?? "", /^attention/);
});

test("an answer after the deadline is worth one question", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 500 }, { id: "b", deadlineMs: 500 });
  bench.end("a", UNKNOWN);
  bench.end("b", UNKNOWN);
  bench.pass(500);
  bench.answer("a", "reconcile");
  bench.answer("b", "reconcile");
  bench.endAsk("a", UNKNOWN);
  bench.endAsk("b", { kind: "absent" });
  assert.equal(bench.row("a"), "attention 1");
  assert.deepEqual(bench.outcomes(), ["a unknown", "b unknown", "b notPerformed"]);
});

test("what finishes while a commit is under way goes into the next one, all together", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert(...["a", "b", "c", "d"].map((id) => ({ id })));
  for (const id of ["a", "b", "c"]) bench.endLater(id, OK);
  bench.endLater("d", NOT_PERFORMED);
  const [commit, ...none] = bench.take("commit");
  assert.deepEqual(none, []);
  assert.deepEqual(commit?.changes.callUpdates.map((update) => update.id), ["a"]);
  bench.feed({ kind: "committed", commit: commit.commit, result: { kind: "committed", joinedCalls: [], handovers: [] } });
  assert.deepEqual(bench.take("commit")[0]?.changes.callUpdates.map((update) => update.id), ["b", "c", "d"]);
});

test("a commit that lost a deadlock is made again", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.endLater("a", OK);
  bench.failCommit({ kind: "rerun" });
  bench.settle();
  assert.deepEqual(bench.outcomes(), ["a ok"]);
});

test("an outcome that the store refuses becomes unknown with the reason, and those beside it are kept", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "z" }, { id: "a" }, { id: "b" }, { id: "bad" });
  bench.endLater("z", OK);
  bench.endLater("a", OK);
  bench.endLater("bad", { kind: "ok", value: `"\\ud800"` });
  bench.endLater("b", OK);
  for (let commit = bench.take("commit")[0]; commit !== undefined; commit = bench.take("commit")[0]) {
    const refused = commit.changes.callUpdates.some((update) => update.outcome?.body.includes("\\ud800"));
    const result = refused ? { kind: "rejected", reason: "lone surrogate" } as const : bench.table.commit(commit.changes);
    bench.feed({ kind: "committed", commit: commit.commit, result });
  }
  assert.deepEqual(bench.outcomes().sort(), ["a ok", "b ok", "bad unknown", "z ok"]);
  assert.equal(bench.row("bad"), "unknown 1");
});

test("a refused commit says nothing against what was only beside the cause", () => {
  const bench = new CallBench();
  bench.own(0, 1);
  bench.insert({ id: "z" }, { id: "good" }, { id: "bad", partition: 1 });
  bench.endLater("z", OK);
  bench.endLater("good", OK);
  bench.endLater("bad", { kind: "ok", value: `"\\ud800"` });
  // The first commit has z alone; the second would have both, and its cause is taken away before the store refuses it.
  const first = bench.take("commit")[0];
  assert.ok(first !== undefined);
  bench.feed({ kind: "committed", commit: first.commit, result: bench.table.commit(first.changes) });
  bench.feed({ kind: "lost", partitions: [1] });
  bench.failCommit({ kind: "rejected", reason: "lone surrogate" });
  bench.settle();
  assert.deepEqual(bench.outcomes(), ["z ok", "good ok"]);
});

test("an answer that overtakes the commit of attention counts", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 500 });
  bench.end("a", UNKNOWN);
  bench.table.nowMs += 500;
  bench.feed({ kind: "tick" });
  bench.table.answer("a", "reconcile");
  bench.feed({ kind: "answered", callId: "a", answer: "reconcile" });
  bench.settle();
  assert.deepEqual(bench.begun(), ["ask a"]);
});

test("an answer given while its row is being read is not lost", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.end("a", UNKNOWN);
  bench.feed({ kind: "lost", partitions: [0] });
  bench.feed({ kind: "granted", fences: bench.table.acquire([0]) });
  const [scan] = bench.take("scan");
  const before = bench.table.read(scan ?? assert.fail("no scan"));
  bench.table.answer("a", "reconcile");
  bench.feed({ kind: "answered", callId: "a", answer: "reconcile" });
  bench.feed({ kind: "scanned", calls: before });
  assert.deepEqual(bench.begun(), ["ask a"]);
});

test("no more calls are read than fit, and the rest as those before them finish", () => {
  const bench = new CallBench({ settings: { maxCalls: 4, scanLimit: 2 }, policy: { concurrency: 100 } });
  bench.own(0);
  bench.insert(...Array.from({ length: 20 }, (_, index) => ({ id: `c${String(index)}` })));
  assert.equal(bench.begun().length, 4);
  for (let index = 0; index < 20; index++) {
    assert.ok(bench.state.callCount <= 4);
    bench.end(`c${String(index)}`, OK);
  }
  assert.equal(bench.outcomes().length, 20);
  assert.equal(bench.state.callCount, 0);
});

test("a wake-up costs one read, whatever the partitions' history", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" });
  bench.own(1);
  bench.own(2);
  bench.feed({ kind: "wake" });
  const scans = bench.take("scan");
  assert.deepEqual(scans.map((scan) => scan.partitions), [[0, 1, 2]]);
  bench.feed({ kind: "scanned", calls: [] });
  assert.deepEqual(bench.take("scan"), []);
});

test("a step leaves the state before it as it was", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" }, { id: "b" });
  const before = bench.state;
  const copy = structuredClone(before);
  bench.end("a1", OK);
  bench.end("b", NOT_PERFORMED);
  bench.pass();
  bench.feed({ kind: "lost", partitions: [0] });
  assert.deepEqual(before, copy);
});
