// How many orders a second does the marketplace example finish, on what it brings itself?
//
// Its public command is run as a user runs it: `npm start -- --json`, with the embedded PostgreSQL server, on the generated
// sample or on an order file (`--orders FILE --limit N`). Orders per second and latency are the command's own figures, taken from
// what it stored. Peak memory is sampled from outside: every 50 ms each process of the command's tree is looked up in /proc, and
// the highest mark (VmHWM) of every Node process that was ever seen is added up: the marketplace itself, its payment provider, the
// watcher of the embedded server, and npm, tsx and esbuild's service where they run; npm's and tools' share is printed apart.
// The server's processes are printed apart too, because what they share would be counted many times.
//
// Traps: the marks of processes that did not live at the same time are added all the same, so it is an upper bound. A run on the
// sample takes a few seconds, most of which is start-up. The audit of the example must be clean, or the round has failed.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isObject, numberAt, parseObject } from "../harness/json.ts";
import type { Question } from "../harness/question.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const everyMs = 50;

export const marketplace: Question = {
  name: "marketplace",
  asks: (o) => `npm start -- --json on ${o.orders ?? "the generated sample"}${o.limit === undefined ? "" : `, the first ${o.limit}`}`,
  headline: { figure: "ordersPerSecond", better: "higher" },
  traits: (c) => c.marketplace?.traits ?? null,

  async round({ options }) {
    const file = options.orders === undefined ? [] : ["--orders", options.orders];
    const limit = options.limit === undefined ? [] : ["--limit", String(options.limit)];
    const { report, seen } = await runSampled(["start", "--silent", "--", "--json", ...file, ...limit]);
    const { latencyMs, audit } = report;
    if (!isObject(latencyMs) || !isObject(audit)) throw new Error("the marketplace's report lacks latencyMs or audit");
    const violations = audit["violations"];
    if (!Array.isArray(violations) || violations.length > 0) throw new Error(`the audit found ${JSON.stringify(violations)}`);
    const sumMb = (kind: Kind): number => [...seen.values()].filter((p) => p.kind === kind).reduce((sum, p) => sum + p.peakKb, 0) / 1024;
    const own = [...seen.values()].filter((p) => p.kind === "node");
    return [
      {
        mode: "",
        figures: {
          ordersPerSecond: numberAt(report, "ordersPerSecond"),
          seconds: numberAt(report, "seconds"),
          p50Ms: numberAt(latencyMs, "p50"),
          p99Ms: numberAt(latencyMs, "p99"),
          messages: numberAt(report, "messages"),
          nodePeakRssMb: sumMb("node"),
          toolsPeakRssMb: sumMb("tool"),
          serverLargestMb: Math.max(0, ...[...seen.values()].filter((p) => p.kind === "server").map((p) => p.peakKb)) / 1024,
        },
        remarks: [`Node processes: ${own.map((p) => `${p.what} ${Math.round(p.peakKb / 1024)} MiB`).join(", ")}`],
      },
    ];
  },

  play: () => Promise.reject(new Error("the marketplace plays no roles: its own command is run")),
};

type Kind = "node" | "tool" | "server" | "other";
interface Seen {
  readonly kind: Kind;
  readonly what: string;
  readonly peakKb: number;
}

async function runSampled(args: readonly string[]): Promise<{ report: Readonly<Record<string, unknown>>; seen: ReadonlyMap<number, Seen> }> {
  const child = spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const { pid } = child;
  if (pid === undefined) throw new Error("npm could not be started");
  const kill = (): void => void child.kill("SIGTERM");
  process.once("exit", kill);
  const seen = new Map<number, Seen>();
  const timer = setInterval(() => look(pid, seen), everyMs);
  let last = "";
  createInterface({ input: child.stdout }).on("line", (line) => (last = line === "" ? last : line));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearInterval(timer);
  process.removeListener("exit", kill);
  if (code !== 0) throw new Error(`npm ${args.join(" ")} ended with code ${String(code)}; its last line: ${last}`);
  return { report: parseObject(last), seen };
}

/** Descendants of a process, and what was one before its parent ended; a pid is looked up once to tell what it is. */
function look(of: number, seen: Map<number, Seen>): void {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? parentOf(pid) : null;
    if (parent !== null) parents.set(pid, parent);
  }
  for (const pid of parents.keys()) {
    let above: number | undefined = pid;
    while (above !== undefined && above !== of && !seen.has(above)) above = parents.get(above);
    if (above === undefined) continue;
    const peakKb = peakOf(pid);
    const before = seen.get(pid);
    if (peakKb === null) continue;
    // A process begins as a copy of its parent: what it is may be told only after it has become itself.
    const named = before === undefined || before.kind === "other" || before.kind === "tool" ? nameOf(pid) : before;
    seen.set(pid, { kind: named.kind, what: named.what, peakKb: Math.max(before?.peakKb ?? 0, peakKb) });
  }
}

function parentOf(pid: number): number | null {
  const text = read(pid, "stat");
  return text === null ? null : Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
}

function peakOf(pid: number): number | null {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(read(pid, "status") ?? "");
  return found === null ? null : Number(found[1]);
}

function nameOf(pid: number): { kind: Kind; what: string } {
  const words = (read(pid, "cmdline") ?? "").split("\0").filter((word) => word !== "");
  const line = words.join(" ");
  const binary = words[0]?.split("/").at(-1) ?? "";
  if (binary.startsWith("postgres")) return { kind: "server", what: "postgres" };
  if (/\bnpm\b|esbuild/.test(line)) return { kind: "tool", what: binary };
  if (binary !== "node") return { kind: "other", what: binary };
  const script = words.slice(1).find((word) => /\.[cm]?[jt]s$/.test(word) && !word.includes("node_modules")) ?? "a script of its own";
  return { kind: "node", what: script.split("/").slice(-3).join("/") };
}

function read(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null; // it has ended
  }
}
