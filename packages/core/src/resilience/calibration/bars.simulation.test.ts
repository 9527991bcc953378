// The bars of the breaker's settings, in virtual time, for the defaults and for what calibration recommends: no false trip on 2 % of
// transient errors over a million calls, open within 2 s of an outage's first failure at 20 calls/s and more, and memory that does not
// grow with the record.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFAULT_BREAKER, type BreakerSettings } from "../breaker.ts";
import { calibrate } from "./calibrate.ts";
import type { CallOutcome } from "./call-outcome.ts";
import { traffic } from "./testing/traffic.ts";

const seed = Number(process.env["EVENKEEL_SEED"] ?? 1_905);
let recommended: BreakerSettings = DEFAULT_BREAKER;

before(async () => {
  console.log(`EVENKEEL_SEED=${String(seed)}`);
  const outages = [
    { fromMs: 200_000, toMs: 260_000, kind: "refuses" }, { fromMs: 450_000, toMs: 490_000, kind: "hangs" },
    { fromMs: 700_000, toMs: 760_000, kind: "crawls" },
  ] as const;
  const record = [...traffic({ seed, calls: 40_000, perSecond: 40, errors: 0.02, outages })];
  recommended = (await calibrate(record)).recommended.settings;
  console.log(`recommended from a record of 17 minutes: ${JSON.stringify(recommended)}`);
});

/** The defaults' replay is always there; the other candidate is what was recommended. */
async function both(source: () => Iterable<CallOutcome>, outages: readonly { fromMs: number; toMs: number }[]) {
  const { candidates, defaults } = await calibrate(source, { outages, candidates: [recommended] });
  const own = candidates.find((one) => one.settings.slowMs === recommended.slowMs && one.settings.openMs === recommended.openMs);
  assert.ok(own !== undefined);
  return [["defaults", defaults], ["recommended", own]] as const;
}

test("2 % of transient errors over a million calls trip neither the recommended setting nor the defaults", async (t) => {
  for (const [name, result] of await both(() => traffic({ seed: seed + 1, calls: 1_000_000, perSecond: 40, errors: 0.02 }), [])) {
    t.diagnostic(`figures: ${name}: ${String(result.trips)} trips in 1,000,000 calls with 2 % errors; ${result.falseTripsPerMillion.toExponential(1)} to be expected`);
    assert.equal(result.trips, 0, name);
    assert.ok(result.falseTripsPerMillion < 0.01, `${name}: ${String(result.falseTripsPerMillion)} expected in a million calls`);
  }
});

for (const [perSecond, count] of [[20, 300], [50, 100], [300, 30], [1_000, 10]] as const) {
  test(`${String(count)} outages at about ${String(perSecond)} calls/s are noticed within 2 s of their first failure`, async (t) => {
    const outages = Array.from({ length: count }, (_, index) =>
      ({ fromMs: 20_000 + index * 20_371, toMs: 26_000 + index * 20_371, kind: index % 2 === 0 ? "refuses" : "hangs" } as const));
    // Arrivals are random: enough of them that they do not end before the last outage does.
    const calls = Math.round(perSecond * ((count + 1) * 20.4 + 100));
    for (const [name, result] of await both(() => traffic({ seed: seed + perSecond, calls, perSecond, errors: 0.02, outages }), outages)) {
      assert.deepEqual([result.missed, result.falseTrips], [0, 0], name);
      const worst = Math.max(...result.outages.map((one) => one.tripAfterFailureMs ?? Infinity));
      t.diagnostic(`figures: ${name}: ${String(count)} outages at ${String(perSecond)} calls/s, open at most ${String(Math.round(worst))} ms after the first failure`);
      assert.ok(worst <= 2_000, `${name}: ${String(worst)} ms`);
    }
  });
}

test("memory does not grow with the record: as much is kept after a million calls as after 200,000", async () => {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  assert.ok(typeof gc === "function");
  const collect = gc;
  const heap = new Map<number, number>();
  function* watched(): Generator<CallOutcome> {
    let index = 0;
    for (const outcome of traffic({ seed, calls: 1_000_000, perSecond: 40, errors: 0.02 })) {
      if (++index === 200_000 || index === 1_000_000) {
        Reflect.apply(collect, undefined, []);
        heap.set(index, process.memoryUsage().heapUsed);
      }
      yield outcome;
    }
  }
  await calibrate(watched, { candidates: [] });
  const grown = (heap.get(1_000_000) ?? 0) - (heap.get(200_000) ?? 0);
  // Two bytes for each of 800,000 calls: whatever is kept of a call takes more.
  assert.ok(grown < 1_600_000, `${String(grown)} bytes more`);
});
