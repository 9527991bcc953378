// What operators ask of calls that need attention, as the call runner machine does it: one sentence each.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutcomeBody } from "../decide/routes.ts";
import { CallBench, OK, UNKNOWN } from "./testing/call-bench.ts";
import { RowTable } from "./testing/row-table.ts";

/** A bench whose call "a" needs attention, with "b" of the same routing key behind it. */
function inNeed(): CallBench {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", routingKey: "k", deadlineMs: 1_000 }, { id: "b", routingKey: "k" });
  bench.table.nowMs += 2_000;
  bench.end("a", UNKNOWN);
  assert.deepEqual([bench.row("a"), bench.begun()], ["attention 1", []]);
  assert.deepEqual(bench.take("attention").flatMap(({ calls }) => calls.map((call) => call.id)), ["a"]);
  return bench;
}

function tell(bench: CallBench): void {
  bench.feed({ kind: "control" });
  bench.settle();
}

const endOf = (bench: CallBench, id: number) => bench.table.controls.get(id)?.end;

test("a retry asks the provider anew under the same key, with a new deadline, and its outcome ends the call", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "retry" });
  tell(bench);
  assert.equal(endOf(bench, id), "done");
  assert.equal(bench.row("a"), "asking 0");
  const [asked] = bench.requests.filter((request) => request.kind === "ask");
  assert.equal(asked?.call.callKey, "a/charge");
  assert.equal(asked.call.deadlineInMs, 1_000, "as long as it had before");
  bench.endAsk("a", OK);
  assert.deepEqual(bench.outcomes(), ["a unknown", "a ok"]);
  assert.deepEqual(bench.begun(), ["perform b"], "what waited behind it goes");
});

test("where the provider has nothing under the key, a retried call is performed again under it", () => {
  const bench = inNeed();
  bench.table.ask("a", { action: "retry" });
  tell(bench);
  bench.endAsk("a", { kind: "absent" });
  const performed = bench.endLater("a", OK);
  assert.equal(performed.call.callKey, "a/charge");
  bench.settle();
  assert.deepEqual(bench.outcomes(), ["a unknown", "a ok"]);
});

test("a retried call whose new deadline passes needs attention again", () => {
  const bench = inNeed();
  bench.table.ask("a", { action: "retry", deadlineMs: 300 });
  tell(bench);
  bench.table.nowMs += 301;
  bench.endAsk("a", { kind: "unknown", failure: { code: "CALL_TIMEOUT", message: "still nothing" } });
  assert.equal(bench.row("a"), "attention 1");
  assert.deepEqual(bench.take("attention").flatMap(({ calls }) => calls.map((call) => call.id)), ["a"]);
  const id = bench.table.ask("a", { action: "retry", deadlineMs: 5_000 });
  tell(bench);
  assert.equal(endOf(bench, id), "done");
  bench.endAsk("a", OK);
  assert.deepEqual(bench.outcomes(), ["a unknown", "a ok"]);
});

test("a resolution appends the outcome as the runner would, ends the call and lets the next one go", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "declined", value: `{"reason":"limit"}` } });
  tell(bench);
  assert.deepEqual([endOf(bench, id), bench.row("a")], ["done", null]);
  const outcome = bench.table.outcomes.at(-1);
  assert.equal(outcome?.name, "payments.card.charge.outcome");
  assert.deepEqual(JSON.parse(outcome.body) as OutcomeBody, {
    kind: "declined", call: { id: "a", key: "a/charge", input: { pence: 1 }, attempts: 1 }, value: { reason: "limit" },
  });
  assert.deepEqual(bench.begun(), ["perform b"]);
});

test("resolved as not performed, the outcome carries the operator's reason as its failure", () => {
  const bench = inNeed();
  bench.table.ask("a", { action: "resolve", outcome: { name: "notPerformed", value: `"the bank has no trace of it"` } });
  tell(bench);
  const body = JSON.parse(bench.table.outcomes.at(-1)?.body ?? "") as OutcomeBody;
  assert.deepEqual([body.kind, body.failure], ["notPerformed", { code: "CALL_NOT_PERFORMED", message: "the bank has no trace of it" }]);
});

test("an abandoned call ends without an outcome, and the next one goes", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "abandon" });
  tell(bench);
  assert.deepEqual([endOf(bench, id), bench.row("a"), bench.outcomes()], ["done", null, ["a unknown"]]);
  assert.deepEqual(bench.begun(), ["perform b"]);
});

test("an outcome that the operation does not declare is refused, and the call stays as it is", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "refunded", value: "1" } });
  tell(bench);
  assert.match(endOf(bench, id) ?? "", /^DATA_INVALID: .*declares no outcome 'refunded': give one of ok, declined, notPerformed/);
  assert.deepEqual([bench.row("a"), bench.outcomes()], ["attention 1", ["a unknown"]]);
});

test("a request about a call that has ended, or that needs nobody, is refused with the reason", () => {
  const bench = inNeed();
  const gone = bench.table.ask("never", { action: "retry" });
  const blocked = bench.table.ask("b", { action: "abandon" });
  tell(bench);
  assert.equal(endOf(bench, gone), "the call has ended");
  assert.equal(endOf(bench, blocked), "the call is 'due' and needs no attention");
  assert.equal(bench.row("b"), "due 0");
});

test("a second request in the same look is left for the next one, and refused there", () => {
  const bench = inNeed();
  const first = bench.table.ask("a", { action: "abandon" });
  const second = bench.table.ask("a", { action: "retry" });
  tell(bench);
  assert.deepEqual([endOf(bench, first), endOf(bench, second)], ["done", null]);
  tell(bench);
  assert.equal(endOf(bench, second), "the call has ended");
});

