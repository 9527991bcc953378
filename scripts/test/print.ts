// How a run looks to a person, and with --json to a machine (one object per line). The last line of stdout is always
// `N passed, N failed, N skipped`, because other tools read it.
import type { FileResult } from "./run-file.ts";

type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };

export function totalsOf(results: readonly FileResult[]): Totals {
  return {
    passed: sum(results.map((result) => result.passed)),
    failed: sum(results.map((result) => result.failures.length)),
    skipped: sum(results.map((result) => result.skipped.length)),
  };
}

export function summaryLine(totals: Totals): string {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
}

export function describeFile(result: FileResult): string {
  const counts = [
    `${result.passed} passed`,
    ...(result.failures.length > 0 ? [`${result.failures.length} failed`] : []),
    ...(result.skipped.length > 0 ? [`${result.skipped.length} skipped`] : []),
  ];
  const verdict = result.failures.length > 0 ? "FAIL" : "ok  ";
  const line = `${verdict} ${result.file} (${(result.durationMs / 1000).toFixed(1)} s; ${counts.join(", ")})`;
  return [line, ...result.figures.map((text) => `     ${text}`)].join("\n");
}

/** Every failure in full, then every skip with its reason; empty when there is neither. */
export function describeProblems(results: readonly FileResult[]): string[] {
  const failures = results.flatMap(({ file, failures: list }) => {
    return list.map((one) => `\nFAILED ${file}\n  ${one.name}\n${indent(one.details)}`);
  });
  const skips = results.flatMap(({ file, skipped }) => skipped.map((one) => `skipped ${file}: ${one.name}: ${one.reason}`));
  return [...failures, ...(skips.length > 0 ? ["", ...skips] : [])];
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
