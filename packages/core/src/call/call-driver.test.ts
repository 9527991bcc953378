// The call runner's driver over a table of rows, a world of functions and a clock moved by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { port, type Operation } from "../decide/port.ts";
import { EvenkeelError } from "../errors.ts";
import type { CallRecord } from "../message/call.ts";
import type { BreakerChange, BreakerChanged } from "../spi/breakers.ts";
import type { CallEnds } from "./call-ends.ts";
import type { CallsRequest } from "../spi/call-store.ts";
import type { Commit, CommitResult, Fence } from "../spi/store.ts";
import type { PerformResult } from "../spi/world.ts";
import { startCallRunner } from "./call-driver.ts";
import { OK } from "./testing/call-bench.ts";
import { manualHost } from "./testing/manual-host.ts";
import { RowTable } from "./testing/row-table.ts";

const card = port("card", { charge: { input: z.unknown(), ok: z.unknown(), reconcile: "repeat" } });

/** A runner whose world and store a test may replace. */
function running(options: {
  readonly perform?: (call: CallRecord, signal: AbortSignal) => Promise<PerformResult>;
  readonly changeBreaker?: (change: BreakerChange) => Promise<BreakerChanged>;
  readonly operations?: readonly Operation[];
  readonly commit?: (table: RowTable, changes: Commit) => Promise<CommitResult>;
  readonly join?: (table: RowTable, ends: CallEnds) => Promise<CommitResult | null>;
} = {}) {
  const host = manualHost();
  const table = new RowTable();
  const heard = { readers: [] as CallsRequest["owner"][], forfeits: [] as (readonly number[])[], released: [] as Fence[], outcomes: 0, attention: 0 };
  const trouble = { reads: 0 };
  const { join } = options;
  const runner = startCallRunner({
    host,
    ...(join === undefined ? {} : { join: (ends) => join(table, ends) }),
    store: {
      readCalls: async (request) => {
        if (trouble.reads-- > 0) throw new EvenkeelError("STORE_UNAVAILABLE", "gone");
        table.nowMs = host.elapsed();
        heard.readers.push(request.owner);
        const calls = table.read(request);
        return { calls, more: calls.length >= request.limit };
      },
      readRevivals: async () => [],
      readCallControls: async ({ partitions }) => table.readControls(partitions),
      changeBreaker: options.changeBreaker ?? (async () => { throw new EvenkeelError("INTERNAL", "no breaker is shared here"); }),
      commit: async (changes) => options.commit?.(table, changes) ?? table.commit(changes),
    },
    world: { perform: options.perform ?? (async () => OK), ask: async () => OK },
    settings: { group: "payments", worker: "w", operations: options.operations ?? Object.values(card), limits: { maxBodyLength: 100_000, onLargeBody: () => undefined } },
    onForfeit: (partitions) => { heard.forfeits.push(partitions); },
    onRelease: (fences) => { heard.released.push(...fences); },
    onOutcomes: () => { heard.outcomes++; },
    onAttention: (calls) => { heard.attention += calls.length; },
  });
  table.nowMs = 0;
  return { host, table, heard, trouble, runner };
}

test("calls are read by the owner of their partition, as it was granted: the store keeps others from performing them", async () => {
  const { host, table, heard, runner } = running();
  const fences = table.acquire([0, 1]);
  runner.granted(fences);
  await host.pass(0);
  assert.deepEqual(heard.readers, [{ worker: "w", fences }]);
});

test("a world without types may answer at once; one that answers with nothing has said nothing about the effect", async () => {
  const answers: readonly unknown[] = [OK, undefined, null, 7, {}, { kind: "done" }];
  let next = 0;
  const { host, table, runner } = running({ perform: (() => answers[next++ % answers.length]) as never });
  runner.granted(table.acquire([0]));
  for (const [index] of answers.entries()) table.insert({ id: `c${String(index)}` });
  runner.wake();
  await host.pass(0);
  await host.pass(60_000);
  const { performed, underWay } = runner.stats();
  assert.deepEqual([table.outcomes.length, performed, underWay], [answers.length, answers.length, 0]);
  assert.equal(table.outcomes.filter(({ body }) => body.includes("CALL_UNKNOWN")).length, answers.length - 1);
  await runner.drain();
});

