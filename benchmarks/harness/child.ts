// Starts one process of a contestant and talks with it: JSON lines both ways, standard output of the child carries
// nothing else. It knows no question.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { parseObject, stringAt } from "./json.ts";
import type { Json } from "./json.ts";

const here = dirname(fileURLToPath(import.meta.url));

export interface ChildJob {
  readonly contestant: string;
  readonly question: string;
  readonly role: string;
  readonly context: {
    readonly url: string;
    readonly pooled: boolean;
    readonly pollIntervalMs: number;
    readonly concurrency: number;
    readonly variant: string;
  };
  readonly params: Json;
}

export interface Child {
  send(message: Json): void;
  /** The next message of this kind; rejects if the process ends first. */
  next(kind: string): Promise<Json>;
  /** The messages of this kind that came and that nobody has taken. */
  heard(kind: string): readonly Json[];
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process ended by itself with code 0, else rejects. */
  ended(): Promise<void>;
}

/** Every process that is still alive, so that nothing outlives the harness. */
const alive = new Set<{ kill(signal: NodeJS.Signals): boolean }>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Evenkeel's sources are read in place, so its processes get the condition that names them; Node 20 needs tsx for TypeScript. */
export function launcherOf(contestant: string): { readonly binary: string; readonly args: readonly string[] } {
  if (contestant !== "evenkeel") return { binary: process.execPath, args: [] };
  const binary = process.env["EVENKEEL_NODE"] ?? process.execPath;
  const extra = process.env["EVENKEEL_NODE_ARGS"] ?? (process.env["EVENKEEL_NODE"] === undefined ? "" : "--import tsx");
  return { binary, args: ["--conditions=evenkeel-source", ...extra.split(" ").filter((a) => a !== "")] };
}

export function startChild(job: ChildJob): Child {
  const { binary, args } = launcherOf(job.contestant);
  const child = spawn(binary, [...args, "--disable-warning=ExperimentalWarning", join(here, "host.ts"), JSON.stringify(job)], {
    cwd: join(here, ".."),
    stdio: ["pipe", "pipe", "inherit"],
  });
  alive.add(child);
  const label = `${job.contestant} ${job.question}/${job.role}`;
  const inbox: Json[] = [];
  const waiting: { kind: string; resolve(message: Json): void; reject(error: Error): void }[] = [];
  let over: Error | null = null;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => {
      alive.delete(child);
      over = new Error(`${label} ended early (code ${String(code)}, signal ${String(signal)})`);
      for (const w of waiting.splice(0)) w.reject(over);
      resolve({ code, signal });
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    let message: Json;
    try {
      message = parseObject(line);
      stringAt(message, "kind");
    } catch {
      process.stderr.write(`[${label}] ${line}\n`);
      return;
    }
    const index = waiting.findIndex((w) => w.kind === message["kind"]);
    if (index === -1) inbox.push(message);
    else waiting.splice(index, 1)[0]?.resolve(message);
  });
  child.stdin.on("error", () => undefined); // a killed child: `next` and `ended` report it
  return {
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    next(kind) {
      const index = inbox.findIndex((m) => m["kind"] === kind);
      const found = index === -1 ? undefined : inbox.splice(index, 1)[0];
      if (found !== undefined) return Promise.resolve(found);
      if (over !== null) return Promise.reject(over);
      return new Promise((resolve, reject) => waiting.push({ kind, resolve, reject }));
    },
    heard: (kind) => inbox.filter((m) => m["kind"] === kind),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async ended() {
      const { code, signal } = await exited;
      if (code !== 0) throw new Error(`${label} failed (code ${String(code)}, signal ${String(signal)})`);
    },
  };
}
