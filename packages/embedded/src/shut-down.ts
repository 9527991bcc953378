// Ends a running server in PostgreSQL's "fast" way: sessions are cut, open transactions roll back, all is written.
import { rmdirSync } from "node:fs";
import { findBinaries } from "./binaries.ts";
import { embeddedError } from "./errors.ts";
import { hasCode } from "./has-code.ts";
import type { Home } from "./home.ts";
import { findPostmaster, hasEnded, isPostmasterOf, readPostmaster } from "./postmaster.ts";
import { runTool } from "./run-tool.ts";
import { endWatcher } from "./start-watcher.ts";

/** Writing everything to a slow disk takes a while; killing it instead would only move that work to the next start. */
const PATIENCE_MS = 60_000;

/** Call it while holding the lock. Ends the watcher as well; without a running server that is all. */
export async function shutDown(home: Home): Promise<void> {
  endWatcher(home);
  const running = findPostmaster(home.data);
  if (running === undefined) return;
  if (process.platform === "win32") await runTool(findBinaries(), home, "pg_ctl", ["stop", "-m", "fast", "-D", home.data]);
  else signal(running.pid, "SIGINT");
  if (!(await hasEnded(home.data, running.pid, PATIENCE_MS))) {
    throw embeddedError("EMBEDDED_STOP_FAILED", { folder: home.folder, pid: running.pid, waitedMs: PATIENCE_MS });
  }
  removeIfEmpty(running.socketFolder);
}

/**
 * Ends a server whose data were deleted or replaced under it. It would notice that itself within a minute; until then it
 * only holds memory. At once, because there is nothing left that it could write.
 */
export async function endBereft(home: Home, pid: number): Promise<void> {
  if (readPostmaster(home.data)?.pid === pid || !isPostmasterOf(home.data, pid)) return;
  signal(pid, "SIGQUIT");
  await hasEnded(home.data, pid, PATIENCE_MS);
}

function signal(pid: number, name: "SIGINT" | "SIGQUIT"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error; // it ended by itself this instant
  }
}

/** A socket folder in the temporary folder must not stay behind. */
function removeIfEmpty(folder: string): void {
  if (folder === "") return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTEMPTY", "EACCES", "EPERM")) throw error;
  }
}
