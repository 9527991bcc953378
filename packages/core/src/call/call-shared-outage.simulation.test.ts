// Four workers and one shared breaker through an outage in virtual time: probes over all of them, the provider's load, how calls come back, a
// prober that dies, and a store that is away. Machines, policy and the breaker's store are those that ship; provider and rows are models.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeBreaker, breakerRows } from "../memory/memory-breakers.ts";
import { emptyState, type Memory } from "../memory/memory-state.ts";
import type { CallRecord } from "../message/call.ts";
import { callPolicy } from "./call-policy.ts";
import { CallBench, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";
import { manualHost } from "./testing/manual-host.ts";

const OPERATION = "card.charge";
const STEP_MS = 10;
const WORKERS = 4;
const LATENCY_MS = 20;
const TIMEOUT_MS = 500;
/** As with the default lease. */
const LOOK_MS = 250;
const OUTAGE = { from: 30_000, until: 90_000 };
const END_MS = 140_000;
const PROBE_MS = 30_000;

interface Attempt {
  readonly call: CallRecord;
  readonly ticket: number;
  readonly asks: boolean;
  readonly endsAt: number;
  readonly fails: boolean;
  readonly probe: boolean;
}
interface Worker { readonly bench: CallBench; underWay: Attempt[]; alive: boolean; closedAt: number; outcomes: number }

interface Options {
  readonly shared: boolean;
  readonly silent: "refuses" | "hangs";
  /** The prober is killed in the middle of its first probe after this time. */
  readonly killAt?: number;
  readonly storeAway?: { readonly from: number; readonly until: number };
}

/** 20 calls/s to each worker, for 120 s. */
function run({ shared, silent, killAt = Infinity, storeAway = { from: Infinity, until: Infinity } }: Options) {
  const policy = callPolicy({ timeoutMs: TIMEOUT_MS, concurrency: 64, breaker: { shared } });
  const memory: Memory = { state: emptyState(), host: { ...manualHost(), elapsed: () => now, now: () => now }, statements: {} };
  let now = 1_000;
  const workers = Array.from({ length: WORKERS }, (_, index): Worker => {
    const bench = new CallBench({ settings: { worker: `w${String(index)}`, maxCalls: 20_000, scanLimit: 500, operations: new Map([[OPERATION, policy]]) } });
    bench.own(0);
    return { bench, underWay: [], alive: true, closedAt: Infinity, outcomes: 0 };
  });
  const seen = {
    calls: 0, attempts: 0, probes: 0, mostProbes: 0, probesAlone: 0, strays: 0, herd: 0, firstOpenAt: 0, killedAt: 0, nextProbeAt: 0, away: 0,
  };
  const phases = { row: "closed", since: 0 };

  for (; now < END_MS; now += STEP_MS) {
    const away = now >= storeAway.from && now < storeAway.until;
    const down = now >= OUTAGE.from && now < OUTAGE.until;
    const row = phaseOf(memory);
    if ((row === "closed") !== (phases.row === "closed")) phases.since = now;
    phases.row = row;
    for (const [index, worker] of workers.entries()) {
      const { bench } = worker;
      bench.table.nowMs = now;
      const over = worker.underWay.filter(({ endsAt }) => endsAt <= now);
      worker.underWay = worker.underWay.filter(({ endsAt }) => endsAt > now);
      if (!worker.alive) continue;
      if (now < 121_000 && now % 50 === 0) {
        if (down) seen.calls++;
        bench.insert({ id: `call-${String(index)}-${String(now)}`, deadlineMs: 3_600_000 });
      }
      for (const { call, ticket, asks, fails } of over) {
        if (asks) bench.feed({ kind: "asked", callId: call.id, ticket, result: fails ? UNKNOWN : OK });
        else bench.feed({ kind: "performed", callId: call.id, ticket, result: !fails ? OK : silent === "refuses" ? NOT_PERFORMED : UNKNOWN });
      }
      if ((now + index * 60) % LOOK_MS < STEP_MS && !away) bench.feed({ kind: "breakers", rows: breakerRows(memory) });
      bench.feed({ kind: "tick" });
      bench.settle();
      for (; worker.outcomes < bench.table.outcomes.length; worker.outcomes++) {
        const envelope = bench.table.outcomes[worker.outcomes];
        if (envelope?.body.includes(`"kind":"unknown"`) === true) bench.answer(idOf(envelope.body), "reconcile");
      }
      for (const { change } of bench.take("share")) {
        bench.feed({ kind: "shared", operation: OPERATION, result: away ? null : changeBreaker(memory, change) });
      }
      bench.settle();
      for (const { change } of bench.take("breaker")) {
        if (change === "opened") seen.firstOpenAt ||= now;
        worker.closedAt = change === "closed" ? now : Infinity;
      }
      seen.away += bench.take("breakerStore").filter((one) => one.away).length;
      for (const request of [...bench.take("perform"), ...bench.take("ask")]) {
        const probe = bench.state.operations.get(OPERATION)?.breaker?.phase === "halfOpen";
        if (down) seen.attempts++;
        if (probe) seen.probes++;
        if (probe && seen.killedAt > 0) seen.nextProbeAt ||= now;
        if (!probe && phaseOf(memory) !== "closed" && phases.row !== "closed" && now - phases.since > LOOK_MS + STEP_MS) seen.strays++;
        const endsAt = now + (down && silent === "hangs" ? TIMEOUT_MS : LATENCY_MS);
        worker.underWay.push({ call: request.call, ticket: request.ticket, asks: request.kind === "ask", endsAt, fails: down, probe });
        if (probe && now >= killAt && seen.killedAt === 0) {
          worker.alive = false;
          seen.killedAt = now;
        }
      }
      bench.requests = [];
      // None that began since has been answered yet.
      const unanswered = worker.underWay.filter(({ endsAt }) => endsAt >= worker.closedAt + LATENCY_MS).length;
      if (now - worker.closedAt < LATENCY_MS) seen.herd = Math.max(seen.herd, unanswered);
    }
    const probes = workers.reduce((sum, { underWay }) => sum + underWay.filter(({ probe }) => probe).length, 0);
    if (away) seen.probesAlone = Math.max(seen.probesAlone, probes);
    else if (now < storeAway.from || now > storeAway.until + 1_000) seen.mostProbes = Math.max(seen.mostProbes, probes);
  }
  const left = workers.filter(({ alive }) => alive).reduce((sum, { bench }) => sum + bench.table.rows.size, 0);
  const entry = memory.state.breakers.get(OPERATION);
  return { ...seen, left, phase: entry?.phase, openedAfterMs: seen.firstOpenAt - OUTAGE.from };
}

function phaseOf(memory: Memory): string {
  return breakerRows(memory)[0]?.phase ?? "closed";
}

function idOf(body: string): string {
  return (JSON.parse(body) as { readonly call: { readonly id: string } }).call.id;
}

for (const silent of ["refuses", "hangs"] as const) {
  test(`while a provider ${silent}, four workers send one probe at a time, and nothing else from a look after the first of them opened`, (t) => {
    const seen = run({ shared: true, silent });
    const alone = run({ shared: false, silent });
    t.diagnostic(`figures: four workers, the provider ${silent}: ${String(seen.probes)} probes (${String(alone.probes)} where each has its own breaker), at most ${String(seen.mostProbes)} at once`);
    assert.equal(seen.mostProbes, 1);
    assert.equal(seen.strays, 0);
    assert.ok(seen.openedAfterMs <= 2_000, `opened after ${String(seen.openedAfterMs)} ms`);
    // At most one for every five seconds, and the one that closes it.
    assert.ok(seen.probes <= (OUTAGE.until - OUTAGE.from) / 5_000 + 1, `${String(seen.probes)} probes`);
    assert.ok(alone.probes > 3 * seen.probes, `${String(alone.probes)} probes where each has its own`);
    assert.ok(seen.attempts <= 0.05 * seen.calls, `${String(seen.attempts)} attempts, ${String(seen.calls)} calls`);
    assert.equal(seen.left, 0, "calls without an end");
    assert.equal(seen.phase, "closed");
    assert.equal(seen.herd, 1, "what goes in one worker after the close, before its first answer");
  });

  test(`when the prober dies while the provider ${silent}, the next probe goes when its claim is over, still one at a time`, () => {
    const seen = run({ shared: true, silent, killAt: 40_000 });
    assert.ok(seen.killedAt > 0);
    assert.ok(seen.nextProbeAt >= seen.killedAt + PROBE_MS - STEP_MS, `${String(seen.nextProbeAt - seen.killedAt)} ms after`);
    assert.ok(seen.nextProbeAt <= seen.killedAt + PROBE_MS + LOOK_MS + STEP_MS, `${String(seen.nextProbeAt - seen.killedAt)} ms after`);
    assert.equal(seen.mostProbes, 1);
    assert.equal(seen.left, 0, "calls without an end");
  });

  test(`when the store is away as well while the provider ${silent}, each worker probes for itself, and together again once it is back`, () => {
    const seen = run({ shared: true, silent, storeAway: { from: 50_000, until: 70_000 } });
    assert.equal(seen.away, WORKERS, "each says so once");
    assert.ok(seen.probesAlone <= WORKERS, `${String(seen.probesAlone)} probes`);
    assert.equal(seen.mostProbes, 1);
    assert.equal(seen.left, 0, "calls without an end");
    assert.equal(seen.phase, "closed");
  });

  test(`when the store is away as the outage begins, the provider that ${silent} is still spared`, () => {
    const seen = run({ shared: true, silent, storeAway: { from: 29_000, until: 60_000 } });
    assert.ok(seen.attempts <= 0.1 * seen.calls, `${String(seen.attempts)} attempts, ${String(seen.calls)} calls`);
    assert.equal(seen.left, 0, "calls without an end");
    assert.equal(seen.phase, "closed");
  });
}
