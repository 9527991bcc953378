// The marketplace with one failure planted at a time: each is found, by the property that speaks of it and the shortest way there; and the
// services that ship pass the same check. What it took is printed as figures; how long it may take is judged by people.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import type { Scenario, SystemReport } from "@evenkeel/checker";
import { EVERY_DEFECT } from "./everyDefect.ts";

const page = readFileSync(new URL("../../../../docs/concepts/what-the-checker-finds.md", import.meta.url), "utf8");

const explored = new Map<Scenario, Promise<SystemReport>>();
function once(scenario: Scenario): Promise<SystemReport> {
  const report = explored.get(scenario) ?? scenario.explore();
  explored.set(scenario, report);
  return report;
}

function wayOf({ trace }: SystemReport): string {
  return (trace?.steps ?? []).map(({ tale }) => `${tale?.actor ?? ""}: ${tale?.what ?? ""}`).join("\n");
}

function sizeOf({ distinct, seconds }: SystemReport): string {
  return `${distinct.toLocaleString("en-US")} states in ${seconds.toFixed(2)} s`;
}

for (const { kind, failure, planted, broken, sound, mended, property, steps } of EVERY_DEFECT) {
  test(`${kind}: ${failure}, which is found by its shortest trace`, async (t) => {
    const report = await broken.explore();
    const found = { verdict: report.verdict, property: report.trace?.property, steps: (report.trace?.steps.length ?? 0) - 1 };
    t.diagnostic(`figures: ${kind}: found in ${String(found.steps)} steps, ${sizeOf(report)}`);
    assert.deepEqual(found, { verdict: "violated", property, steps }, wayOf(report));
    const row = `| ${kind} | ${failure} | ${planted} | ${property.split(" ")[0] ?? ""} | ${String(steps)} | ${report.distinct.toLocaleString("en-US")} |`;
    assert.ok(page.includes(row), `what-the-checker-finds.md has no row that begins with: ${row}`);
  });

  test(`${kind}: nothing is found in the same scope without the defect`, async (t) => {
    for (const [what, whole] of [["as it ships", sound], ["mended", mended]] as const) {
      if (whole === undefined) continue;
      const report = await once(whole);
      t.diagnostic(`figures: ${kind}: ${what}, ${sizeOf(report)}`);
      assert.deepEqual([report.verdict, report.unexpanded], ["pass", 0], `${report.reason}\n${wayOf(report)}`);
    }
  });
}