test("calls of granted partitions are performed, their outcomes committed and announced", async () => {
  const { host, table, heard, runner } = running();
  runner.granted(table.acquire([0]));
  for (let index = 0; index < 40; index++) table.insert({ id: `c${String(index)}` });
  runner.wake();
  await host.pass(0);
  assert.equal(table.outcomes.length, 40);
  assert.ok(heard.outcomes > 0);
  const { performed, outcomes, live, underWay } = runner.stats();
  assert.deepEqual({ performed, outcomes, live, underWay }, { performed: 40, outcomes: 40, live: 0, underWay: 0 });
  await runner.drain();
  assert.deepEqual(heard.released, [{ partition: 0, epoch: 1 }]);
  assert.equal(host.timers(), 0, "a timer was left behind");
});

test("a store that does not answer is read again after a pause, and no call is lost", async () => {
  const { host, table, trouble, runner } = running();
  trouble.reads = 3;
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(740);
  assert.deepEqual(table.outcomes, []);
  assert.deepEqual(host.events, ["store.trouble", "store.trouble", "store.trouble"]);
  await host.pass(20);
  assert.equal(table.outcomes.length, 1);
});

test("a commit that throws counts as in doubt: its partitions are forfeited, and granted again the outcome is there once", async () => {
  let fails = true;
  const { host, table, heard, runner } = running({
    commit: async (rows, changes) => {
      const result = rows.commit(changes);
      if (!fails) return result;
      fails = false;
      throw new EvenkeelError("STORE_UNAVAILABLE", "gone");
    },
  });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  assert.deepEqual(heard.forfeits, [[0]]);
  runner.lost([0]);
  runner.granted(table.acquire([0]));
  await host.pass(0);
  assert.equal(table.outcomes.length, 1);
  assert.equal(table.rows.size, 0);
});

test("a world that throws leaves the outcome unknown", async () => {
  const { host, table, runner } = running({ perform: async () => { throw new Error("defect"); } });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  assert.equal(table.rows.get("a")?.state, "unknown");
  assert.match(table.outcomes[0]?.body ?? "", /"kind":"unknown".*defect/);
});

test("retries come at their time without a wake-up", async () => {
  let attempts = 0;
  const failure = { code: "CALL_NOT_PERFORMED", message: "busy" };
  const { host, table, runner } = running({
    perform: async () => ++attempts < 3 ? { kind: "notPerformed", failure, afterMs: 1_000 } : OK,
  });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(1_999);
  assert.equal(attempts, 2);
  await host.pass(1);
  assert.equal(table.outcomes.length, 1);
});

test("an attempt that outlasts the patience of a drain is aborted, its row stays, and the drain ends", async () => {
  let signal: AbortSignal | undefined;
  const { host, table, heard, runner } = running({ perform: (_call, given) => { signal = given; return new Promise(() => undefined); } });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  const drained = runner.drain();
  await host.pass(4_999);
  assert.equal(signal?.aborted, false);
  await host.pass(1);
  await drained;
  assert.equal(signal?.aborted, true);
  assert.deepEqual(heard.released, [{ partition: 0, epoch: 1 }]);
  assert.equal(table.rows.size, 1);
  assert.equal(host.timers(), 0, "a timer was left behind");
});

test("losing a partition aborts its attempts", async () => {
  let signal: AbortSignal | undefined;
  const { host, table, runner } = running({ perform: (_call, given) => { signal = given; return new Promise(() => undefined); } });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  runner.lost([0]);
  assert.equal(signal?.aborted, true);
  assert.equal(runner.stats().underWay, 0);
});

