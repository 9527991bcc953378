// How the anomalies are told: the broken system by the property that breaks and the length of the shortest way to it, the fixed one by the
// number of its states, and a protection of the platform by what happens without it. It checks nothing itself.
import assert from "node:assert/strict";
import type { MutationReport, Report } from "../index.ts";

/** @param steps of the shortest trace, the start not counted. */
export function assertBroken(report: Report, property: string, steps: number): void {
  assert.deepEqual([report.verdict, report.trace?.property, (report.trace?.steps.length ?? 0) - 1], ["violated", property, steps], report.reason);
}

export function assertFixed(report: Report, states: number): void {
  assert.deepEqual([report.verdict, report.distinct], ["pass", states], report.reason);
}

/** The system passes as it ships, and the mutant that takes a protection away breaks a property. */
export function assertProtected({ base, mutants }: MutationReport, states: number, mutant: string, property: string, steps: number): void {
  assertFixed(base, states);
  const found = mutants.find(({ text }) => text === mutant);
  assert.deepEqual([found?.result, found?.by], ["killed", { property, steps }], mutants.map(({ text }) => text).join(", "));
}
