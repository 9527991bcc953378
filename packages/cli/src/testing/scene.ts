// What this package's tests of the whole command share: a schema of their own, the command with its words captured, worker processes,
// and waiting. Each takes itself away when its test ends.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { App } from "@evenkeel/core";
import { openPostgres } from "@evenkeel/postgres";
import { runCommand } from "../run-command.ts";
import shippingApp, { type Accepted } from "./shipping-app.ts";

export type ShippingApp = App<Accepted>;

interface Ran { readonly code: number; readonly out: string; readonly err: string }

export interface Scene {
  readonly url: string;
  readonly schema: string;
  /** The application in the test's own process; it does not work before its `start`. */
  app(): Promise<ShippingApp>;
  /** Runs the command in this process. */
  evenkeel(...words: readonly string[]): Promise<Ran>;
  /** The same with `--json`, parsed. */
  json(...words: readonly string[]): Promise<{ readonly code: number; readonly value: unknown }>;
  /** Starts `evenkeel worker` in a process of its own. */
  worker(options?: WorkerStart): WorkerProcess;
}

interface WorkerStart {
  readonly words?: readonly string[];
  /** The application's own limit for its stop. */
  readonly stopMs?: number;
  /** Whether it writes its log to standard error, and has the usual limit for handlers. */
  readonly says?: boolean;
}

interface WorkerProcess {
  readonly pid: number;
  /** Resolves with the line of JSON that reports the event. */
  event(name: string): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when it has written the text to standard error. */
  said(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export function scene(t: TestContext): Scene {
  const url = process.env["EVENKEEL_TEST_DATABASE_URL"];
  assert.ok(url, "Set EVENKEEL_TEST_DATABASE_URL, or run this through npm test, which does.");
  const schema = `cli_${randomBytes(5).toString("hex")}`;
  const place = ["--database", url, "--schema", schema];
  const ends: (() => Promise<unknown>)[] = [() => drop(url, schema)];
  t.after(async () => { for (const end of ends.reverse()) await end(); });

  async function evenkeel(...words: readonly string[]): Promise<Ran> {
    let out = "";
    let err = "";
    const heard = { out: (text: string) => { out += text; }, err: (text: string) => { err += text; } };
    const code = await runCommand([...words, ...place], { ...heard, env: {}, folder: tmpdir() });
    return { code, out, err };
  }

  return {
    url, schema, evenkeel,
    app: async () => {
      const app = await shippingApp({ database: url, schema });
      ends.push(() => app.stop());
      return app;
    },
    json: async (...words) => {
      const ran = await evenkeel(...words, "--json");
      const value: unknown = JSON.parse(ran.out);
      return { code: ran.code, value };
    },
    worker: (options = {}) => {
      const [worker, end] = startWorker([...options.words ?? [], ...place], options.stopMs ?? 300, options.says ?? false);
      ends.push(end);
      return worker;
    },
  };
}

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const application = fileURLToPath(new URL("shipping-app.ts", import.meta.url));

function startWorker(words: readonly string[], stopMs: number, says: boolean): readonly [WorkerProcess, () => Promise<void>] {
  const child = spawn(process.execPath, [...loader(), main, "worker", application, "--json", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SHIPPING_STOP_MS: String(stopMs), SHIPPING_SAYS: says ? "1" : "0" },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { err += text; });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => { resolve({ code, signal }); });
  });
  const worker: WorkerProcess = {
    pid: child.pid ?? -1,
    event: (name) => eventually(`the worker reports '${name}' (it said: ${out}${err})`, () => {
      const found = out.split("\n").slice(0, -1).map((line) => record(JSON.parse(line))).find((one) => one["event"] === name);
      if (found === undefined) assert.equal(child.exitCode, null, `the worker ended before it was ${name}: ${out}${err}`);
      return found;
    }),
    said: (text) => eventually(`the worker says '${text}'`, () => err.includes(text) ? err : undefined),
    kill: (signal) => { child.kill(signal); },
    ended: () => ended,
  };
  return [worker, () => end(child, ended)];
}

/** What runs the sources in this process runs them in that one, too; the test runner's own options stay here. */
function loader(): readonly string[] {
  return process.execArgv.flatMap((word, index, words) => {
    if (word === "--import") return [word, words[index + 1] ?? ""];
    return word.startsWith("--conditions=") || word.startsWith("--import=") ? [word] : [];
  });
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await ended;
}

async function drop(url: string, schema: string): Promise<void> {
  const store = openPostgres({ url, schema, log: () => undefined, poolSize: 1 });
  await store.transaction(async (sql) => ({ value: await sql.query(`drop schema if exists "${schema}" cascade`), calls: [] }));
  await store.close();
}

const PATIENCE_MS = 60_000;

/** Asks again until there is an answer; the bound only keeps a failing test from hanging. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < until, `Not within ${String(PATIENCE_MS / 1_000)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value));
  return { ...value };
}

export function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  assert.ok(Array.isArray(value));
  return value.map(record);
}
