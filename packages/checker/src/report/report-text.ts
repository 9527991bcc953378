// A report as text for people: the verdict, what was seen, what was exercised, and the way to what is wrong. It leaves nothing out that
// would make a verdict look better than it is; for programs there is the report itself.
import type { Report, Trace } from "../report.ts";
import { differences, partsOf } from "./state-diff.ts";
import type { Difference } from "./state-diff.ts";

/**
 * A report as plain text, without colours, ending in a line break.
 *
 * @example process.stdout.write(reportText(await check(clock)));
 * // hour clock: PASS, all 12 states were seen, and everything that was asked holds
 */
export function reportText(report: Report): string {
  const sections = [
    [`${report.subject}: ${report.verdict.toUpperCase()}, ${report.reason}`, ...sizes(report), ...report.assumptions.map((one) => `  assuming: ${one}`)],
    table(["action", "fired", "new states", "from level"], report.actions.map((one) => [one.name, count(one.fired), count(one.fresh), level(one.firstDepth)])),
    table(["invariant", "evaluated", "applied"], report.invariants.map((one) => [one.name, count(one.evaluated), count(one.applied)])),
    table(["sometimes", "seen at level"], report.witnesses.map((one) => [one.name, level(one.depth)])),
    table(["endless runs", "judged"], report.temporal.map((one) => [one.name, one.checked ? "all" : "not all"])),
    report.trace === null ? [] : traceLines(report.trace),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function sizes(report: Report): string[] {
  const rate = report.seconds > 0 ? ` (${count(Math.round(report.generated / report.seconds))} generated/s)` : "";
  return [
    `  ${count(report.distinct)} states, ${count(report.generated)} generated, ${count(report.unexpanded)} not expanded, ${count(report.depth)} levels`,
    `  ${report.seconds.toFixed(2)} s${rate}, ${Math.round(report.peakMemoryBytes / 1e6)} MB, `
      + `collision probability ${report.collisionProbability.toExponential(1)}, seed ${report.seed}`,
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length)));
  return [heads, ...rows].map((row) => `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column > 0)).join("  ")}`.trimEnd());
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}

function traceLines({ property, steps, backTo }: Trace): string[] {
  const lines = [`  the way to ${JSON.stringify(property)}, ${steps.length} ${steps.length === 1 ? "state" : "states"}:`];
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    const detail = step.detail === undefined ? "" : ` ${JSON.stringify(step.detail, bigintsAsText) ?? ""}`;
    lines.push(`  ${String(index + 1).padStart(3)}. ${step.action ?? "begins"}${detail}`);
    const changes = before === undefined ? partsOf(step.state) : differences(before.state, step.state);
    lines.push(...(changes.length === 0 ? ["       (nothing changes)"] : changes.map((change) => `       ${changeText(change)}`)));
  }
  if (backTo !== null) lines.push(backTo === steps.length - 1 ? "       and then nothing more happens" : `       and then again from ${backTo + 1}., for ever`);
  return lines;
}

function changeText({ path, before, after }: Difference): string {
  const name = path === "" ? "" : `${path}: `;
  if (before === null) return `${name}${after ?? ""}`;
  return after === null ? `${name}${before} is gone` : `${name}${before} → ${after}`;
}

function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function level(value: number | null): string {
  return value === null ? "never" : count(value);
}
