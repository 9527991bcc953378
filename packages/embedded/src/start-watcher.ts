// Sees to it that exactly one watcher process looks after a running server; what it does is in watch.ts.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasCode } from "./has-code.ts";
import { writeWhole } from "./home.ts";
import type { Home } from "./home.ts";
import { identify, isStillRunning, parseIdentity } from "./process-identity.ts";
import { mustDrop, ownerOf } from "./server-user.ts";

/** Call it while holding the lock. The idle time of the latest caller holds for everybody. */
export function ensureWatcher(home: Home, postmasterPid: number, idleStopMs: number): void {
  const task = `${postmasterPid} ${idleStopMs}`;
  const noted = readNote(home);
  if (noted?.task === task && isStillRunning(noted.watcher)) return;
  endWatcher(home);
  const program = isSource ? "./watcher.ts" : "./watcher.js";
  const child = spawn(process.execPath, [
    ...memoryFlags, ...(isSource ? loaderFlags(process.execArgv) : []),
    fileURLToPath(new URL(program, import.meta.url)), home.folder, home.base, String(postmasterPid), String(idleStopMs),
  ], { cwd: isSource ? process.cwd() : home.base, detached: true, stdio: "ignore", windowsHide: true, env: ownEnvironment() });
  child.on("error", () => undefined); // without a watcher the server merely stays up until somebody stops it
  child.unref();
  const watcher = child.pid === undefined ? undefined : identify(child.pid);
  if (watcher !== undefined) writeWhole(home.watcher, `${task}\n${JSON.stringify(watcher)}`, mustDrop() ? ownerOf(home.folder) : undefined);
}

/** Call it while holding the lock, so that the watcher is not in the middle of stopping the server. */
export function endWatcher(home: Home): void {
  const noted = readNote(home);
  if (noted === undefined) return;
  if (noted.watcher.pid !== process.pid && isStillRunning(noted.watcher)) {
    try {
      process.kill(noted.watcher.pid);
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  }
  rmSync(home.watcher, { force: true });
}

const memoryFlags = ["--max-old-space-size=32", "--max-semi-space-size=1", "--no-warnings"];

/**
 * Run from its TypeScript source, as in this repository, the watcher needs what makes Node.js read TypeScript here, and
 * the working folder from which that is found.
 */
const isSource = import.meta.url.endsWith(".ts");

export function loaderFlags(own: readonly string[]): string[] {
  return own.flatMap((word, index) => {
    if (/^--(import|require|loader|experimental-loader)$/.test(word)) return [word, own[index + 1] ?? ""];
    return /^--(import|require|loader|experimental-loader|conditions|experimental-strip-types)(=|$)/.test(word) ? [word] : [];
  });
}

/** The caller's debugger, instrumentation and coverage are not the watcher's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return isSource && options !== undefined ? { ...rest, NODE_OPTIONS: options } : rest;
}

function readNote(home: Home): { task: string; watcher: { pid: number; startedAt: string } } | undefined {
  try {
    const [task = "", identity = ""] = readFileSync(home.watcher, "utf8").split("\n");
    const watcher = parseIdentity(identity);
    return watcher === undefined ? undefined : { task, watcher };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
