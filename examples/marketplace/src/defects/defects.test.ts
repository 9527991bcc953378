// The marketplace with one failure planted at a time: each is found, by the property that speaks of it and the shortest way there; and the
// services that ship pass the same check. What it took is printed as figures; how long it may take is judged by people.
import assert from "node:assert/strict";
import test from "node:test";
import type { Scenario, SystemReport } from "@evenkeel/checker";
import { contextLost } from "./contextLost.ts";
import type { Defect } from "./defect.ts";
import { errorSwallowed } from "./errorSwallowed.ts";
import { neverMoved } from "./neverMoved.ts";
import { unknownIsFailure } from "./unknownIsFailure.ts";

const DEFECTS: readonly Defect[] = [contextLost, neverMoved, errorSwallowed, unknownIsFailure];

const explored = new Map<Scenario, Promise<SystemReport>>();
function once(scenario: Scenario): Promise<SystemReport> {
  const report = explored.get(scenario) ?? scenario.explore();
  explored.set(scenario, report);
  return report;
}

for (const { kind, failure, broken, sound, property, steps } of DEFECTS) {
  test(`${kind}: ${failure}, which is found by its shortest trace`, async (t) => {
    const report = await broken.explore();
    const found = { verdict: report.verdict, property: report.trace?.property, steps: (report.trace?.steps.length ?? 0) - 1 };
    t.diagnostic(`figures: ${kind}, ${String(found.steps)} steps, ${String(report.distinct)} states in ${report.seconds.toFixed(2)} s`);
    assert.deepEqual(found, { verdict: "violated", property, steps }, report.trace?.steps.map(({ tale }) => `${tale?.actor ?? ""}: ${tale?.what ?? ""}`).join("\n"));
    const whole = await once(sound);
    assert.deepEqual([whole.verdict, whole.unexpanded], ["pass", 0], `${whole.reason} ${whole.trace?.property ?? ""}`);
    t.diagnostic(`figures: ${kind}, without it ${String(whole.distinct)} states in ${whole.seconds.toFixed(2)} s`);
  });
}
