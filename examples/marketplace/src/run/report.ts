// What a run prints: a summary for people, one JSON object for machines. It refuses to decide whether the run was good.
import { outageLines } from "./outageReport.ts";
import type { RunResult } from "./runMarketplace.ts";

/** The object behind `--json`. */
export function jsonReport({ figures, fed, retries, outage, audit }: RunResult): object {
  return {
    orders: figures.orders,
    messages: figures.messages,
    duplicatesAbsorbed: fed.duplicatesAbsorbed,
    parked: figures.parked,
    retries,
    seconds: round(figures.seconds),
    ordersPerSecond: rate(figures),
    latencyMs: figures.latencyMs,
    outage,
    audit,
  };
}

export function textReport(result: RunResult): string {
  const { rows, fed, figures, retries, kills, outage, audit } = result;
  const lines = [
    `Rows    ${rows.orderRows} in ${rows.orders} orders, ${rows.returnRows} in ${rows.returns} returns${adjustments(rows.adjustments)}`,
  ];
  if (rows.badRows + rows.lateRows > 0) {
    lines.push(`        ${rows.badRows} rows could not be read, ${rows.lateRows} came after their invoice had ended:`);
    for (const example of rows.examples) lines.push(`          ${example}`);
    if (rows.badRows + rows.lateRows > rows.examples.length) lines.push("          ...");
  }
  lines.push(
    `Orders  ${Object.entries(figures.orders).map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`,
    `        ${fed.cancellations} cancellations asked for, ${fed.duplicatesAbsorbed} duplicates absorbed at the door`,
    `Work    ${figures.messages} messages, ${retries} retries, ${figures.parked} parked${kills > 0 ? `, ${kills} workers killed` : ""}`,
    `Time    ${figures.ended} ended in ${round(figures.seconds)} s: ${rate(figures)} a second`,
    `        from publish to end p50 ${figures.latencyMs.p50} ms, p99 ${figures.latencyMs.p99} ms`,
    ...outageLines(outage),
    "Audit",
  );
  for (const [invariant, checked] of Object.entries(audit.checked)) {
    const found = audit.violations.filter((one) => one.invariant === invariant);
    lines.push(`        ${found.length === 0 ? "holds   " : "VIOLATED"} ${invariant} (${checked} checked)`);
    for (const { key, what } of found.slice(0, 10)) lines.push(`                 ${key}: ${what}`);
    if (found.length > 10) lines.push(`                 and ${found.length - 10} more`);
  }
  return lines.join("\n");
}

function adjustments(counts: RunResult["rows"]["adjustments"]): string {
  const parts = Object.entries(counts).map(([reason, count]) => `${count} ${reason}`);
  return parts.length === 0 ? "" : `; no orders: ${parts.join(", ")}`;
}

function rate({ ended, seconds }: RunResult["figures"]): number {
  return seconds > 0 ? round(ended / seconds) : 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
