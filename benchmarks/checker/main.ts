// How fast does the checker explore, and in how much memory? Runs each model in a process of its own, several rounds, beside TLC with one
// worker where one is at hand; prints medians; fails where a size is wrong, a bar of memory is missed, or TLC is not half as fast or slower.
//
//   npm run bench:checker -- [--only LamportMutex,TokenRing] [--rounds 3] [--workers 2]
//   EVENKEEL_TLC_JAR=tla2tools.jar EVENKEEL_TLC_SPECS=Examples/specifications npm run bench:checker
//
// With --workers each round explores once more with so many threads; the ratio is of the searches and of the processes in the same rounds.
//
// Rates are generated states per second: of the search alone, and of the whole process from its start to its end, which is what is compared
// with TLC. Traps: TLC also checks a type invariant in each model, which TypeScript has checked before; Node starts slower than the JVM,
// because sources are compiled while they are loaded; garbage collection runs on a second core for both.
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { subjects } from "./subjects.ts";
import type { BenchmarkSubject } from "./subjects.ts";
import { absenceOfTlc, runTlc } from "./tlc.ts";

interface OwnRun {
  readonly verdict: string;
  readonly distinct: number;
  readonly generated: number;
  readonly seconds: number;
  readonly wallSeconds: number;
  readonly peakMb: number;
}

function runOwn({ name }: BenchmarkSubject, threads: number): OwnRun {
  const start = performance.now();
  const one = fileURLToPath(new URL("./one.ts", import.meta.url));
  const run = spawnSync(process.execPath, ["--conditions=evenkeel-source", "--import", "tsx", one, name, String(threads)], { encoding: "utf8" });
  const wallSeconds = (performance.now() - start) / 1000;
  if (run.status !== 0) throw new Error(`${name} failed (exit code ${run.status}): ${run.stderr}`);
  return { ...(JSON.parse(run.stdout) as Omit<OwnRun, "wallSeconds">), wallSeconds };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? NaN;
}

const { values } = parseArgs({ options: { only: { type: "string" }, rounds: { type: "string" }, workers: { type: "string" } } });
const rounds = Number(values.rounds ?? 3);
const threads = Number(values.workers ?? 1);
const asked = subjects.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));
const absent = absenceOfTlc(process.env);
const failures: string[] = [];
const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");

process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}; ${absent === null ? "TLC with one worker" : `no TLC: ${absent}`}\n`);
for (const subject of asked) {
  const own: OwnRun[] = [];
  const together: { search: number; process: number; peakMb: number }[] = [];
  const tlc: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const run = runOwn(subject, 1);
    own.push(run);
    const many = threads > 1 ? runOwn(subject, threads) : null;
    if (many !== null) together.push({ search: run.seconds / many.seconds, process: run.wallSeconds / many.wallSeconds, peakMb: many.peakMb });
    if (many !== null && (many.verdict !== run.verdict || many.distinct !== run.distinct || many.generated !== run.generated)) {
      failures.push(`${subject.name}: ${threads} threads say ${many.verdict}, ${many.distinct} states, ${many.generated} generated`);
    }
    if (run.verdict !== "pass" || run.distinct !== subject.distinct || run.generated !== subject.generated) {
      failures.push(`${subject.name}: ${run.verdict}, ${run.distinct} states, ${run.generated} generated; expected ${subject.distinct} and ${subject.generated}`);
    }
    const other = absent === null ? runTlc(subject, process.env) : null;
    if (other === null) continue;
    tlc.push(other.generated / other.wallSeconds);
    if (other.distinct !== subject.distinct) failures.push(`${subject.name}: TLC has ${other.distinct} states`);
  }
  const whole = median(own.map(({ generated, wallSeconds }) => generated / wallSeconds));
  const peak = Math.max(...own.map(({ peakMb }) => peakMb));
  const cells = [
    subject.name.padEnd(14), `${thousands(subject.distinct)} states`.padStart(18), `${thousands(subject.generated)} generated`.padStart(21),
    `search ${thousands(median(own.map(({ generated, seconds }) => generated / seconds)))}/s`.padStart(19), `process ${thousands(whole)}/s`.padStart(19),
    `peak ${Math.round(peak)} MB`.padStart(12),
  ];
  if (together.length > 0) {
    const ratio = (of: "search" | "process"): string => median(together.map((one) => one[of])).toFixed(2);
    cells.push(`${threads} threads: search ${ratio("search")} times as fast, process ${ratio("process")}, peak ${Math.round(Math.max(...together.map((one) => one.peakMb)))} MB`);
  }
  if (tlc.length > 0) cells.push(`TLC ${thousands(median(tlc))}/s, ${(whole / median(tlc)).toFixed(1)} times`);
  process.stdout.write(`${cells.join("  ")}\n`);
  if (subject.mostMb !== null && peak > subject.mostMb) failures.push(`${subject.name}: ${Math.round(peak)} MB, and ${subject.mostMb} MB is the bar`);
  if (tlc.length > 0 && whole < 2 * median(tlc)) failures.push(`${subject.name}: less than twice TLC's rate`);
}
for (const failure of failures) process.stdout.write(`FAILED  ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
