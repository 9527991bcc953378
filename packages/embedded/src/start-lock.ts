// One process at a time may initialise, start, join or stop the server of a folder.
// The lock outlives nobody: a holder that was killed is recognised by its process number and start time.
//
// Removing a stale lock file is the classic mistake: between reading "stale" and deleting, somebody else may have taken
// it anew. So nobody deletes: locks are numbered, the highest number counts, and taking is creating the next number,
// which only one can do. A freed lock keeps its number (`7` becomes `7.free`) so that numbers never run backwards.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startFailed } from "./advice.ts";
import { hasCode } from "./has-code.ts";
import { identify, isStillRunning, parseIdentity } from "./process-identity.ts";

const POLL_MS = 10;
/** A holder that initialises a database on a slow disk may need long; it must not need this long. */
const PATIENCE_MS = 180_000;
/** Between creating its file and writing its name into it, a holder is anonymous for an instant. */
const ANONYMOUS_MS = 2_000;

/** Runs `work` while holding the lock that lives in the existing folder `locks`. */
export async function withStartLock<T>(locks: string, work: () => Promise<T>): Promise<T> {
  const number = await take(locks);
  try {
    return await work();
  } finally {
    free(locks, number);
  }
}

async function take(locks: string): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const last = lastOf(locks);
    if (last.held && isHeld(join(locks, String(last.number)))) {
      if (performance.now() > deadline) throw startFailed(dirname(locks), "another process holds its lock for too long and is still alive");
    } else if (create(locks, last.number + 1)) {
      return last.number + 1;
    }
    await sleep(POLL_MS);
  }
}

function create(locks: string, number: number): boolean {
  const path = join(locks, String(number));
  try {
    writeFileSync(path, JSON.stringify(identify(process.pid) ?? { pid: process.pid, startedAt: "" }), { flag: "wx", mode: 0o644 });
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    rmSync(path, { force: true }); // a full disk leaves an empty file behind
    throw error;
  }
  const others = namesIn(locks).filter((name) => name !== String(number));
  if (others.some((name) => parseInt(name, 10) >= number)) {
    rmSync(path, { force: true }); // it was taken and freed meanwhile: this number is history
    return false;
  }
  for (const name of others) rmSync(join(locks, name), { force: true });
  return true;
}

function free(locks: string, number: number): void {
  try {
    renameSync(join(locks, String(number)), join(locks, `${number}.free`));
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error; // the folder was deleted under us: nothing is left to free
  }
}

function lastOf(locks: string): { number: number; held: boolean } {
  const names = namesIn(locks);
  const number = Math.max(0, ...names.map((name) => parseInt(name, 10)));
  return { number, held: names.includes(String(number)) };
}

function namesIn(locks: string): string[] {
  return readdirSync(locks).filter((name) => /^\d+(\.free)?$/.test(name));
}

function isHeld(path: string): boolean {
  try {
    const text = readFileSync(path, "utf8");
    if (text === "") return Date.now() - statSync(path).mtimeMs < ANONYMOUS_MS;
    const holder = parseIdentity(text);
    return holder !== undefined && isStillRunning(holder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true; // freed this instant: look again
    throw error;
  }
}
