// Ends of calls that are offered to the executor machine, step by step: when they are taken along, when not, and what becomes of their outcomes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../message/changes.ts";
import type { CallUpdate, Commit, CommitResult } from "../spi/store.ts";
import { executor } from "./executor.ts";
import { newExecutor, type ExecutorInput, type ExecutorRequest, type ExecutorState, type Join } from "./executor-state.ts";
import { SETTINGS } from "./testing/executor-oracle.ts";
import { messageOf } from "./testing/toy-message.ts";

type Input = ExecutorInput extends infer I ? I extends ExecutorInput ? Omit<I, "nowMs"> : never : never;
type Of<K extends ExecutorRequest["kind"]> = Extract<ExecutorRequest, { kind: K }>;

const COMMITTED: CommitResult = { kind: "committed", joinedCalls: [], handovers: [] };
const DONE: Decision = { kind: "changes", changes: { documents: [], calls: [], answers: [], timers: [], cancelledTimers: [], messages: [], sql: [] } };
const FAILED: Decision = { kind: "failed", failure: { code: "TEST", message: "planned", retry: "later", afterMs: null } };

/** A machine that owns partition 0, has read all of it, and has nothing to do. */
class Bench {
  state: ExecutorState = newExecutor(SETTINGS);
  requests: ExecutorRequest[] = [];

  constructor() {
    this.feed({ kind: "granted", grants: [{ partition: 0, epoch: 1, position: 0, parked: [], suspect: false, mark: null }] });
    this.feed({ kind: "read", result: { messages: [], bounds: [{ partition: 0, position: 0, more: false }] }, cursors: [{ partition: 0, position: 0 }], epochs: [{ partition: 0, epoch: 1 }] });
    this.requests = [];
  }

  feed(input: Input): void {
    const step = executor(this.state, { ...input, nowMs: 1 });
    this.state = step.state;
    this.requests.push(...step.requests);
  }

  /** The latest request of this kind. */
  last<K extends ExecutorRequest["kind"]>(kind: K): Of<K> {
    const found = this.requests.findLast((one): one is Of<K> => one.kind === kind);
    if (found === undefined) throw new Error(`no '${kind}' was requested`);
    return found;
  }

  arrive(position: number, key = "a"): void {
    this.feed({ kind: "handed", handovers: [{ partition: 0, after: position - 1, to: position, messages: [messageOf({ position, partition: 0, key })] }] });
  }

  offer(updates: readonly CallUpdate[], epoch = 1): void {
    const join: Join = { id: 7, fences: [{ partition: 0, epoch }], updates, direct: new Set(updates.map((one) => one.id)), unrecorded: new Set() };
    this.feed({ kind: "join", join });
  }

  decide(...decisions: readonly Decision[]): Commit {
    this.feed({ kind: "decided", batch: this.last("decide").batch, decisions, blind: false });
    return this.last("commit").commit;
  }

  commit(result: CommitResult): void {
    this.feed({ kind: "committed", batch: this.last("commit").batch, result });
  }

  /** What the runner was told: null means that it is to commit by itself. */
  answer(): CommitResult | null | "none" {
    return this.requests.find((one) => one.kind === "joinEnded")?.result ?? (this.requests.some((one) => one.kind === "joinEnded") ? null : "none");
  }
}

function endOf(id: string, key = "a"): CallUpdate {
  const { position: _, ...outcome } = messageOf({ position: 0, partition: 0, key });
  return { id, change: { kind: "remove" }, outcome: { ...outcome, id: `outcome-of-${id}` } };
}

test("an idle executor decides an outcome at once, and its commit removes the call and appends nothing", () => {
  const bench = new Bench();
  bench.offer([endOf("c1")]);
  assert.deepEqual(bench.last("decide").outcomes.map((one) => one.id), ["outcome-of-c1"]);
  assert.equal(bench.answer(), "none");
  assert.deepEqual(bench.decide(DONE).callUpdates, [{ ...endOf("c1"), outcome: null }]);
  bench.commit(COMMITTED);
  assert.deepEqual(bench.answer(), COMMITTED);
});

test("what fails, and what follows it in its key, is appended by the same commit; the others are not", () => {
  const bench = new Bench();
  bench.offer([endOf("c1"), endOf("c2"), endOf("c3", "b")]);
  const { callUpdates, park } = bench.decide(FAILED, { kind: "queued" }, DONE);
  assert.deepEqual(callUpdates, [endOf("c1"), endOf("c2"), { ...endOf("c3", "b"), outcome: null }]);
  assert.deepEqual(park, []);
});

test("outcomes stand behind the messages that have come, and travel with them", () => {
  const bench = new Bench();
  bench.arrive(1);
  bench.arrive(2, "b");
  bench.offer([endOf("c1", "b")]);
  bench.decide(DONE);
  bench.commit(COMMITTED);
  const { items, outcomes } = bench.last("decide");
  assert.deepEqual([items.length, outcomes.length], [1, 1]);
  const { progress, callUpdates } = bench.decide(DONE, DONE);
  assert.deepEqual([progress, callUpdates.map((one) => one.outcome)], [[{ partition: 0, from: 1, to: 2 }], [null]]);
});

