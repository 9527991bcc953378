// How operations share the memory of one call runner: what an outage of one port leaves in the store, and how it comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBench, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";
import { callPolicy } from "./call-policy.ts";

/** Two operations share 8 places; the breaker of the first opens after four failures. */
const BREAKER = { minimumCalls: 4, openMs: 5_000, jitter: 0 };
const OPERATIONS = new Map([
  ["card.charge", callPolicy({ breaker: BREAKER, budget: false, backoffMs: 10, attempts: 50, concurrency: 4 })],
  ["mail.send", callPolicy({ breaker: false, concurrency: 4 })],
]);

function openShares(maxLeft = 1_000): CallBench {
  const bench = new CallBench({ settings: { maxCalls: 8, maxLeft, scanLimit: 4, operations: OPERATIONS } });
  bench.own(0);
  return bench;
}

/** Charges of as many keys, of which the first four open the breaker. */
function outage(bench: CallBench, charges: number): void {
  bench.insert(...ids("charge", charges).map((id) => ({ id })));
  for (const id of ids("charge", 4)) bench.end(id, NOT_PERFORMED);
  assert.equal(bench.state.operations.get("card.charge")?.breaker?.phase, "open");
  assert.deepEqual(bench.begun(), []);
}

const ids = (what: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${what}-${String(index)}`);

/** Ends whatever is performed or asked for until nothing is; returns the order of what was performed. */
function finish(bench: CallBench): string[] {
  const order: string[] = [];
  for (let round = 0; round < 1_000; round++) {
    for (const { call, ticket } of bench.take("perform")) {
      order.push(call.id);
      bench.feed({ kind: "performed", callId: call.id, ticket, result: OK });
    }
    for (const { call, ticket } of bench.take("ask")) bench.feed({ kind: "asked", callId: call.id, ticket, result: OK });
    bench.settle();
    if (bench.begun().length > 0) continue;
    if (bench.table.rows.size === 0) return order;
    bench.pass(1_000);
  }
  return order;
}

test("behind an open breaker with more calls than memory has room for, the calls of another port flow on", () => {
  const bench = openShares();
  outage(bench, 50);
  for (const id of ids("mail", 30)) {
    bench.insert({ id, operation: "mail.send" });
    assert.deepEqual(bench.begun(), [`perform ${id}`]);
    bench.end(id, OK);
  }
  assert.equal(bench.outcomes().length, 30);
  assert.ok(bench.state.callCount <= 8);
});

test("what was left comes back in the order in which it was requested, each call once", () => {
  const bench = openShares();
  outage(bench, 50);
  const [first, ...order] = finish(bench);
  assert.equal(first, "charge-0", "the probe");
  assert.deepEqual([...order].sort(byNumber), ids("charge", 50).slice(1));
  assert.deepEqual(order.filter((id) => Number(id.slice(7)) >= 4), ids("charge", 50).slice(4));
  assert.equal(bench.state.left.count, 0);
});

test("a call behind an older one of its routing key that was left waits for it, in memory or not", () => {
  const bench = openShares();
  outage(bench, 20);
  bench.insert({ id: "letter", routingKey: "charge-19", operation: "mail.send" }, { id: "other letter", operation: "mail.send" });
  assert.deepEqual(bench.begun(), ["perform other letter"]);
  const order = finish(bench);
  assert.ok(order.indexOf("letter") > order.indexOf("charge-19"), order.join(", "));
});

test("calls behind those of a port that is down take none of the room of their own operation", () => {
  const bench = openShares();
  outage(bench, 4);
  // As many letters as mail has places, each behind a charge that waits.
  bench.insert(...ids("charge", 4).map((id) => ({ id: `letter to ${id}`, routingKey: id, operation: "mail.send" })));
  bench.insert(...ids("mail", 4).map((id) => ({ id, operation: "mail.send" })));
  assert.equal(bench.begun().length, 4, "all places of mail are at work");
  assert.equal(finish(bench).length, 12);
});

test("the deadline of a call that was left is kept, though there is no room for it", () => {
  const bench = openShares();
  bench.insert(...ids("charge", 20).map((id, index) => ({ id, deadlineMs: index === 15 ? 2_000 : 60_000 })));
  for (const id of ids("charge", 4)) bench.end(id, NOT_PERFORMED);
  assert.equal(bench.state.left.count, 16);
  bench.pass(1_999);
  assert.deepEqual(bench.outcomes(), []);
  bench.pass(1);
  assert.deepEqual(bench.outcomes(), ["charge-15 notPerformed"]);
  assert.equal(bench.state.left.count, 15);
});

test("all deadlines of what was left come at once, and each has its outcome", () => {
  const bench = openShares();
  bench.insert(...ids("charge", 200).map((id) => ({ id, deadlineMs: 3_000 })));
  for (const id of ids("charge", 4)) bench.end(id, NOT_PERFORMED);
  bench.pass(3_000);
  assert.equal(bench.outcomes().length, 200);
  assert.equal(bench.state.left.count + bench.state.callCount, 0);
});

test("a look is requested for the first deadline among what was left", () => {
  const bench = openShares();
  bench.insert(...ids("charge", 8).map((id, index) => ({ id, deadlineMs: index === 7 ? 1_500 : 60_000 })));
  const [wait] = bench.take("wait").slice(-1);
  assert.equal(wait?.untilMs, bench.table.nowMs + 1_500);
});

test("a call that was left and is gone from the store holds nobody back", () => {
  const bench = openShares();
  outage(bench, 12);
  bench.insert({ id: "letter", routingKey: "charge-9", operation: "mail.send" });
  bench.table.rows.delete("charge-9");
  assert.equal(finish(bench).includes("letter"), true);
  assert.equal(bench.state.left.count, 0);
});

test("an answer that abandons a call that was left frees its routing key at once", () => {
  const bench = openShares();
  outage(bench, 12);
  bench.insert({ id: "letter", routingKey: "charge-9", operation: "mail.send" });
  bench.answer("charge-9", "abandon");
  assert.deepEqual([...new Set(finish(bench))].filter((id) => id === "letter" || id === "charge-9"), ["letter"]);
});

test("a partition that is lost takes what was left with it, and granted again it is read anew", () => {
  const bench = openShares();
  outage(bench, 20);
  bench.feed({ kind: "lost", partitions: [0] });
  assert.equal(bench.state.left.count, 0);
  assert.equal(bench.state.callCount, 0);
  bench.own(0);
  // Each may have been begun by the owner before, so a failure is no proof.
  assert.ok(bench.state.left.count > 0);
  assert.equal(new Set(finish(bench)).size, 20);
});

test("of a call that was left, too, an owner before may have begun an attempt", () => {
  const bench = openShares();
  bench.insert(...ids("charge", 12).map((id) => ({ id })));
  const after = new CallBench({ table: bench.table, settings: bench.settings });
  after.own(0);
  assert.equal(after.state.left.count, 8);
  for (const id of ids("charge", 4)) after.end(id, OK);
  after.end("charge-4", { ...NOT_PERFORMED, final: true });
  assert.equal(after.outcomes().at(-1), "charge-4 unknown");
});

test("what an operator asks of a call that was left has it read, though there is no room", () => {
  const bench = openShares();
  bench.insert(...ids("charge", 12).map((id) => ({ id, deadlineMs: 1_000 })));
  for (const id of ids("charge", 4)) bench.end(id, UNKNOWN);
  bench.pass(1_000);
  // Those begun are in need of attention; again owned, they fill the share in a second life with new calls behind them.
  const after = new CallBench({ table: bench.table, settings: { ...bench.settings, maxCalls: 2 } });
  after.own(0);
  const left = [...after.table.rows.values()].filter((row) => after.state.left.byId.has(row.id));
  const [needy] = left.filter((row) => row.state === "attention");
  assert.ok(needy !== undefined, "a call in need was left");
  after.table.ask(needy.id, { action: "retry" });
  // The look that has it read, and the next one, which acts.
  for (const _look of [1, 2]) {
    after.feed({ kind: "control" });
    after.settle();
    after.settle();
  }
  assert.ok(after.begun().includes(`ask ${needy.id}`), after.begun().join(", "));
});

test("with as many left as may be known, new calls are not read until some have gone", () => {
  const bench = openShares(10);
  outage(bench, 60);
  assert.ok(bench.state.left.count < 10 + 4);
  assert.equal(new Set(finish(bench)).size, 60);
});

function byNumber(a: string, b: string): number {
  return Number(a.slice(7)) - Number(b.slice(7));
}

/** Charges that never open a breaker share 8 places with mails. */
function openToNeed(): CallBench {
  const operations = new Map([...OPERATIONS, ["card.charge", callPolicy({ breaker: false, budget: false })] as const]);
  const bench = new CallBench({ settings: { maxCalls: 8, scanLimit: 4, operations } });
  bench.own(0);
  return bench;
}

/** So many charges of which nobody could find out what became of them. */
function needPeople(bench: CallBench, count: number): void {
  for (const id of ids("lost", count)) {
    bench.insert({ id, deadlineMs: 1_000 });
    bench.end(id, UNKNOWN);
    bench.pass(1_000);
    assert.match(bench.row(id) ?? "", /^attention/);
  }
}

/** One look has the call read, the next one does what was asked. */
function lookTwice(bench: CallBench): void {
  for (let look = 0; look < 2; look++) {
    bench.feed({ kind: "control" });
    bench.settle();
    bench.settle();
  }
}

test("calls that wait for a person take no room from the others of their operation, and no memory without end", () => {
  const bench = openToNeed();
  needPeople(bench, 30);
  assert.ok(bench.state.callCount <= 8, `${String(bench.state.callCount)} are in memory`);
  bench.insert({ id: "next" });
  assert.deepEqual(bench.begun(), ["perform next"]);
});

test("nor do those that a worker finds when it takes over, and all of them hear what operators ask", () => {
  const bench = openToNeed();
  needPeople(bench, 30);
  bench.own(0);
  assert.ok(bench.state.callCount <= 8, `${String(bench.state.callCount)} are in memory`);
  bench.insert({ id: "next" });
  assert.deepEqual(bench.begun(), ["perform next"]);
  for (const id of ["lost-0", "lost-29"]) bench.table.ask(id, { action: "abandon" });
  lookTwice(bench);
  assert.deepEqual([bench.row("lost-0"), bench.row("lost-29"), bench.row("lost-15")], [null, null, "attention 1"]);
});

test("a call behind one that was set aside for a person keeps its place", () => {
  const bench = openToNeed();
  needPeople(bench, 10);
  bench.insert({ id: "behind", routingKey: "lost-9" });
  assert.deepEqual(bench.begun(), []);
  bench.table.ask("lost-9", { action: "abandon" });
  lookTwice(bench);
  assert.deepEqual(bench.begun(), ["perform behind"]);
});
