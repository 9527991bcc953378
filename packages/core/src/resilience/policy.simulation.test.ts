// A policy through an outage in virtual time: how much a dependency that answers nothing sees of the traffic, and that nothing is kept of
// calls that have ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as loopTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { createContext, runInContext } from "node:vm";
import { manualHost } from "../call/testing/manual-host.ts";
import type { Host } from "../spi/host.ts";
import { policyOn } from "./policy.ts";
import type { PolicyOptions } from "./policy-options.ts";

interface Seen {
  readonly calls: number;
  readonly arrived: number;
  readonly mostAtOnceWhileHalfOpen: number;
  readonly settled: number;
  readonly recoveredMs: number | null;
}

/** 20 calls/s for 150 s; from 30 s to 90 s the dependency answers nothing. Counts what arrived at it in that minute. */
async function outage(options: Partial<PolicyOptions>): Promise<Seen> {
  const host = manualHost(null, () => loopTurn());
  const policy = policyOn(host, { name: "silent", timeoutMs: 500, deadlineMs: 3_000, retry: { backoffMs: 100 }, ...options });
  let calls = 0, arrived = 0, underWay = 0, mostAtOnceWhileHalfOpen = 0, settled = 0;
  let recoveredMs: number | null = null;
  const isSilent = (): boolean => host.elapsed() >= 30_000 && host.elapsed() < 90_000;
  for (let at = 0; at < 150_000; at += 50) {
    if (isSilent()) calls++;
    policy.run(async ({ signal }) => {
      if (!isSilent()) return;
      arrived++;
      underWay++;
      if (policy.state().breaker?.phase === "halfOpen") mostAtOnceWhileHalfOpen = Math.max(mostAtOnceWhileHalfOpen, underWay);
      await new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => { underWay--; reject(new Error("aborted")); });
      });
    }).then(() => { recoveredMs ??= host.elapsed() >= 90_000 ? host.elapsed() - 90_000 : null; }, () => undefined).finally(() => { settled++; });
    await host.pass(50);
  }
  await host.pass(3_000);
  assert.equal(host.timers(), 0);
  return { calls, arrived, mostAtOnceWhileHalfOpen, settled, recoveredMs };
}

test("with a breaker a dependency that answers nothing for 60 s sees a few calls, one probe at a time, and all traffic soon after", async (t) => {
  const seen = await outage({ breaker: {} });
  t.diagnostic(`figures: with a breaker ${JSON.stringify(seen)}`);
  assert.equal(seen.settled, 3_000, "every run has ended");
  assert.ok(seen.arrived <= 1.1 * seen.calls, `${String(seen.arrived)} of ${String(seen.calls)} arrived`);
  assert.ok(seen.arrived <= 0.1 * seen.calls, `the breaker lets little through: ${String(seen.arrived)} of ${String(seen.calls)} arrived`);
  assert.equal(seen.mostAtOnceWhileHalfOpen, 1);
  assert.ok(seen.recoveredMs !== null && seen.recoveredMs <= 6_000 + 500, `through again ${String(seen.recoveredMs)} ms after its end`);
});

test("without a breaker it sees the traffic and a tenth more, and what was saved up of retries", async (t) => {
  const seen = await outage({});
  t.diagnostic(`figures: without a breaker ${JSON.stringify(seen)}`);
  assert.equal(seen.settled, 3_000, "every run has ended");
  assert.ok(seen.arrived >= seen.calls);
  assert.ok(seen.arrived <= 1.1 * seen.calls + 10, `${String(seen.arrived)} of ${String(seen.calls)} arrived`);
});

test("nothing is kept of the calls under a full policy", async (t) => {
  setFlagsFromString("--expose-gc");
  const withGc = createContext();
  const host: Host = { ...manualHost(), soon: (task) => { setImmediate(task); } };
  const policy = policyOn(host, { name: "full", bulkhead: {}, deadlineMs: 60_000_000, timeoutMs: 60_000_000, retry: {}, breaker: {} });
  const call = async (): Promise<number> => 1;
  // The least of several looks: compiled code and what other threads hold for a moment comes and goes, what is kept of a call stays.
  const leastHeap = async (): Promise<number> => {
    let least = Infinity;
    for (let round = 0; round < 4; round++) {
      for (let index = 0; index < 50_000; index++) await policy.run(call);
      runInContext("gc()", withGc);
      least = Math.min(least, process.memoryUsage().heapUsed);
    }
    return least;
  };
  await leastHeap();
  const before = await leastHeap();
  const grown = await leastHeap() - before;
  t.diagnostic(`figures: heap ${String(grown)} bytes more after 200,000 calls`);
  // Eight bytes, a pointer, for each of 200,000 calls: whatever is kept of a call takes more, and what is compiled comes and goes by half as much.
  assert.ok(grown < 1_600_000, `${String(grown)} bytes more`);
});