/** A runner with a shared breaker that one failed call opens for 100 ms; the call is tried again at once. */
function sharing(changeBreaker: (change: BreakerChange) => Promise<BreakerChanged>) {
  const breaker = { shared: true, minimumCalls: 1, openMs: 100, jitter: 0 };
  const shared = port("card", { charge: { input: z.unknown(), ok: z.unknown(), reconcile: "repeat", backoffMs: 0, budget: false, breaker } });
  let calls = 0;
  const perform = async (): Promise<PerformResult> =>
    calls++ === 0 ? { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "down" }, afterMs: null } : OK;
  return running({ changeBreaker, perform, operations: Object.values(shared) });
}

const opened = ({ operation, version }: BreakerChange): BreakerChanged =>
  ({ applied: true, row: { operation, phase: "open", version: version + 1, untilInMs: 100, prober: null } });

test("a store that keeps silent about a shared breaker holds calls for two seconds, and what it says later is left to the next look", async () => {
  const silent: ((result: BreakerChanged) => void)[] = [];
  const changes: string[] = [];
  const { host, table, runner } = sharing((change) => {
    changes.push(change.kind);
    return change.kind === "open" ? Promise.resolve(opened(change)) : new Promise((resolve) => { silent.push(resolve); });
  });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(2_000);
  assert.deepEqual([changes, table.outcomes.length], [["open", "probe"], 0]);
  await host.pass(200);
  assert.equal(table.outcomes.length, 1);
  silent[0]?.({ applied: true, row: { operation: "card.charge", phase: "halfOpen", version: 9, untilInMs: 9_000, prober: "w/payments" } });
  await host.pass(0);
  assert.equal(runner.stats().breakers["card.charge"], "closed");
  assert.deepEqual(host.events, ["breaker.opened", "breaker.store-away", "breaker.probing", "breaker.closed"]);
  runner.breakers([]);
  await host.pass(0);
  assert.equal(host.events.at(-1), "breaker.store-back");
  await runner.drain();
  assert.equal(host.timers(), 0, "a timer was left behind");
});

test("a store that fails a change of a shared breaker lets this process's own breaker probe at once", async () => {
  const { host, table, runner } = sharing(async (change) => {
    if (change.kind === "open") return opened(change);
    throw new EvenkeelError("STORE_UNAVAILABLE", "gone");
  });
  table.insert({ id: "a" });
  runner.granted(table.acquire([0]));
  await host.pass(200);
  assert.equal(table.outcomes.length, 1);
  assert.deepEqual(host.events, ["breaker.opened", "store.trouble", "breaker.store-away", "breaker.probing", "breaker.closed"]);
});

const COMMITTED: CommitResult = { kind: "committed", joinedCalls: [], handovers: [] };

test("ends that another commit took along are not committed again, and nobody is told of their outcomes", async () => {
  const offers: CallEnds[] = [];
  const { host, table, heard, runner } = running({
    join: async (_, ends) => { offers.push(ends); return COMMITTED; },
    commit: async () => { throw new Error("nothing is left to commit"); },
  });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  table.insert({ id: "c1" });
  runner.wake();
  await host.pass(0);
  assert.deepEqual(offers.map(({ fences, updates, direct }) => [fences, updates.map((one) => one.id), [...direct]]), [[[{ partition: 0, epoch: 1 }], ["c1"], ["c1"]]]);
  const { outcomes, commits, live } = runner.stats();
  assert.deepEqual({ outcomes, commits, live, told: heard.outcomes }, { outcomes: 1, commits: 0, live: 0, told: 0 });
});

test("ends that nothing took along are committed by the runner, once", async () => {
  const { host, table, heard, runner } = running({ join: async () => null });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  table.insert({ id: "c1" });
  runner.wake();
  await host.pass(0);
  assert.deepEqual([table.outcomes.length, heard.outcomes, runner.stats().commits], [1, 1, 1]);
});

test("a call that an owner before this one may have begun is never offered: its worker may have died of the outcome", async () => {
  const { host, table, runner } = running({ join: async () => assert.fail("it was offered") });
  table.insert({ id: "c1" });
  runner.granted(table.acquire([0]));
  await host.pass(0);
  assert.equal(table.outcomes.length, 1);
});
