// What the call runner machine does when partitions come and go, when it crashes and when it stops.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBench, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";

/** The same rows under a new machine, as after a crash. */
function restarted(bench: CallBench, ...partitions: number[]): CallBench {
  const next = new CallBench({ table: bench.table });
  next.own(...partitions);
  return next;
}

test("a crash between performing and the commit performs again under the same key", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", callKey: "order-1/charge" });
  bench.endLater("a", OK);
  const next = restarted(bench, 0);
  const [again] = next.take("perform");
  assert.equal(again?.call.callKey, "order-1/charge");
  assert.equal(again.call.attempts, 1);
});

test("every state of a row goes on after a crash as it would have before", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "waiting" }, { id: "unknown" }, { id: "asking" }, { id: "attention", deadlineMs: 10 });
  bench.end("waiting", { ...NOT_PERFORMED, afterMs: 300 });
  for (const id of ["unknown", "asking", "attention"]) bench.end(id, UNKNOWN);
  bench.answer("asking", "reconcile");
  bench.pass(10);
  const next = restarted(bench, 0);
  assert.deepEqual(next.begun(), ["ask asking"]);
  next.pass(290);
  assert.deepEqual(next.begun(), ["ask asking", "perform waiting"]);
  assert.deepEqual(next.take("attention"), [], "it was reported before");
  assert.deepEqual(next.outcomes(), ["unknown unknown", "asking unknown", "attention unknown"], "none is appended again");
});

test("what came of a call that was there when its partition was granted goes through the log, in whatever state it was", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "due" }, { id: "asking" }, { id: "late" }, { id: "behind", routingKey: "late", deadlineMs: 100 });
  for (const id of ["asking", "late"]) bench.end(id, UNKNOWN);
  bench.answer("asking", "reconcile");
  bench.table.nowMs += 100;
  const next = new CallBench({ table: bench.table });
  next.feed({ kind: "granted", fences: next.table.acquire([0]) });
  for (const scan of next.take("scan")) next.feed({ kind: "scanned", calls: next.table.read(scan) });
  const direct = (): string[][] => next.take("commit").map(({ commit, changes, ends }) => {
    next.feed({ kind: "committed", commit, result: next.table.commit(changes) });
    return [...ends.direct];
  });
  assert.deepEqual([next.begun(), direct()], [["perform due", "ask asking"], [[]]], "what is behind has ended at its deadline");
  next.endLater("due", OK);
  assert.deepEqual(direct(), [[]]);
  const [question] = next.take("ask");
  next.feed({ kind: "asked", callId: "asking", ticket: question?.ticket ?? 0, result: OK });
  assert.deepEqual(direct(), [[]], "a worker before this one may have asked, and died of the same outcome");
  next.insert({ id: "new" });
  next.endLater("new", OK);
  assert.deepEqual(direct(), [["new"]]);
});

test("what an owner before may have begun is never called not performed, not at the deadline and not when the attempts are used up", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "late", deadlineMs: 100 }, { id: "refused" }, { id: "behind", routingKey: "late", deadlineMs: 100 });
  bench.table.nowMs += 100;
  const next = restarted(bench, 0);
  for (let attempt = 0; attempt < 3; attempt++) {
    next.end("refused", NOT_PERFORMED);
    if (attempt < 2) next.pass();
  }
  assert.deepEqual(next.outcomes().sort(), ["behind notPerformed", "late unknown", "refused unknown"]);
  assert.equal(next.row("late"), "attention 0");
  next.answer("refused", "reconcile");
  next.endAsk("refused", { kind: "absent" });
  for (let attempt = 0; attempt < 3 && next.row("refused") !== null; attempt++) {
    next.pass();
    next.end("refused", NOT_PERFORMED);
  }
  assert.equal(next.outcomes().at(-1), "refused notPerformed", "the provider's word settles the doubt");
});

test("attempts in a lost partition are aborted, and nothing that comes back of them counts", () => {
  const bench = new CallBench();
  bench.own(0, 1);
  bench.insert({ id: "a" }, { id: "b", partition: 1 });
  const [a] = bench.take("perform");
  bench.feed({ kind: "lost", partitions: [0] });
  assert.deepEqual(bench.take("abort").map((request) => request.callId), ["a"]);
  bench.feed({ kind: "performed", callId: "a", ticket: a?.ticket ?? 0, result: OK });
  bench.settle();
  assert.deepEqual(bench.outcomes(), []);
  bench.own(0);
  bench.feed({ kind: "performed", callId: "a", ticket: a?.ticket ?? 0, result: NOT_PERFORMED });
  bench.settle();
  assert.equal(bench.row("a"), "due 0", "an aborted attempt does not speak for the one after it");
});

