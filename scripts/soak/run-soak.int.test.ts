// A soak run of seconds handles everything it published, and its report is one that can be compared.
import assert from "node:assert/strict";
import test from "node:test";
import { compareSoaks } from "./compare.ts";
import { readReport, type SoakMinute } from "./report.ts";
import { runSoak } from "./run-soak.ts";

test("a run of seconds loses nothing, tells its minutes, and can be read back and compared", async () => {
  const told: SoakMinute[] = [];
  const report = await runSoak({ minutes: 0.05, rate: 100, onMinute: (minute) => { told.push(minute); } });
  assert.ok(report.published > 0);
  assert.equal(report.lost, 0);
  assert.deepEqual(report.minutes, told);
  const [minute] = told;
  assert.ok(minute !== undefined && minute.handled > 0 && minute.p99Ms >= minute.p50Ms && minute.rssMb > 0);
  assert.deepEqual(readReport("soak.json", JSON.stringify(report)), report);
  assert.equal(compareSoaks(report, report).isWorse, false);
});
