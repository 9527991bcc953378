// Runs one test file in a process of its own and returns the verdict. node:test runs inside that process; the runner
// starts the process itself, rather than through node:test's `run()`, because each file gets its own temporary folder and
// mark and so can be held responsible for what it leaves behind.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { judge } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import { clearLeftovers } from "./leftovers.ts";
import { decodeEvents } from "./test-event.ts";

type FileRun = {
  readonly root: string;
  readonly file: string;
  /** A folder of the whole run with a short path: Unix sockets live below it, and their paths may have 107 bytes. */
  readonly runFolder: string;
  readonly runId: string;
  readonly number: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly fileTimeoutMs: number;
  readonly signal: AbortSignal;
};

export type FileResult = Verdict & { readonly file: string; readonly durationMs: number };

const reporter = new URL("reporter.ts", import.meta.url).href;
const sources = new URL("sources.mjs", import.meta.url).href;

export async function runFile(run: FileRun): Promise<FileResult> {
  const started = performance.now();
  const temporary = join(run.runFolder, String(run.number));
  const report = join(run.runFolder, `${run.number}.jsonl`);
  const cache = prepareFolder(temporary);
  const mark = { name: "EVENKEEL_TEST_RUN", value: `${run.runId}.${run.number}` };
  const child = spawn(
    process.execPath,
    [
      "--conditions=evenkeel-source", "--import", sources, "--enable-source-maps",
      `--test-reporter=${reporter}`, `--test-reporter-destination=${report}`, run.file,
    ],
    {
      cwd: run.root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...withoutTestContext(), ...run.environment, [mark.name]: mark.value, TMPDIR: temporary },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, run.fileTimeoutMs);
  const stop = () => child.kill("SIGKILL");
  run.signal.addEventListener("abort", stop);
  // "exit", not "close": a grandchild that was left running may hold the pipes open, and that is for the leftovers to tell.
  const end = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("exit", (code, signal) => resolve({ code, signal })).once("error", reject);
  });
  clearTimeout(limit);
  run.signal.removeEventListener("abort", stop);
  const leftovers = await clearLeftovers({ mark: `${mark.name}=${mark.value}`, folder: temporary, expected: new Set([cache]) });
  const events = existsSync(report) ? decodeEvents(readFileSync(report, "utf8")) : [];
  const verdict = judge(events, { ...end, timedOut, output }, leftovers);
  return { ...verdict, file: run.file, durationMs: Math.round(performance.now() - started) };
}

/** Makes the file's temporary folder, open to the user a database server drops to; returns the name to overlook in it. */
function prepareFolder(temporary: string): string {
  mkdirSync(temporary);
  chmodSync(temporary, 0o1777);
  // Programs that a test starts with tsx: it keeps compiled sources under TMPDIR; the link lets every file share the machine's cache instead of
  // starting cold.
  const cache = `tsx-${userInfo().uid}`;
  const shared = join(tmpdir(), cache);
  mkdirSync(shared, { recursive: true });
  symlinkSync(shared, join(temporary, cache));
  return cache;
}

function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _outer, ...rest } = process.env;
  return rest;
}

export const repositoryRoot = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
