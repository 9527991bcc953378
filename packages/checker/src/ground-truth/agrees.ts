// Compares what the checker says of a reference model with what the reference says: sizes of an exhausted space, or the length of the
// shortest way to a defect. Numbers are compared exactly; nothing here knows a number.
import assert from "node:assert/strict";

interface Exhausted {
  readonly distinct: number;
  /** Levels of a breadth-first search, initial states being level 1. */
  readonly depth: number;
  /** Left out where the reference counts a successor once for each way in which a guard is true. */
  readonly generated?: number;
}

interface Seen {
  readonly verdict: string;
  readonly reason: string;
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  readonly trace: { readonly property: string; readonly steps: readonly unknown[] } | null;
}

/** The space was seen whole and everything asked of it holds. */
export function assertExhausted(report: Seen, expected: Exhausted): void {
  assert.equal(report.verdict, "pass", report.reason);
  const { distinct, depth, generated } = report;
  const sizes = expected.generated === undefined ? { distinct, depth } : { distinct, depth, generated };
  assert.deepEqual(sizes, expected);
}

/** A property is broken (or `deadlock`), and the shortest way there has as many states. */
export function assertBroken(report: Seen, expected: { readonly property: string; readonly states: number }): void {
  assert.equal(report.verdict, expected.property === "deadlock" ? "deadlock" : "violated", report.reason);
  assert.deepEqual({ property: report.trace?.property, states: report.trace?.steps.length }, expected);
}
