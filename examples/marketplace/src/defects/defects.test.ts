// The marketplace with one failure planted at a time: each is found, by the property that speaks of it and the shortest way there; and the
// services that ship pass the same check. What it took is printed as figures; how long it may take is judged by people.
import assert from "node:assert/strict";
import test from "node:test";
import type { Scenario, SystemReport } from "@evenkeel/checker";
import { EVERY_DEFECT } from "./everyDefect.ts";

const explored = new Map<Scenario, Promise<SystemReport>>();
function once(scenario: Scenario): Promise<SystemReport> {
  const report = explored.get(scenario) ?? scenario.explore();
  explored.set(scenario, report);
  return report;
}

for (const { kind, failure, broken, sound, mended, property, steps } of EVERY_DEFECT) {
  test(`${kind}: ${failure}, which is found by its shortest trace`, async (t) => {
    const report = await broken.explore();
    const found = { verdict: report.verdict, property: report.trace?.property, steps: (report.trace?.steps.length ?? 0) - 1 };
    t.diagnostic(`figures: ${kind}: ${String(found.steps)} steps, ${String(report.distinct)} states in ${report.seconds.toFixed(2)} s`);
    assert.deepEqual(found, { verdict: "violated", property, steps }, report.trace?.steps.map(({ tale }) => `${tale?.actor ?? ""}: ${tale?.what ?? ""}`).join("\n"));
    for (const whole of [sound, ...(mended === undefined ? [] : [mended])]) {
      const { verdict, unexpanded, distinct, seconds, reason, trace } = await once(whole);
      t.diagnostic(`figures: ${kind}: without it ${String(distinct)} states in ${seconds.toFixed(2)} s`);
      assert.deepEqual([verdict, unexpanded], ["pass", 0], `${reason} ${(trace?.steps ?? []).map(({ tale }) => `${tale?.actor ?? ""}: ${tale?.what ?? ""}`).join("\n")}`);
    }
  });
}
