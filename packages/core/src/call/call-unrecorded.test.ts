// Calls without a row: what is begun, what becomes of their ends, and what the next owner hears of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewCall } from "../message/call.ts";
import type { Revive } from "../message/revival-message.ts";
import type { Commit, Fence } from "../spi/store.ts";
import { callPolicy } from "./call-policy.ts";
import { CallBench, DECLINED, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";

function call(id: string, more: Partial<NewCall> = {}): NewCall {
  return {
    id, tenant: "main", routingKey: `run-${id}`, partition: 0, operation: "card.charge", callKey: `${id}/charge`, input: "{}",
    causationId: `cause of ${id}`, correlationId: "correlation", trace: null, deadlineMs: 30_000, ...more,
  };
}

/** A runner that owns partition 0 and has found nothing to revive. */
function owner(): { readonly bench: CallBench; readonly fence: Fence } {
  const bench = new CallBench();
  bench.own(0);
  assert.equal(bench.take("readRevivals").length, 1);
  bench.feed({ kind: "revivals", revivals: [], more: false });
  const epoch = bench.state.owned.get(0)?.epoch ?? assert.fail("the partition is owned");
  return { bench, fence: { partition: 0, epoch } };
}

function endsOf(bench: CallBench): { readonly changes: Commit; readonly direct: readonly string[]; readonly unrecorded: readonly string[] } {
  const [commit] = bench.take("commit");
  const { changes, ends } = commit ?? assert.fail("nothing is committed");
  return { changes, direct: [...ends.direct], unrecorded: [...ends.unrecorded] };
}

function revived(changes: Commit): Revive {
  const [message, ...more] = changes.messages;
  assert.deepEqual([message?.name, more.length, changes.callUpdates.length], ["payments.revive", 0, 0]);
  return JSON.parse(message?.body ?? "null") as Revive;
}

test("it is begun as soon as its commit is known of, and its outcome is appended without a row to remove", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a"), call("b")], fences: [fence] });
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.endLater("a", OK);
  const { changes, direct, unrecorded } = endsOf(bench);
  assert.deepEqual([direct, unrecorded, changes.callUpdates], [["a"], ["a"], []]);
  assert.deepEqual(changes.messages.map(({ name, key }) => [name, key]), [["payments.card.charge.outcome", "run-a"]]);
  assert.deepEqual(changes.fences, [fence]);
});

test("a declared failure is an outcome, too", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.endLater("a", DECLINED);
  assert.deepEqual(endsOf(bench).changes.messages.map(({ name }) => name), ["payments.card.charge.outcome"]);
});

test("calls of one key run one after the other, whether or not they have rows", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a", { routingKey: "run" }), call("b", { routingKey: "run" })], fences: [fence] });
  bench.insert({ id: "c", routingKey: "run" });
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.end("a", OK);
  bench.end("b", OK);
  assert.deepEqual(bench.begun(), ["perform c"]);
});

test("what was not performed goes on with a row that begins with its attempts and its time", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.endLater("a", { ...NOT_PERFORMED, afterMs: 700 });
  const { id, call: goesOn } = revived(endsOf(bench).changes);
  assert.deepEqual([id, goesOn?.operation, goesOn?.key, goesOn?.state, goesOn?.attempts], ["run-a", "card.charge", "a/charge", "due", 1]);
  assert.ok((goesOn?.dueInMs ?? 0) >= 700);
});

test("what is not known goes on with a row whose effect is asked for", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.endLater("a", UNKNOWN);
  const goesOn = { operation: "card.charge", key: "a/charge", state: "asking", attempts: 0, dueInMs: 0, deadlineInMs: 30_000 };
  assert.deepEqual(revived(endsOf(bench).changes).call, goesOn);
});

test("what goes on with a row keeps the deadline that it had", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.table.nowMs += 20_000;
  bench.endLater("a", NOT_PERFORMED);
  assert.equal(revived(endsOf(bench).changes).call?.deadlineInMs, 10_000);
});