test("requests are not read while one of them is being committed, so none is acted on twice", () => {
  const bench = inNeed();
  bench.table.ask("a", { action: "retry" });
  bench.feed({ kind: "control" });
  bench.readControls();
  bench.feed({ kind: "control" });
  assert.deepEqual(bench.take("readControls"), []);
  bench.settle();
  assert.equal(bench.requests.filter((request) => request.kind === "ask").length, 1);
});

test("a request that was read before its partition was lost is left to the owner of now", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "ok", value: "1" } });
  bench.feed({ kind: "control" });
  const [read] = bench.take("readControls");
  const controls = bench.judged(read?.partitions ?? []);
  bench.feed({ kind: "granted", fences: bench.table.acquire([0]) });
  bench.feed({ kind: "controls", controls });
  assert.deepEqual(bench.take("commit"), []);
  bench.settle();
  assert.equal(endOf(bench, id), null);
  tell(bench);
  assert.equal(endOf(bench, id), "done");
});

test("a commit in doubt that had happened acts once: the request is found ended when the rows are read again", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "ok", value: "1" } });
  bench.feed({ kind: "control" });
  bench.readControls();
  const [commit] = bench.take("commit");
  assert.deepEqual(commit?.changes.callControls, [{ id, callId: "a", refused: null, deadlineMs: null }], "the request ends in the commit that acts on it");
  assert.equal(commit.changes.callUpdates.length, 1);
  bench.table.commit(commit.changes);
  bench.feed({ kind: "committed", commit: commit.commit, result: { kind: "inDoubt", reason: "lost" } });
  assert.deepEqual(bench.take("forfeit").map(({ partitions }) => partitions), [[0]]);
  tell(bench);
  bench.feed({ kind: "granted", fences: bench.table.acquire([0]) });
  bench.settle();
  tell(bench);
  assert.deepEqual(bench.outcomes(), ["a unknown", "a ok"]);
  assert.equal(endOf(bench, id), "done");
});

test("a commit in doubt that had not happened is done by whoever owns the partition then", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "abandon" });
  bench.feed({ kind: "control" });
  bench.readControls();
  bench.failCommit({ kind: "inDoubt", reason: "lost" });
  assert.deepEqual([endOf(bench, id), bench.row("a")], [null, "attention 1"]);
  const successor = new CallBench({ table: bench.table });
  successor.own(0);
  tell(successor);
  assert.deepEqual([endOf(successor, id), successor.row("a")], ["done", null]);
});

test("an outcome that the store refuses leaves the call in need, and the request says why", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "ok", value: "1" } });
  bench.feed({ kind: "control" });
  bench.readControls();
  bench.failCommit({ kind: "rejected", reason: "too long" });
  bench.settle();
  assert.equal(endOf(bench, id), "the store could not keep it: too long");
  assert.equal(bench.row("a"), "attention 1");
  const again = bench.table.ask("a", { action: "abandon" });
  tell(bench);
  assert.deepEqual([endOf(bench, again), bench.row("a")], ["done", null]);
});

test("the handler's own answer that came first wins, and the request is recorded as too late", () => {
  const bench = inNeed();
  const id = bench.table.ask("a", { action: "resolve", outcome: { name: "ok", value: "1" } });
  bench.feed({ kind: "control" });
  bench.readControls();
  bench.table.answer("a", "abandon");
  bench.feed({ kind: "answered", callId: "a", answer: "abandon" });
  bench.settle();
  assert.equal(endOf(bench, id), "the call had ended before");
  assert.deepEqual(bench.outcomes(), ["a unknown"]);
  assert.deepEqual(bench.begun(), ["perform b"]);
});

test("the late answer of an attempt that a former owner began changes nothing after a resolution", () => {
  const table = new RowTable();
  const zombie = new CallBench({ table });
  zombie.own(0);
  zombie.insert({ id: "a", deadlineMs: 1_000 });
  const owner = new CallBench({ table });
  owner.own(0);
  table.nowMs += 2_000;
  owner.end("a", UNKNOWN);
  const id = table.ask("a", { action: "resolve", outcome: { name: "declined", value: "1" } });
  tell(owner);
  assert.equal(endOf(owner, id), "done");
  zombie.end("a", OK);
  assert.deepEqual(owner.outcomes(), ["a unknown", "a declined"]);
  // Within one owner, too: an attempt that has outlived its call is nobody's.
  owner.feed({ kind: "performed", callId: "a", ticket: 1, result: OK });
  owner.settle();
  assert.deepEqual(owner.outcomes(), ["a unknown", "a declined"]);
});

test("a partition that is handed over is given back only after the end of a request there is committed", () => {
  const bench = inNeed();
  const id = bench.table.ask("b", { action: "retry" });
  bench.feed({ kind: "control" });
  bench.readControls();
  bench.feed({ kind: "leave", partitions: [0] });
  assert.deepEqual(bench.take("release"), []);
  bench.settle();
  assert.equal(endOf(bench, id), "the call is 'due' and needs no attention");
  assert.deepEqual(bench.take("release").map(({ fences }) => fences.map((fence) => fence.partition)), [[0]]);
});

test("while operators ask for nothing, nothing is read for them, and commits are as they were", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a" });
  bench.endLater("a", OK);
  const [commit] = bench.requests.filter((request) => request.kind === "commit");
  assert.equal(commit !== undefined && "callControls" in commit.changes, false);
  bench.settle();
  assert.deepEqual(bench.requests.filter((request) => request.kind === "readControls"), []);
});
