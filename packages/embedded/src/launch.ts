// Starts the server process on existing data and waits until it answers. Crash recovery is PostgreSQL's own and may take
// its time: as long as the server lives, it is never interrupted.
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startFailed } from "./advice.ts";
import { tool } from "./binaries.ts";
import type { Binaries } from "./binaries.ts";
import { makePrivate, writeWhole } from "./home.ts";
import type { Home } from "./home.ts";
import { SETTINGS_FILE } from "./initialise.ts";
import { disownStaleNumber, findPostmaster, readPostmaster } from "./postmaster.ts";
import type { Postmaster } from "./postmaster.ts";
import { runTool, spawnError, spawnTool } from "./run-tool.ts";
import { renderSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { chooseTransport } from "./transport.ts";

/** Reading one small file is cheap, and a start takes tens of milliseconds. */
const POLL_MS = 3;
const PATIENCE_MS = 120_000;
/** Children of a killed server end by themselves within a moment; until then PostgreSQL refuses to start. */
const SURVIVORS_MS = 15_000;
const SURVIVORS = /pre-existing shared memory block|lock file .* already exists/;

export async function launch(binaries: Binaries, home: Home, settings: Settings): Promise<Postmaster> {
  const transport = await chooseTransport(home);
  makePrivate(home.log, home.user);
  writeWhole(join(home.data, SETTINGS_FILE), renderSettings(transport, home.log, settings), home.user);
  disownStaleNumber(home.data);
  if ("socketFolder" in transport) {
    // The folder serves this data folder alone, and no server runs on it: a socket in it is a leftover.
    for (const name of readdirSync(transport.socketFolder)) rmSync(join(transport.socketFolder, name), { force: true });
  }
  const deadline = performance.now() + SURVIVORS_MS;
  for (;;) {
    const outcome = process.platform === "win32" ? await attemptOnWindows(binaries, home) : await attempt(binaries, home);
    if (!Array.isArray(outcome)) return outcome;
    if (!outcome.some((line) => SURVIVORS.test(line)) || performance.now() > deadline) {
      throw startFailed(home.folder, "the server ended at once", outcome);
    }
    await sleep(50);
  }
}

/** Answers the running server, or the last lines it said before it ended. */
async function attempt(binaries: Binaries, home: Home): Promise<Postmaster | string[]> {
  const before = logSizes(home);
  // Detached, in a session of its own: Ctrl-C in the terminal of the caller must not reach it.
  const child = spawnTool(binaries, home, "postgres", ["-D", home.data], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let failure: Error | undefined;
  let ended = false;
  child.once("error", (error) => (failure = error));
  child.once("close", () => (ended = true));
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    if (failure !== undefined) throw spawnError(tool(binaries, "postgres"), failure);
    if (ended) return lastWords(home, said, before);
    const noted = readPostmaster(home.data);
    if (noted?.status === "ready" && noted.pid === child.pid) {
      child.stderr?.destroy(); // from here on its own log collector takes every line
      child.unref();
      return noted;
    }
    if (performance.now() > deadline) {
      child.stderr?.destroy();
      child.unref();
      throw startFailed(home.folder, `it is still recovering after ${PATIENCE_MS} ms and was left running: try again later`, lastWords(home, said, before));
    }
    await sleep(POLL_MS);
  }
}

/** There the server gives up administrator rights only through pg_ctl. */
async function attemptOnWindows(binaries: Binaries, home: Home): Promise<Postmaster | string[]> {
  const before = logSizes(home);
  const output = join(home.log, "start.log");
  const { code, lines } = await runTool(binaries, home, "pg_ctl", ["start", "-w", "-t", String(PATIENCE_MS / 1000), "-D", home.data, "-l", output]);
  const running = findPostmaster(home.data);
  return code === 0 && running !== undefined ? running : lastWords(home, lines.join("\n"), before);
}

function logSizes({ log }: Home): Map<string, number> {
  return new Map(readdirSync(log).map((name) => [join(log, name), statSync(join(log, name)).size]));
}

/** What this start said, and nothing of earlier ones: the log of the day is appended to. */
function lastWords(home: Home, said: string, before: ReadonlyMap<string, number>): string[] {
  const logged = [...logSizes(home).keys()].map((path) => readFileSync(path).subarray(before.get(path) ?? 0).toString());
  const lines = [said, ...logged].join("\n").split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "" && !/redirecting log output|Future log output|starting PostgreSQL/.test(line)).slice(-8);
}
