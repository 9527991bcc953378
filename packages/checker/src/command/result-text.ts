// What a run of checks says to people: a line while it goes, one result, and all of them at the end.
import type { Progress } from "../explore/options.ts";
import { reportText } from "../report/report-text.ts";
import type { CheckResult } from "./run-checks.ts";

/** "120,000 states, 45,000/s, level 14, 3,400 waiting, 230 MiB". */
export function progressText({ distinct, rate, depth, queue, memoryBytes }: Progress): string {
  return `${count(distinct)} states, ${count(Math.round(rate))} generated/s, level ${String(depth)}, ${count(queue)} waiting, ${mebibytes(memoryBytes)}`;
}

export function resultText(result: CheckResult): string {
  const last = result.reports.at(-1);
  const head = `${result.passed ? "passed" : "FAILED"}  ${result.file}  ${result.name}`;
  const scope = result.completed === null ? "no scope was seen as a whole" : `seen as a whole: ${result.completed}`;
  const left = result.left.length === 0 ? "" : `; not begun: ${result.left.join(", ")}`;
  return `${head}\n${scope}${left}\n${last === undefined ? "" : reportText(last)}\n`;
}

export function summaryText(results: readonly CheckResult[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const states = results.flatMap(({ reports }) => reports).reduce((sum, { distinct }) => sum + distinct, 0);
  const named = failed.map(({ file, name }) => `  ${file}  ${name}\n`).join("");
  const cut = results.filter(({ passed, bounded }) => passed && bounded !== null).length;
  const within = cut === 0 ? "" : `, ${count(cut)} of them with a wider scope that a bound ended`;
  return `${count(results.length - failed.length)} of ${count(results.length)} checks passed${within}; ${count(states)} states were seen.\n${named}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function mebibytes(bytes: number): string {
  return `${count(Math.round(bytes / 1_048_576))} MiB`;
}
