// Reads what a running server says about itself in postmaster.pid, and tells whether it runs and is the one of this folder.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "./has-code.ts";
import { commandLineOf, identify } from "./process-identity.ts";

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** "" when the server has no socket. */
  readonly socketFolder: string;
  readonly status: "starting" | "stopping" | "ready" | "unknown";
}

/** The lines are fixed: process, data folder, start time, port, socket folder, address, shared memory, status. */
export function readPostmaster(data: string): Postmaster | undefined {
  try {
    const [pid = "", , , port = "", socketFolder = "", , , status = ""] = readFileSync(pidFile(data), "utf8").split("\n");
    return { pid: parseInt(pid, 10), port: parseInt(port, 10), socketFolder, status: parseStatus(status.trim()) };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The server that runs on `data`, also one whose parent was killed; `undefined` when what is noted there has ended. */
export function findPostmaster(data: string): Postmaster | undefined {
  const noted = readPostmaster(data);
  return noted !== undefined && isPostmasterOf(data, noted.pid) ? noted : undefined;
}

export function isPostmasterOf(data: string, pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || identify(pid) === undefined) return false;
  const command = commandLineOf(pid);
  return command === undefined || command.includes(data);
}

/** Waits until the process is no server of `data` any more; false when it still is after `patienceMs`. */
export async function hasEnded(data: string, pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (isPostmasterOf(data, pid)) {
    if (performance.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}

/**
 * PostgreSQL refuses to start while the noted number is in use, even by an unrelated program or by a zombie that nobody
 * collects in a container. A running server is left alone. The file must stay: it names the shared memory by
 * which PostgreSQL itself recognises survivors of the old server. Only its number becomes one that cannot exist.
 */
export function disownStaleNumber(data: string): void {
  const noted = readPostmaster(data);
  if (noted === undefined || isPostmasterOf(data, noted.pid)) return;
  const [, ...rest] = readFileSync(pidFile(data), "utf8").split("\n");
  writeFileSync(pidFile(data), [String(2 ** 31 - 1), ...rest].join("\n"));
}

function pidFile(data: string): string {
  return join(data, "postmaster.pid");
}

function parseStatus(text: string): Postmaster["status"] {
  return text === "starting" || text === "stopping" || text === "ready" ? text : "unknown";
}
