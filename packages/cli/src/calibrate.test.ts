// `evenkeel calibrate` from a file to its words, its JSON and its picture; and what it says of files that it cannot read.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { cellsOf, timeOf } from "./csv.ts";
import { runCommand } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-calibrate-"));
test.after(() => { rmSync(folder, { recursive: true }); });

async function run(words: readonly string[], input?: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  async function* piped(): AsyncGenerator<string> { yield input ?? ""; }
  const around = { out: (text: string) => { out += text; }, err: (text: string) => { err += text; }, env: {}, folder, input: piped };
  const code = await runCommand(["calibrate", ...words], around);
  return { code, out, err };
}

const begin = Date.UTC(2026, 2, 1, 9);
const HEADER = "time,duration_ms,verdict,port,operation";

/** 20 calls/s for ten minutes; every 50th fails by itself, and from 09:04 to 09:05 all do. Durations go from 40 to 139 ms. */
function rows(write: (atMs: number, durationMs: number, verdict: string) => string): string[] {
  return Array.from({ length: 12_000 }, (_, index) => {
    const atMs = begin + index * 50;
    const out = index >= 4_800 && index < 6_000;
    return write(atMs, 40 + ((index * 37) % 100), out || index % 50 === 7 ? "failure" : "answer");
  });
}

const plain = [HEADER, ...rows((atMs, durationMs, verdict) => `${new Date(atMs).toISOString()},${String(durationMs)},${verdict},bank,charge`)];

function file(name: string, lines: readonly string[]): string {
  writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  return name;
}

test("it prints the record, the outage it found, the candidates and one recommendation with its reasons", async () => {
  const { code, out, err } = await run([file("calls.csv", plain)]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^12,000 calls in 10 min \(20 a second\): 1,416 failures, 0 timeouts\.\n10,797 of them outside outages: 2 % failed;/);
  // Two more began in it, after the last that failed had begun, and succeeded.
  assert.match(out, /Outages, detected,[^]* {5}1 {2}2026-03-01T09:04:00\.000Z {2}1 min +1,202 +1,200 /);
  assert.match(out, /The best of 162 candidates:\nRATE {2}CALLS {2}WINDOW[^]*recommended/);
  assert.match(out, /Recommended:\n {2}breaker: \{ failureRate: [\d.]+, minimumCalls: \d+, [^}]*\}\n {4}No false trip in 10,797 calls/);
  assert.match(out, /\n {2}timeoutMs: 210\n {4}99\.9 % of 10,581 calls outside outages/);
});

test("with --json it prints the calibration, from standard input too, and leaves no temporary file", async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("evenkeel-calibrate-")).length;
  const fromFile = await run(["calls.csv", "--json"]);
  const piped = await run(["-", "--json"], `${plain.join("\n")}\n`);
  assert.deepEqual([piped.code, piped.out], [fromFile.code, fromFile.out]);
  const found: unknown = JSON.parse(piped.out);
  assert.ok(typeof found === "object" && found !== null && "recommended" in found && "reasons" in found && "timeline" in found);
  assert.equal(readdirSync(tmpdir()).filter((name) => name.startsWith("evenkeel-calibrate-")).length, before);
});

test("a time may be a number or that of the end, columns may stand in any order and quoted, and lines may end as on Windows", async () => {
  const numbers = ["Verdict,ended,\"duration_ms\",note", ...rows((atMs, durationMs, verdict) => `${verdict},${String(atMs + durationMs)},"${String(durationMs)}","a, ""b"""`)];
  writeFileSync(join(folder, "windows.csv"), `\uFEFF${numbers.join("\r\n")}`);
  const { code, out, err } = await run(["windows.csv"]);
  assert.deepEqual([code, err, out], [0, "", (await run(["calls.csv"])).out]);
});

test("rows that cannot be read are counted and named with their lines, and many of them refuse the file", async () => {
  const odd = plain.with(3, "yesterday,12,answer").with(10, "2026-03-01T09:00:00Z,-4,answer").with(12, "2026-03-01T09:00:00Z,4,ok").with(20, 'a,"b');
  const { code, err, out } = await run([file("odd.csv", odd)]);
  assert.equal(code, 0);
  assert.match(out, /^11,996 calls/);
  assert.match(err, /^warning: 4 of 12,000 rows could not be read and are in no figure:\n {2}line 4: 'yesterday' is no time: give milliseconds/);
  assert.match(err, /line 11: duration_ms is '-4'[^]*line 13: verdict is 'ok': give answer, failure or timeout\n {2}line 21: a quotation mark is left open\n$/);
  const bad = await run([file("bad.csv", plain.map((line, index) => index % 50 === 1 ? "?" : line))]);
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^RECORD_UNREADABLE: bad\.csv has 240 unreadable rows of 12000, more than one in a hundred:\n {2}line 2: '\?' is no time/);
});

