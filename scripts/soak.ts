// `npm run soak`: a steady load on the embedded database for as long as you like, to see what a change does to throughput, latency and memory
// over time; above all a change of the lock file, whose parts no test of ours covers.
//   npm run -s soak -- --minutes 10 > before.json      minutes as lines on standard error, the result as JSON on standard output
//   npm run -s soak -- --minutes 10 --rate 500         messages a second, 200 unless told
//   npm run -s soak -- --minutes 10 --json             the lines on standard error as JSON, too
//   npm run -s soak -- --compare before.json after.json    a verdict; exit code 1 when the second is worse, 2 when they cannot be compared
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compareSoaks } from "./soak/compare.ts";
import { readReport, type SoakMinute } from "./soak/report.ts";
import { runSoak } from "./soak/run-soak.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words], strict: true, allowPositionals: true,
    options: { minutes: { type: "string", default: "5" }, rate: { type: "string", default: "200" }, json: { type: "boolean", default: false }, compare: { type: "boolean", default: false } },
  });
  if (values.compare) return compare(positionals, values.json);
  const report = await runSoak({
    minutes: positive("minutes", values.minutes), rate: positive("rate", values.rate),
    onMinute: (minute) => { console.error(values.json ? JSON.stringify(minute) : lineOf(minute)); },
  });
  console.log(JSON.stringify(report));
  if (report.lost > 0) console.error(`${String(report.lost)} of ${String(report.published)} messages were not handled.`);
  return report.lost === 0 ? 0 : 1;
}

function compare([before, after, ...rest]: readonly string[], json: boolean): number {
  if (before === undefined || after === undefined || rest.length > 0) throw new Error("--compare takes two files: before.json after.json.");
  const comparison = compareSoaks(readReport(before, readFileSync(before, "utf8")), readReport(after, readFileSync(after, "utf8")));
  if (json) console.log(JSON.stringify(comparison));
  else {
    for (const one of comparison.measures) console.log(`${one.isWorse ? "worse" : "ok   "}  ${one.name.padEnd(26)} ${one.before.toFixed(1).padStart(10)} -> ${one.after.toFixed(1).padStart(10)}  (bound ${one.bound.toFixed(1)})`);
    console.log(comparison.verdict);
  }
  return comparison.isComparable ? (comparison.isWorse ? 1 : 0) : 2;
}

function lineOf(one: SoakMinute): string {
  return `minute ${String(one.minute).padStart(3)}  ${one.perSecond.toFixed(0).padStart(6)}/s  p50 ${one.p50Ms.toFixed(1)} ms  p99 ${one.p99Ms.toFixed(1)} ms  `
    + `rss ${one.rssMb.toFixed(0)} MB  heap ${one.heapMb.toFixed(0)} MB  cpu ${one.cpuUsPerMessage.toFixed(0)} us a message`;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0)) throw new Error(`--${name} needs a number above zero; it got "${text}".`);
  return value;
}
