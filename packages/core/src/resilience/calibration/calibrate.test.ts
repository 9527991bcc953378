// What calibration says of records whose truth is known, because the test planted it; and what it refuses to say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError, type EvenkeelError } from "../../errors.ts";
import { DEFAULT_BREAKER } from "../breaker.ts";
import { parsePolicy } from "../policy-options.ts";
import { calibrate, type CalibrationOptions } from "./calibrate.ts";
import type { CallOutcome, OutcomeSource } from "./call-outcome.ts";
import { traffic } from "./testing/traffic.ts";

const day = {
  seed: 20, calls: 40_000, perSecond: 40, errors: 0.02,
  outages: [
    { fromMs: 200_000, toMs: 260_000, kind: "refuses" }, { fromMs: 450_000, toMs: 490_000, kind: "hangs" },
    { fromMs: 700_000, toMs: 760_000, kind: "crawls" },
  ],
} as const;
const record = [...traffic(day)];

async function refused(source: OutcomeSource, options: CalibrationOptions = {}): Promise<EvenkeelError> {
  try {
    await calibrate(source, options);
  } catch (error) {
    assert.ok(isEvenkeelError(error));
    return error;
  }
  assert.fail("nothing was refused");
}

test("outages that refuse, hang or crawl are found where they were planted, and only they", async () => {
  const { outages, bursts } = await calibrate(record, { candidates: [] });
  assert.equal(outages.length, 3);
  assert.equal(bursts, 0);
  for (const [index, planted] of day.outages.entries()) {
    const found = outages[index];
    assert.ok(found !== undefined);
    assert.ok(Math.abs(found.fromMs - planted.fromMs) < 500, `begins at ${String(found.fromMs)}`);
    // Its last calls end after it, at their timeout at the latest.
    assert.ok(found.toMs > planted.toMs - 500 && found.toMs < planted.toMs + 2_500, `ends at ${String(found.toMs)}`);
    assert.ok(found.calls >= found.failures && found.failures > 0);
  }
});

test("the recommended setting misses nothing, trips soon and never falsely, and says why in words", async () => {
  const { recommended, candidates, reasons, defaults } = await calibrate(record);
  assert.deepEqual([recommended.falseTrips, recommended.missed, recommended.late], [0, 0, 0]);
  assert.ok(recommended.falseTripsPerMillion <= 0.01);
  assert.notEqual(recommended.settings.slowMs, null, "the crawling outage is noticed late without a slow-call threshold");
  assert.equal(candidates[0], recommended);
  assert.equal(candidates.length, 162);
  assert.deepEqual(defaults.settings, DEFAULT_BREAKER);
  assert.match(reasons.join("\n"), /No false trip in [\d,]+ calls outside outages[^]*It opened in 3 of 3 outages[^]*would have succeeded[^]*The defaults do worse/);
  for (const outage of recommended.outages) assert.ok(outage.tripAfterFailureMs !== null && outage.tripAfterFailureMs <= 2_000);
});

test("a setting that trips on single errors is called false in each trip, and is not recommended", async () => {
  const nervous = { minimumCalls: 5, failureRate: 0.2 };
  const { candidates, recommended } = await calibrate(record, { candidates: [nervous] });
  const found = candidates.find((one) => one.settings.minimumCalls === 5);
  assert.ok(found !== undefined && found.falseTrips > 0 && found.falseTripsPerMillion > 1);
  assert.equal(recommended.settings.minimumCalls, DEFAULT_BREAKER.minimumCalls);
});

test("what is improbable in a short record and still too likely is not recommended either", async () => {
  const calm = [...traffic({ seed: 4, calls: 2_000, perSecond: 40, errors: 0.02 })];
  const { candidates, recommended } = await calibrate(calm, { candidates: [{ minimumCalls: 10 }], outages: [] });
  const lucky = candidates.find((one) => one.settings.minimumCalls === 10);
  assert.ok(lucky !== undefined && lucky.falseTrips === 0 && lucky.falseTripsPerMillion > 0.01);
  assert.equal(recommended.settings.minimumCalls, 20);
});

test("every call is refused, or let through: what was refused and would have succeeded is known from the record", async () => {
  const { recommended: one, calls, outages } = await calibrate(record);
  const answers = record.filter(({ verdict }) => verdict === "answer").length;
  assert.equal(calls, record.length);
  assert.ok(one.shedAnswers <= Math.min(one.shed, answers) && one.shed < calls);
  assert.ok(one.probes >= one.failedProbes && one.trips >= outages.length);
  assert.equal(one.openPhases.length, one.trips);
  const sum = one.openPhases.reduce((total, phase) => total + phase.toMs - phase.fromMs, 0);
  assert.ok(Math.abs(sum - one.openMs) < 1);
  assert.ok(one.retriesAllowed <= 0.2 * calls && one.retriesAllowed <= one.retriesAsked);
});

test("outages that the caller names count, and no others: a trip elsewhere is false", async () => {
  const { outages, outagesAre, defaults } = await calibrate(record, { outages: [{ fromMs: 200_000, toMs: 260_000 }], candidates: [] });
  assert.deepEqual([outages.length, outagesAre], [1, "given"]);
  assert.ok(defaults.falseTrips > 0, "the two other outages are none to this caller");
  const error = await refused(record, { outages: [{ fromMs: 2, toMs: 1 }] });
  assert.equal(error.code, "CALIBRATION_RECORD_INVALID");
});