test("what its deadline cut off is asked for once more before a person hears of it", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.table.nowMs += 30_001;
  bench.endLater("a", UNKNOWN);
  const { state, attempts, deadlineInMs } = revived(endsOf(bench).changes).call ?? assert.fail("it goes on");
  assert.deepEqual([state, attempts, deadlineInMs], ["asking", 0, 0]);
});

test("what is not known once its time has passed is asked for, too, before a person is", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a", { deadlineMs: 1_000 })], fences: [fence] });
  bench.pass(1_000);
  bench.endLater("a", UNKNOWN);
  assert.deepEqual(revived(endsOf(bench).changes).call, { operation: "card.charge", key: "a/charge", state: "asking", attempts: 0, dueInMs: 0, deadlineInMs: 0 });
});

test("a call whose time is over when it is requested is not performed", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a", { deadlineMs: 0 })], fences: [fence] });
  assert.deepEqual(bench.begun(), []);
});

test("an outcome that the store refuses to keep goes on with a row, and a refused revival is held for a person", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.endLater("a", OK);
  bench.failCommit({ kind: "rejected", reason: "no room" });
  assert.equal(bench.requests.filter(({ kind }) => kind === "commit").length, 1);
  bench.failCommit({ kind: "rejected", reason: "no room" });
  assert.deepEqual(bench.take("attention").map(({ calls }) => calls.map(({ id }) => id)), [["a"]]);
});

const NOTED = { partition: 0, tenant: "main", key: "r-1" };

/** A runner that has read that one key is to be revived. */
function reviver(): { readonly bench: CallBench; readonly fence: Fence } {
  const bench = new CallBench();
  bench.own(0);
  bench.take("readRevivals");
  bench.feed({ kind: "revivals", revivals: [NOTED], more: false });
  return { bench, fence: { partition: 0, epoch: bench.state.owned.get(0)?.epoch ?? assert.fail("the partition is owned") } };
}

test("a revival that the store refuses is tried again after a pause, and nothing else of its partition is disturbed", () => {
  const { bench, fence } = reviver();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [fence] });
  bench.failCommit({ kind: "rejected", reason: "a time limit" });
  const [refused] = bench.take("revivalRefused");
  assert.deepEqual([refused?.revival, refused?.fence, refused?.refusals, refused?.reason], [NOTED, fence, 1, "a time limit"]);
  assert.ok((refused?.afterMs ?? 0) > 0);
  assert.deepEqual([bench.take("forfeit"), bench.take("abort"), bench.take("commit"), bench.begun()], [[], [], [], ["perform a"]]);
  bench.feed({ kind: "reviveAgain", fence, revival: NOTED, refusals: 1 });
  assert.deepEqual(endsOf(bench).changes.messages.map(({ name, key }) => [name, key]), [["payments.revive", "r-1"]]);
});

test("a revival that the store refuses for a long time is tried again and again after pauses that end to grow, and goes on once it is accepted", () => {
  const { bench, fence } = reviver();
  const pauses: number[] = [];
  for (let refusals = 1; refusals <= 2_000; refusals++) {
    bench.failCommit({ kind: "rejected", reason: "no" });
    const [refused, ...more] = bench.take("revivalRefused");
    assert.deepEqual([refused?.refusals, more.length], [refusals, 0]);
    pauses.push(refused?.afterMs ?? assert.fail("it is tried again"));
    bench.feed({ kind: "reviveAgain", fence, revival: NOTED, refusals });
  }
  assert.deepEqual(pauses.slice(0, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000]);
  assert.deepEqual([new Set(pauses.slice(5)), bench.take("forfeit")], [new Set([32_000]), []]);
  assert.deepEqual(endsOf(bench).changes.messages.map(({ name, key }) => [name, key]), [["payments.revive", "r-1"]]);
});

test("a revival that was refused counts only for the ownership that asked", () => {
  const { bench, fence } = reviver();
  bench.failCommit({ kind: "rejected", reason: "a time limit" });
  bench.feed({ kind: "lost", partitions: [0] });
  bench.feed({ kind: "reviveAgain", fence, revival: NOTED, refusals: 1 });
  assert.deepEqual(bench.take("commit"), []);
});

