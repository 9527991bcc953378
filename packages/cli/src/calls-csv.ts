// Reads a record of calls from CSV, row by row and as often as asked. A row that cannot be read is counted and named with its line, never
// dropped in silence; a file in which more than one row in a hundred is like that is refused.
import type { CallOutcome } from "@evenkeel/core";
import { cellsOf, linesOf, timeOf } from "./csv.ts";
import { CliError } from "./errors.ts";

const HEADER = "time,duration_ms,verdict,port,operation";
const MOST_NAMED = 5;

/** Which cell holds what. */
interface Columns {
  readonly time: number;
  /** Whether the time is that of the end. */
  readonly isEnd: boolean;
  readonly durationMs: number;
  readonly verdict: number;
  readonly port: number;
  readonly operation: number;
}

export class CallsCsv {
  readonly #name: string;
  readonly #open: () => AsyncIterable<string>;
  readonly #progress: (rows: number, reading: number) => void;
  #readings = 0;
  rows = 0;
  unreadable = 0;
  /** The first five, with their lines. */
  readonly named: string[] = [];

  /** @param name for messages; @param open begins anew at each call. */
  constructor(name: string, open: () => AsyncIterable<string>, progress: (rows: number, reading: number) => void) {
    this.#name = name;
    this.#open = open;
    this.#progress = progress;
  }

  /** Counts rows at the first reading only. Throws `RECORD_UNREADABLE`. */
  async *outcomes(): AsyncGenerator<CallOutcome> {
    const isFirst = this.#readings++ === 0;
    let columns: Columns | null = null;
    let line = 0;
    for await (const text of linesOf(this.#open())) {
      line++;
      if (text.trim() === "") continue;
      if (columns === null) {
        columns = this.#columns(text, line);
        continue;
      }
      if (line % 250_000 === 0) this.#progress(line, this.#readings);
      const row = outcomeOf(text, columns);
      if (isFirst) this.rows++;
      if (typeof row !== "string") yield row;
      else if (isFirst) this.#cannotRead(line, row);
    }
    if (columns === null) throw this.#unreadable(`is empty: its first line must be the header ${HEADER}.`);
    if (isFirst && this.unreadable * 100 > this.rows) {
      throw this.#unreadable(`has ${String(this.unreadable)} unreadable rows of ${String(this.rows)}, more than one in a hundred:\n  ${this.named.join("\n  ")}`);
    }
  }

  #cannotRead(line: number, why: string): void {
    this.unreadable++;
    if (this.named.length < MOST_NAMED) this.named.push(`line ${String(line)}: ${why}`);
  }

  #columns(text: string, line: number): Columns {
    const names = (cellsOf(text) ?? []).map((name) => name.toLowerCase());
    const isEnd = !names.includes("time") && names.includes("ended");
    const missing = [isEnd ? "ended" : "time", "duration_ms", "verdict"].filter((name) => !names.includes(name));
    if (missing.length > 0) {
      throw this.#unreadable(`has no column ${missing.join(", ")} in its header (line ${String(line)}): write ${HEADER}; 'ended' may stand for 'time'.`);
    }
    return {
      time: names.indexOf(isEnd ? "ended" : "time"), isEnd, durationMs: names.indexOf("duration_ms"), verdict: names.indexOf("verdict"),
      port: names.indexOf("port"), operation: names.indexOf("operation"),
    };
  }

  #unreadable(what: string): CliError {
    return new CliError("RECORD_UNREADABLE", `${this.#name} ${what}`, { details: { unreadable: this.unreadable, rows: this.rows } });
  }
}

/** A row's outcome, or what is wrong with it. */
function outcomeOf(text: string, columns: Columns): CallOutcome | string {
  const cells = cellsOf(text);
  if (cells === null) return "a quotation mark is left open";
  const timeMs = timeOf(cells[columns.time] ?? "");
  if (typeof timeMs === "string") return timeMs;
  const duration = cells[columns.durationMs] ?? "";
  const durationMs = duration === "" ? NaN : Number(duration);
  if (!(durationMs >= 0 && durationMs < Infinity)) return `duration_ms is '${duration}': give milliseconds, 0 or more`;
  const verdict = cells[columns.verdict] ?? "";
  if (verdict !== "answer" && verdict !== "failure" && verdict !== "timeout") return `verdict is '${verdict}': give answer, failure or timeout`;
  const port = cells[columns.port] ?? "";
  const operation = cells[columns.operation] ?? "";
  const atMs = columns.isEnd ? timeMs - durationMs : timeMs;
  return { atMs, durationMs, verdict, ...(port === "" ? {} : { port }), ...(operation === "" ? {} : { operation }) };
}