test("a burst of errors shorter than a second is transient: no outage, and a trip on it is false", async () => {
  const steady = (index: number): CallOutcome => ({ atMs: index * 10, durationMs: 5, verdict: index >= 5_000 && index < 5_060 ? "failure" : "answer" });
  const { outages, bursts, defaults } = await calibrate(Array.from({ length: 10_000 }, (_, index) => steady(index)), { candidates: [] });
  assert.deepEqual([outages.length, bursts, defaults.falseTrips], [0, 1, 1]);
});

test("the same record gives the same answer, whether it comes as an array, by a function or asynchronously, and somewhat out of order", async () => {
  const wanted = await calibrate(record);
  const shuffled = record.map((one, index) => record[index - (index % 50) + 49 - (index % 50)] ?? one);
  async function* slowly(): AsyncGenerator<CallOutcome> { yield* record; }
  for (const source of [record, () => record, () => slowly(), shuffled]) assert.deepEqual(await calibrate(source), wanted);
});

test("the timeout rests on the durations outside outages, with the room that the size of the sample asks for", async () => {
  const { timeout, calm } = await calibrate(record, { candidates: [] });
  // 99.9 % of a log-normal with median 80 and sigma 0.5 take 80 e^(3.09 / 2) = 375 ms.
  assert.ok(calm.p999Ms !== null && calm.p999Ms > 340 && calm.p999Ms < 420, String(calm.p999Ms));
  assert.ok(timeout.timeoutMs !== null && timeout.timeoutMs > 1.5 * 375 && timeout.timeoutMs < 750, String(timeout.timeoutMs));
  assert.match(timeout.reason, /^99\.9 % of [\d,]+ calls outside outages took at most \d+ ms \(with 95 % confidence\)/);
  const small = await calibrate(record.slice(0, 2_000), { candidates: [] });
  assert.match(small.timeout.reason, /^99 % of .* With 2,995 calls it could rest on 99\.9 % of them\.$/);
});

test("where the record's own timeout cut durations off, no timeout is recommended", async () => {
  const hasty = [...traffic({ seed: 9, calls: 10_000, perSecond: 40, timeoutMs: 200 })];
  const { timeout, calm } = await calibrate(hasty, { candidates: [], outages: [] });
  assert.equal(timeout.timeoutMs, null);
  assert.equal(calm.p99Ms, null);
  assert.match(timeout.reason, /were cut off by the timeout in force/);
});

test("too small a record is refused with how much is missing; outages do not count", async () => {
  const few = await refused(record.slice(0, 400));
  assert.equal(few.code, "CALIBRATION_TOO_SMALL");
  assert.match(few.message, /holds 400 calls, 400 of them outside outages.*1,000 outside outages are the least/);
  assert.match(few.message, /record 600 more, which at its pace takes 1 minutes? more\./);
  const down = await refused([...traffic({ ...day, calls: 3_000, outages: [{ fromMs: 10_000, toMs: 1e9, kind: "refuses" }] })]);
  assert.match(down.message, /holds 3,000 calls, \d{3} of them outside outages/);
});

test("several operations in one record are refused by name, and one of them can be chosen", async () => {
  const mixed = record.map((one, index) => ({ ...one, port: "bank", operation: index % 2 === 0 ? "charge" : "refund" }));
  const error = await refused(mixed);
  assert.equal(error.code, "CALIBRATION_RECORD_INVALID");
  assert.match(error.message, /2 operations: bank\/charge, bank\/refund\./);
  const { calls } = await calibrate(mixed, { port: "bank", operation: "refund", candidates: [] });
  assert.equal(calls, record.length / 2);
  assert.match((await refused(mixed, { port: "shop" })).message, /holds 0 calls of shop/);
});

test("a record that cannot be is refused: out of order, an impossible duration, a generator that can be read only once", async () => {
  const reversed = record.toReversed();
  assert.match((await refused(reversed)).message, /out of order.*Sort it by time/);
  const odd = record.with(7, { atMs: 1, durationMs: NaN, verdict: "answer" });
  assert.match((await refused(odd)).message, /Outcome 7 .* NaN ms/);
  const once = record.values();
  assert.match((await refused(() => once)).message, /40000 calls at the first reading and 0 at the last/);
});

test("candidates and budget are checked as a policy's are", async () => {
  assert.equal((await refused(record, { candidates: [{ failureRate: 2 }] })).code, "CONFIG_INVALID");
  assert.equal((await refused(record, { budget: { burst: 0 } })).code, "CONFIG_INVALID");
});

test("a verdict that there is not is refused, and not taken for a failure", async () => {
  // As JavaScript may write it.
  const error = await refused(record.map((outcome) => ({ ...outcome, verdict: "ok" as never })));
  assert.deepEqual([error.code, error.details["index"]], ["CALIBRATION_RECORD_INVALID", 0]);
  const misspelled: object = { tripInMs: 5 };
  assert.equal((await refused(record, misspelled)).code, "CONFIG_INVALID");
});

test("what is recommended for a dependency that answers in no time is taken by a policy", async () => {
  const quick = Array.from({ length: 4_000 }, (_, index): CallOutcome => ({ atMs: index * 50, durationMs: 0.01, verdict: index % 100 === 7 ? "failure" : "answer" }));
  const { recommended, timeout } = await calibrate(quick);
  assert.equal(timeout.timeoutMs, 1);
  parsePolicy({ name: "quick", breaker: recommended.settings, timeoutMs: timeout.timeoutMs });
});
