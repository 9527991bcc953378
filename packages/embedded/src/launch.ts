// Starts the server process on existing data and waits until it answers. Crash recovery is PostgreSQL's own and may take
// its time: as long as the server lives, it is never interrupted.
import { closeSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startFailed } from "./advice.ts";
import { tool } from "./binaries.ts";
import type { Binaries } from "./binaries.ts";
import { writeWhole } from "./home.ts";
import type { Home } from "./home.ts";
import { SETTINGS_FILE } from "./initialise.ts";
import { disownStaleNumber, findPostmaster, readPostmaster } from "./postmaster.ts";
import type { Postmaster } from "./postmaster.ts";
import { runTool, spawnError, spawnTool } from "./run-tool.ts";
import { lastWords, logSize, openLog } from "./server-log.ts";
import { renderSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { chooseTransport } from "./transport.ts";

/** Reading one small file is cheap, and a start takes tens of milliseconds. */
const POLL_MS = 3;
const PATIENCE_MS = 120_000;
/** Children of a killed server end by themselves within a moment; until then PostgreSQL refuses to start. */
const SURVIVORS_MS = 15_000;
const SURVIVORS = /pre-existing shared memory block|lock file .* already exists/;
/** Less than this, and the server could not even say what is wrong. */
const LEAST_FREE_BYTES = 64 * 1024;

export async function launch(binaries: Binaries, home: Home, settings: Settings): Promise<Postmaster> {
  const transport = await chooseTransport(home);
  writeWhole(join(home.data, SETTINGS_FILE), renderSettings(transport, settings), home.user);
  disownStaleNumber(home.data);
  if ("socketFolder" in transport) {
    // The folder serves this data folder alone, and no server runs on it: a socket in it is a leftover.
    for (const name of readdirSync(transport.socketFolder)) rmSync(join(transport.socketFolder, name), { force: true });
  }
  const attempt = process.platform === "win32" ? attemptOnWindows : attemptDirectly;
  const deadline = performance.now() + SURVIVORS_MS;
  for (;;) {
    const outcome = await attempt(binaries, home);
    if (!Array.isArray(outcome)) return outcome;
    // A client that was killed in the middle of this may have left a server that was not to be seen yet.
    const other = findPostmaster(home.data);
    if (other?.status === "ready") return other;
    if (!outcome.some((line) => SURVIVORS.test(line)) || performance.now() > deadline) {
      throw startFailed(home.folder, `the server ended at once${diskIsFull(home) ? " (No space left on device)" : ""}`, outcome);
    }
    await sleep(50);
  }
}

/** Answers the running server, or the last lines it said before it ended. */
async function attemptDirectly(binaries: Binaries, home: Home): Promise<Postmaster | string[]> {
  const before = logSize(home);
  const log = openLog(home);
  // Detached, in a session of its own: Ctrl-C in the terminal of the caller must not reach it.
  const child = spawnTool(binaries, home, "postgres", ["-D", home.data], { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const end: { failure?: Error; ended?: true } = {};
  child.once("error", (error) => (end.failure = error));
  child.once("exit", () => (end.ended = true));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    if (end.failure !== undefined) throw spawnError(tool(binaries, "postgres"), end.failure);
    if (end.ended) return lastWords(home, before);
    const noted = readPostmaster(home.data);
    const isReady = noted?.status === "ready" && noted.pid === child.pid;
    if (isReady || performance.now() > deadline) child.unref();
    if (isReady) return noted;
    if (performance.now() > deadline) {
      const what = `it is still recovering after ${PATIENCE_MS} ms and was left running: try again later`;
      throw startFailed(home.folder, what, lastWords(home, before));
    }
    await sleep(POLL_MS);
  }
}

/** There the server gives up administrator rights only through pg_ctl. */
async function attemptOnWindows(binaries: Binaries, home: Home): Promise<Postmaster | string[]> {
  const before = logSize(home);
  const patience = String(PATIENCE_MS / 1000);
  const { code } = await runTool(binaries, home, "pg_ctl", ["start", "-w", "-t", patience, "-D", home.data, "-l", home.log]);
  const running = findPostmaster(home.data);
  return code === 0 && running !== undefined ? running : lastWords(home, before);
}

function diskIsFull(home: Home): boolean {
  const { bavail, bsize } = statfsSync(home.base);
  return bavail * bsize < LEAST_FREE_BYTES;
}
