// The server's log: one file, and one older one. PostgreSQL's own collector would be one more process, and one that
// outlives the server for a moment. It keeps the size in bounds; what is written there is PostgreSQL's.
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, statSync, truncateSync } from "node:fs";
import type { Home } from "./home.ts";
import { giveTo } from "./server-user.ts";

const MOST_BYTES = 10 * 1024 * 1024;
const LAST_LINES = 8;

/** Opens the log for a new server to append to. The caller closes it after handing it over. */
export function openLog(home: Home): number {
  rotateLog(home);
  const handle = openSync(home.log, "a", 0o600);
  try {
    giveTo(home.user, home.log);
    return handle;
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** Safe while the server writes: it appends, so after the cut it goes on at the new end. */
export function rotateLog(home: Home): void {
  if (logSize(home) < MOST_BYTES) return;
  copyFileSync(home.log, `${home.log}.old`);
  truncateSync(home.log, 0);
}

export function logSize(home: Home): number {
  return existsSync(home.log) ? statSync(home.log).size : 0;
}

/** The last lines that were written after the log had the size `from`. */
export function lastWords(home: Home, from: number): string[] {
  if (!existsSync(home.log)) return [];
  const lines = readFileSync(home.log).subarray(from).toString().split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "").slice(-LAST_LINES);
}
