// The verdict of two soak runs: each measure can make it worse by itself, noise within the bounds cannot, and unlike runs are not compared.
import assert from "node:assert/strict";
import test from "node:test";
import { compareSoaks } from "./compare.ts";
import { readReport, type SoakMinute, type SoakReport } from "./report.ts";

const calm: SoakMinute = { minute: 1, handled: 12_000, perSecond: 200, p50Ms: 4, p99Ms: 20, rssMb: 200, heapMb: 60, cpuUsPerMessage: 400, stalls: 0 };

function report(change: Partial<SoakMinute> = {}, whole: Partial<SoakReport> = {}): SoakReport {
  // The first minute is always a bad one: nothing may depend on it.
  const cold: SoakMinute = { ...calm, perSecond: 10, p99Ms: 900, rssMb: 900, cpuUsPerMessage: 9_000, heapMb: 10 };
  const minutes = [cold, ...[2, 3, 4, 5].map((minute) => ({ ...calm, ...change, minute }))];
  return { kind: "soak", node: "v20.19.0", lockDigest: "a", minutesAsked: 5, rate: 200, published: 60_000, lost: 0, minutes, ...whole };
}

test("two runs that differ within the bounds are not worse", () => {
  const { isComparable, isWorse, verdict } = compareSoaks(report(), report({ perSecond: 195, p99Ms: 27, rssMb: 230, cpuUsPerMessage: 470 }, { lockDigest: "b" }));
  assert.deepEqual({ isComparable, isWorse, verdict }, { isComparable: true, isWorse: false, verdict: "Not worse." });
});

const worsenings: readonly (readonly [string, SoakReport])[] = [
  ["handled a second", report({ perSecond: 180 })],
  ["p99 in ms", report({ p99Ms: 29 })],
  ["cpu a message in us", report({ cpuUsPerMessage: 500 })],
  ["rss in MB", report({ rssMb: 260 })],
  ["stalls", report({ stalls: 1 })],
  ["messages lost", report({}, { lost: 1 })],
  ["growth of the heap in MB", report({}, { minutes: [calm, calm, calm, { ...calm, heapMb: 90 }] })],
];

for (const [name, after] of worsenings) {
  test(`a run that is worse in ${name} alone is worse, and is told so`, () => {
    const { isWorse, verdict } = compareSoaks(report(), after);
    assert.equal(isWorse, true);
    assert.match(verdict, new RegExp(`^Worse in ${name}\\.`));
  });
}

test("one bad minute of many does not decide", () => {
  const after = report();
  assert.equal(compareSoaks(report(), { ...after, minutes: after.minutes.map((one, at) => (at === 2 ? { ...one, p99Ms: 500 } : one)) }).isWorse, false);
});

test("runs of another rate, length or Node.js are not compared", () => {
  for (const whole of [{ rate: 300 }, { minutesAsked: 6 }, { node: "v22.0.0" }]) assert.equal(compareSoaks(report(), report({}, whole)).isComparable, false);
});

test("a report is found behind the lines of npm, and anything else is refused with what is wrong", () => {
  assert.deepEqual(readReport("after.json", `\n> soak\n> node scripts/soak.ts\n\n${JSON.stringify(report())}\n`), report());
  assert.throws(() => readReport("after.json", "no report\n"), /after\.json holds no report/);
  assert.throws(() => readReport("after.json", JSON.stringify({ ...report(), rate: "many" })), /rate/);
});
