// `evenkeel calibrate`: replays recorded calls through the circuit breaker for many settings, and recommends one. It reads files and touches
// no database.
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { calibrate as calibrated, type Calibration, type CandidateReport } from "@evenkeel/core";
import { calibrationPlot } from "../calibration-plot.ts";
import { calibrationText } from "../calibration-text.ts";
import { CallsCsv } from "../calls-csv.ts";
import { show, type Command, type Invocation } from "../command.ts";
import { CliError, usage } from "../errors.ts";
import { outagesOf } from "../outages-csv.ts";
import { grouped, printable } from "../table.ts";

export const calibrate: Command = {
  name: "calibrate",
  summary: "recommends a circuit breaker and a timeout from recorded calls",
  positional: "FILE.csv|-",
  options: {
    port: { value: "NAME", help: "only calls of this port" },
    operation: { value: "NAME", help: "only calls of this operation" },
    outages: { value: "FILE", help: "the outages you know of, as CSV with the header from,to; default: detected" },
    svg: { value: "FILE", help: "draws failures, open phases and durations over time" },
  },
  details: [
    "The record is CSV with a header: time,duration_ms,verdict and, if there are several, port,operation. A time is that of the call's " +
    "begin, in milliseconds or as 2026-03-01T09:30:00.125Z; a column 'ended' may stand for it. A verdict is answer (also a decline), " +
    "failure or timeout. Rows are in order of time, up to 10,000 out of place. The file is read three times; standard input is put into a " +
    "temporary file for that.",
    "Every candidate is replayed through the breaker that ships. A trip outside every outage is false. A thousand calls outside outages are " +
    "the least.",
    "It reads no database: the log keeps how calls ended, not when each attempt began and how long it took.",
  ],
  examples: ["evenkeel calibrate calls.csv --port payments --svg payments.svg", "zcat calls.csv.gz | evenkeel calibrate - --json | jq .recommended.settings"],
  run: async (invocation) => {
    const { given, around } = invocation;
    for (const name of ["database", "folder", "schema"]) {
      if (given.flag(name)) throw usage(`calibrate reads a file, and --${name} names none: the log keeps no durations of attempts.`);
    }
    const file = given.positionals[0] ?? "";
    const spool = file === "-" ? await spooled(around.input) : null;
    try {
      const { found, csv } = await calibrateFile(invocation, spool?.file ?? resolve(around.folder, file), file === "-" ? "Standard input" : file);
      const svg = given.text("svg");
      const choice = [given.text("port"), given.text("operation")].flatMap((one) => one ?? []).join("/");
      if (svg !== undefined) await writeFile(resolve(around.folder, svg), calibrationPlot(found, choice));
      show(invocation, { ...brief(found), rows: csv.rows, unreadableRows: csv.unreadable, unreadable: csv.named }, calibrationText(found));
      if (csv.unreadable > 0) around.err(unreadableText(csv));
      return 0;
    } finally {
      await spool?.remove();
    }
  },
};

async function calibrateFile({ given, around }: Invocation, path: string, name: string): Promise<{ found: Calibration; csv: CallsCsv }> {
  const csv = new CallsCsv(name, () => textOf(path, name), (rows, reading) => {
    around.err(`calibrate: reading ${String(reading)} of 3, ${grouped(rows)} rows\n`);
  });
  const [port, operation, outagesFile] = [given.text("port"), given.text("operation"), given.text("outages")];
  const outages = outagesFile === undefined ? undefined : await outagesOf(outagesFile, textOf(resolve(around.folder, outagesFile), outagesFile));
  const found = await calibrated(() => csv.outcomes(), {
    ...(port === undefined ? {} : { port }), ...(operation === undefined ? {} : { operation }), ...(outages === undefined ? {} : { outages }),
  });
  return { found, csv };
}

async function* textOf(path: string, name: string): AsyncGenerator<string> {
  try {
    for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 18 })) yield String(chunk);
  } catch (error) {
    throw new CliError("RECORD_UNREADABLE", `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Standard input can be read once, and the record is read three times. */
async function spooled(input: Invocation["around"]["input"]): Promise<{ file: string; remove(): Promise<void> }> {
  if (input === undefined) throw usage("There is no standard input here: give a FILE.csv.");
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-calibrate-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  const file = join(folder, "calls.csv");
  try {
    await pipeline(Readable.from(input()), createWriteStream(file));
  } catch (error) {
    await remove();
    throw error;
  }
  return { file, remove };
}

/** Without the open phases of candidates that nobody will draw. */
function brief(found: Calibration): object {
  const short = ({ openPhases: _phases, ...one }: CandidateReport): unknown => one;
  return { ...found, candidates: found.candidates.map(short), defaults: short(found.defaults) };
}

function unreadableText({ unreadable, rows, named }: CallsCsv): string {
  const lines = named.map((one) => `  ${printable(one)}\n`).join("");
  const more = unreadable > named.length ? `  and ${grouped(unreadable - named.length)} more\n` : "";
  return `warning: ${grouped(unreadable)} of ${grouped(rows)} rows could not be read and are in no figure:\n${lines}${more}`;
}