test("a file without a header, an empty one and one that is not there are refused with what to do", async () => {
  assert.match((await run([file("headless.csv", plain.slice(1))])).err, /^RECORD_UNREADABLE: headless\.csv has no column time, duration_ms, verdict in its header \(line 1\)/);
  assert.match((await run(["-"], "")).err, /^RECORD_UNREADABLE: Standard input is empty: its first line must be the header/);
  assert.match((await run(["absent.csv"])).err, /^RECORD_UNREADABLE: absent\.csv cannot be read: ENOENT/);
  assert.match((await run([file("few.csv", plain.slice(0, 100))])).err, /^CALIBRATION_TOO_SMALL: The record holds 99 calls/);
  const elsewhere = await run(["calls.csv", "--database", "postgresql://u:p@h/d"]);
  assert.deepEqual([elsewhere.code, elsewhere.err], [2, "USAGE_INVALID: calibrate reads a file, and --database names none: the log keeps no durations of attempts.\n"]);
});

test("one of several operations is chosen by name, and a mix is refused", async () => {
  const mixed = [...plain.slice(0, 1), ...plain.slice(1).flatMap((line) => [line, line.replace("bank,charge", "bank,refund")])];
  file("mixed.csv", mixed);
  assert.match((await run(["mixed.csv", "--port", "bank"])).err, /^CALIBRATION_RECORD_INVALID: The record holds calls of 2 operations: bank\/charge, bank\/refund\./);
  const one = await run(["mixed.csv", "--port", "bank", "--operation", "refund"]);
  assert.deepEqual([one.code, one.out], [0, (await run(["calls.csv"])).out]);
});

test("outages that are known come from a file, in which every row counts", async () => {
  const known = file("outages.csv", ["from,to", "2026-03-01T09:04:00Z,2026-03-01T09:05:00Z"]);
  const { code, out } = await run(["calls.csv", "--outages", known]);
  assert.equal(code, 0);
  assert.match(out, /Outages, given,[^]*2026-03-01T09:04:00\.000Z {2}1 min/);
  const none = await run(["calls.csv", "--outages", file("none.csv", ["from,to"])]);
  assert.match(none.out, /No outage was given\.[^]*The record holds no outage: how soon it trips is not known from it\./);
  const odd = await run(["calls.csv", "--outages", file("odd-outages.csv", ["from,to", "2026-03-01T09:04:00Z,soon"])]);
  assert.match(odd.err, /^RECORD_UNREADABLE: odd-outages\.csv, line 2: 'soon' is no time/);
});

test("the picture is one well-formed SVG with a title, a description, labelled axes and the open phases", async () => {
  const { code } = await run(["calls.csv", "--svg", "plot.svg", "--port", "bank"]);
  assert.equal(code, 0);
  const svg = readFileSync(join(folder, "plot.svg"), "utf8");
  assert.match(svg, /^<svg [^>]*role="img" aria-labelledby="title desc"/);
  assert.match(svg, /<title id="title">Calibration of bank<\/title>\n<desc id="desc">Above, the share of calls that failed over time, with 1 phases?/);
  for (const words of ["calls that failed or timed out", "duration (logarithmic)", "recommended breaker open", "recommended timeout, 210 ms", "time, UTC, from 2026-03-01"]) {
    assert.ok(svg.includes(words), words);
  }
  assert.equal(svg.match(/<rect [^>]*fill="#E69F00"/g)?.length, 2, "one phase and its place in the legend");
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|href|<script/);
  const open: string[] = [];
  for (const [, close = "", name = "", self = ""] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (close !== "") assert.equal(open.pop(), name);
    else if (self === "") open.push(name);
  }
  assert.deepEqual(open, []);
});

test("cells and times are read as they stand", () => {
  assert.deepEqual(cellsOf('a, b ,"c, ""d""",'), ["a", "b", 'c, "d"', ""]);
  assert.equal(cellsOf('"open'), null);
  assert.deepEqual(["12.5", "2026-03-01T09:00:00.5+01:00", "2026-03-01 08:00Z"].map(timeOf), [12.5, Date.UTC(2026, 2, 1, 8, 0, 0, 500), Date.UTC(2026, 2, 1, 8)]);
  for (const cell of ["", "2026-03-01T09:00:00", "-5", "2026-13-01T00:00:00Z"]) assert.equal(typeof timeOf(cell), "string", cell);
});