test("an outcome waits in the log where something of its partition has not been read, or its key is parked", () => {
  const behind = new Bench();
  behind.feed({ kind: "wake", partitions: [0] });
  behind.offer([endOf("c1")]);
  assert.equal(behind.answer(), null);
  const parked = new Bench();
  parked.arrive(1);
  parked.decide(FAILED);
  parked.commit(COMMITTED);
  parked.offer([endOf("c1"), endOf("c2", "b")]);
  assert.deepEqual(parked.last("decide").outcomes.map((one) => one.id), ["outcome-of-c2"]);
  assert.deepEqual(parked.decide(DONE).callUpdates, [endOf("c1"), { ...endOf("c2", "b"), outcome: null }]);
});

test("nothing joins an executor that owns the partition otherwise, leaves it, drains or suspects its messages", () => {
  const elsewhere = new Bench();
  elsewhere.offer([endOf("c1")], 2);
  const leaving = new Bench();
  leaving.feed({ kind: "leave", partitions: [0] });
  leaving.offer([endOf("c1")]);
  const draining = new Bench();
  draining.feed({ kind: "drain" });
  draining.offer([endOf("c1")]);
  const suspicious = new Bench();
  suspicious.feed({ kind: "granted", grants: [{ partition: 0, epoch: 1, position: 0, parked: [], suspect: true, mark: null }] });
  suspicious.offer([endOf("c1")]);
  for (const bench of [elsewhere, leaving, draining, suspicious]) {
    assert.equal(bench.answer(), null);
    assert.ok(!bench.requests.some((one) => one.kind === "decide"));
  }
});

test("an offer that waits for a commit is given back as soon as its partition leaves", () => {
  const bench = new Bench();
  bench.arrive(1);
  bench.decide(FAILED);
  bench.offer([endOf("c1", "b")]);
  assert.equal(bench.answer(), "none", "nothing is decided on top of a failure before its commit");
  bench.feed({ kind: "leave", partitions: [0] });
  assert.equal(bench.answer(), null);
});

test("a commit that lost is decided again with what joined it", () => {
  const bench = new Bench();
  bench.offer([endOf("c1")]);
  bench.decide(DONE);
  bench.commit({ kind: "conflict" });
  assert.equal(bench.answer(), "none");
  bench.decide(DONE);
  bench.commit(COMMITTED);
  assert.deepEqual(bench.answer(), COMMITTED);
});

test("after a refused commit the ends are committed apart, and no others join before the messages have gone through", () => {
  for (const result of [{ kind: "rejected", reason: "planned" }, { kind: "refused", by: "sql", ordinal: 0, reason: "planned" }] as const) {
    const bench = new Bench();
    bench.arrive(1);
    bench.arrive(2);
    bench.offer([endOf("c1", "b")]);
    bench.decide(DONE);
    bench.commit(COMMITTED);
    bench.decide(DONE, DONE);
    bench.commit(result);
    assert.equal(bench.answer(), null);
    assert.deepEqual([bench.last("decide").items.length, bench.last("decide").items[0]?.plan.kind, bench.last("decide").outcomes], [1, "run", []]);
    bench.offer([endOf("c2", "b")]);
    assert.equal(bench.requests.filter((one) => one.kind === "joinEnded").length, 2);
    bench.decide(DONE);
    bench.commit(COMMITTED);
    bench.offer([endOf("c3", "b")]);
    assert.equal(bench.last("decide").outcomes.length, 1);
  }
});

test("a fence that fell says nothing about the ends: they are committed apart, and the store says what they rest on", () => {
  const bench = new Bench();
  bench.offer([endOf("c1")]);
  bench.decide(DONE);
  bench.commit({ kind: "fenced" });
  assert.equal(bench.answer(), null);
});

test("doubt about a commit is doubt about what joined it", () => {
  const bench = new Bench();
  bench.offer([endOf("c1")]);
  bench.decide(DONE);
  bench.commit({ kind: "inDoubt", reason: "planned" });
  assert.deepEqual(bench.answer(), { kind: "inDoubt", reason: "planned" });
});

test("an outcome whose call the handler answers for is left to the runner: the row shows which of the two came first", () => {
  const answering: Decision = { kind: "changes", changes: { documents: [], calls: [], timers: [], cancelledTimers: [], messages: [], sql: [], answers: [{ callId: "c1", answer: "abandon" }] } };
  const before = new Bench();
  before.arrive(1);
  before.decide(answering);
  before.offer([endOf("c1", "b")]);
  assert.equal(before.answer(), null);
  const together = new Bench();
  together.arrive(1);
  together.arrive(2);
  together.decide(DONE);
  together.offer([endOf("c1", "b")]);
  together.decide(answering);
  assert.equal(together.answer(), null);
  const beside = new Bench();
  beside.arrive(1);
  beside.arrive(2);
  beside.offer([endOf("c1", "b")]);
  beside.decide(DONE);
  beside.commit(COMMITTED);
  beside.decide(answering, DONE);
  assert.equal(beside.answer(), null);
  assert.deepEqual([beside.last("decide").items.length, beside.last("decide").outcomes], [1, []]);
});