test("a partition granted anew is read from the beginning, and its attempts under way go on", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" });
  bench.end("b", NOT_PERFORMED);
  bench.own(0);
  assert.deepEqual(bench.take("abort"), []);
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.end("a", OK);
  assert.deepEqual(bench.outcomes(), ["a ok"]);
});

test("an attempt whose row has changed under another owner is aborted when the row is read again", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.take("perform");
  bench.feed({ kind: "granted", fences: bench.table.acquire([0]) });
  bench.table.answer("a", "reconcile");
  bench.settle();
  assert.deepEqual(bench.take("abort").map((request) => request.callId), ["a"]);
  assert.deepEqual(bench.begun(), ["ask a"]);
});

for (const result of [{ kind: "fenced" }, { kind: "inDoubt", reason: "connection lost" }] as const) {
  test(`a commit that ended ${result.kind} forfeits its partitions; granted again, what had finished is not performed again`, () => {
    const bench = new CallBench();
    bench.own(0, 1);
    bench.insert({ id: "a" }, { id: "b" }, { id: "c", partition: 1 });
    bench.endLater("a", OK);
    bench.failCommit(result);
    assert.deepEqual(bench.take("forfeit").map((request) => request.partitions), [[0]]);
    assert.deepEqual(bench.begun(), ["perform b", "perform c"]);
    bench.own(0);
    assert.deepEqual(bench.begun(), ["perform b", "perform c"]);
    assert.deepEqual(bench.outcomes(), ["a ok"]);
  });
}

test("a commit in doubt that had happened leaves its outcome once", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" }, { id: "b" });
  bench.endLater("a", OK);
  const [first] = bench.take("commit");
  assert.ok(first);
  bench.table.commit(first.changes);
  bench.feed({ kind: "committed", commit: first.commit, result: { kind: "inDoubt", reason: "connection lost" } });
  bench.own(0);
  bench.end("b", OK);
  assert.deepEqual(bench.outcomes(), ["a ok", "b ok"]);
  assert.equal(bench.state.orphans.size, 0);
});

test("a leaving partition begins nothing new and is released when what is under way is committed", () => {
  const bench = new CallBench();
  bench.own(0, 1);
  bench.insert({ id: "a1", routingKey: "a" }, { id: "a2", routingKey: "a" }, { id: "b", partition: 1 });
  bench.feed({ kind: "leave", partitions: [0] });
  assert.deepEqual(bench.take("release"), []);
  bench.insert({ id: "a3" });
  bench.endLater("a1", OK);
  assert.deepEqual(bench.take("release"), [], "its commit is still under way");
  bench.settle();
  assert.deepEqual(bench.take("release").map((request) => request.fences), [[{ partition: 0, epoch: 1 }]]);
  assert.deepEqual(bench.begun(), ["perform b"]);
  assert.deepEqual(bench.outcomes(), ["a1 ok"]);
});

test("when patience is over, attempts of leaving partitions are aborted and no others", () => {
  const bench = new CallBench();
  bench.own(0, 1);
  bench.insert({ id: "a" }, { id: "b", partition: 1 });
  bench.feed({ kind: "leave", partitions: [0] });
  bench.feed({ kind: "expire" });
  assert.deepEqual(bench.take("abort").map((request) => request.callId), ["a"]);
  assert.deepEqual(bench.take("release").map((request) => request.fences), [[{ partition: 0, epoch: 1 }]]);
  bench.end("b", OK);
  assert.deepEqual(bench.outcomes(), ["b ok"]);
});

test("a drain lets attempts end, commits them, releases everything and says so once", () => {
  const bench = new CallBench();
  bench.own(0, 1);
  bench.insert({ id: "a" }, { id: "b" }, { id: "c" });
  bench.end("c", UNKNOWN);
  bench.feed({ kind: "drain" });
  const [first] = bench.take("release");
  assert.deepEqual(first?.fences, [{ partition: 1, epoch: 1 }], "nothing was under way there");
  bench.end("a", OK);
  assert.deepEqual(bench.take("drained"), []);
  bench.end("b", NOT_PERFORMED);
  assert.deepEqual(bench.take("release").map((request) => request.fences), [[{ partition: 0, epoch: 1 }]]);
  assert.equal(bench.take("drained").length, 1);
  assert.equal(bench.row("b"), "due 1");
  bench.feed({ kind: "granted", fences: [{ partition: 2, epoch: 9 }] });
  const [late] = bench.take("release");
  assert.deepEqual(late?.fences, [{ partition: 2, epoch: 9 }], "a grant that came late goes back");
});

test("a failed read is made again and keeps its place", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.table.insert({ id: "b" });
  bench.feed({ kind: "wake" });
  const [scan] = bench.take("scan");
  bench.feed({ kind: "scanFailed" });
  assert.deepEqual(bench.requests.filter((request) => request.kind === "scan"), [scan]);
  bench.settle();
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
});