test("nothing is begun for an ownership that is gone, is another one, or is being handed over", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a")], fences: [{ ...fence, epoch: fence.epoch - 1 }] });
  bench.feed({ kind: "requested", calls: [call("b", { partition: 1 })], fences: [{ partition: 1, epoch: 1 }] });
  bench.feed({ kind: "leave", partitions: [0] });
  bench.feed({ kind: "requested", calls: [call("c")], fences: [fence] });
  assert.deepEqual([bench.begun(), bench.state.callCount], [[], 0]);
});

test("an attempt whose ownership is lost, or in doubt, is aborted: no row will be read for it", () => {
  const { bench, fence } = owner();
  bench.feed({ kind: "requested", calls: [call("a"), call("b")], fences: [fence] });
  bench.endLater("a", OK);
  bench.failCommit({ kind: "inDoubt", reason: "lost" });
  assert.deepEqual(bench.take("abort").map(({ callId }) => callId), ["b"]);
  assert.deepEqual([bench.state.callCount, bench.state.orphans.size], [0, 0]);
  assert.deepEqual(bench.take("forfeit").map(({ partitions }) => partitions), [[0]]);
});

test("a new owner revives every key that is noted, page by page, each by a message of its own epoch", () => {
  const bench = new CallBench();
  bench.own(0);
  const [first] = bench.take("readRevivals");
  assert.deepEqual([first?.partition, first?.after], [0, null]);
  const noted = [{ partition: 0, tenant: "main", key: "r-1" }, { partition: 0, tenant: "main", key: "r-2" }];
  bench.feed({ kind: "revivals", revivals: noted, more: true });
  const epoch = bench.state.owned.get(0)?.epoch;
  const { changes, direct } = endsOf(bench);
  assert.deepEqual(changes.messages.map(({ name, key, body }) => [name, key, JSON.parse(body) as Revive]), [
    ["payments.revive", "r-1", { id: "r-1", before: epoch }], ["payments.revive", "r-2", { id: "r-2", before: epoch }],
  ]);
  assert.deepEqual([direct, changes.callUpdates], [[], []]);
  assert.deepEqual(bench.take("readRevivals").map(({ after }) => after), [noted[1]]);
  bench.feed({ kind: "revivalsFailed" });
  assert.deepEqual(bench.take("readRevivals").map(({ after }) => after), [noted[1]], "what could not be read is read again");
  bench.feed({ kind: "revivals", revivals: [], more: false });
  assert.equal(bench.take("readRevivals").length, 0);
});

test("what was read to be revived counts only for the ownership that asked", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.take("readRevivals");
  bench.feed({ kind: "lost", partitions: [0] });
  bench.feed({ kind: "revivals", revivals: [{ partition: 0, tenant: "main", key: "r-1" }], more: false });
  assert.deepEqual(bench.take("commit"), []);
});

test("of calls that wait for room the one that was requested first goes first, however many come behind it", () => {
  const policy = { concurrency: 1, bulkhead: { name: "cards", concurrency: 1 } };
  const operations = new Map(["card.charge", "card.refund"].map((name) => [name, { ...callPolicy({ backoffMs: 100, attempts: 3 }), ...policy }]));
  const bench = new CallBench({ settings: { operations } });
  bench.own(0);
  const fence = { partition: 0, epoch: bench.state.owned.get(0)?.epoch ?? assert.fail("the partition is owned") };
  const begun: string[] = [];
  for (let round = 0; round < 60; round++) {
    const id = String(round);
    bench.table.nowMs += 1;
    bench.feed({ kind: "requested", calls: [call(id, { operation: round % 2 === 0 ? "card.charge" : "card.refund" })], fences: [fence] });
    const [under] = bench.begun();
    assert.equal(bench.requests.filter(({ kind }) => kind === "perform").length, 1, "one at a time");
    if (round < 20 || under === undefined) continue;
    begun.push(under);
    bench.end(under.replace("perform ", ""), OK);
  }
  assert.deepEqual(begun, Array.from({ length: 40 }, (_, at) => `perform ${String(at)}`));
});
