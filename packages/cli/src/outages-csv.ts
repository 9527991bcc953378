// Reads the outages that somebody knows of from CSV. Each row counts, so one that cannot be read refuses the file.
import type { Outage } from "@evenkeel/core";
import { cellsOf, linesOf, timeOf } from "./csv.ts";
import { CliError } from "./errors.ts";

/** Throws `RECORD_UNREADABLE`. */
export async function outagesOf(name: string, text: AsyncIterable<string>): Promise<readonly Outage[]> {
  const outages: Outage[] = [];
  const refuse = (why: string): CliError => new CliError("RECORD_UNREADABLE", `${name}, ${why}`);
  let columns: readonly [number, number] | null = null;
  let line = 0;
  for await (const one of linesOf(text)) {
    line++;
    if (one.trim() === "") continue;
    const cells = cellsOf(one) ?? [];
    if (columns === null) {
      const names = cells.map((cell) => cell.toLowerCase());
      columns = [names.indexOf("from"), names.indexOf("to")];
      if (columns.includes(-1)) throw refuse(`line ${String(line)}: the header must be from,to.`);
      continue;
    }
    const [fromMs, toMs] = columns.map((column) => timeOf(cells[column] ?? ""));
    if (typeof fromMs !== "number") throw refuse(`line ${String(line)}: ${fromMs ?? ""}.`);
    if (typeof toMs !== "number") throw refuse(`line ${String(line)}: ${toMs ?? ""}.`);
    if (toMs < fromMs) throw refuse(`line ${String(line)}: the outage ends before it begins.`);
    outages.push({ fromMs, toMs });
  }
  return outages;
}
