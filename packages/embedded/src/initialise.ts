// Creates the database files, complete or not at all: everything is made in a sibling folder and renamed into place at
// the end, so a crash in between leaves a sibling that the next start discards, and never half a database.
import { randomBytes } from "node:crypto";
import {
  appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { startFailed } from "./advice.ts";
import type { Binaries } from "./binaries.ts";
import { embeddedError } from "./errors.ts";
import { makePrivate, writeWhole } from "./home.ts";
import type { Home } from "./home.ts";
import { runTool } from "./run-tool.ts";

/** Written at every start into the data folder, and included from PostgreSQL's own file. */
export const SETTINGS_FILE = "evenkeel.conf";

/** True when usable data of this major version are in place; throws for any other data, which is never touched. */
export function isInitialised(home: Home, major: number): boolean {
  if (!existsSync(home.postgres)) return false;
  const versionFile = join(home.data, "PG_VERSION");
  if (!existsSync(versionFile)) {
    if (statSync(home.postgres).isDirectory() && readdirSync(home.postgres).length === 0) return false;
    throw startFailed(home.folder, `${home.postgres} is not empty and holds no PostgreSQL data (${versionFile} does not exist)`);
  }
  const found = readFileSync(versionFile, "utf8").trim();
  if (found !== String(major)) throw embeddedError("EMBEDDED_VERSION", { folder: home.data, found, expected: major });
  return true;
}

/** Call it while holding the lock: then every draft that exists was abandoned. */
export async function initialise(binaries: Binaries, home: Home): Promise<void> {
  for (const name of readdirSync(home.base).filter((name) => name.startsWith("postgres.draft-"))) {
    // Retried, because the programs of a client that was killed may go on writing for a moment.
    rmSync(join(home.base, name), { recursive: true, force: true, maxRetries: 10 });
  }
  const draft = join(home.base, `postgres.draft-${process.pid}`);
  try {
    await fill(binaries, home, draft);
    renameSync(draft, home.postgres);
    syncFolder(dirname(home.postgres));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

async function fill(binaries: Binaries, home: Home, draft: string): Promise<void> {
  const [data, password] = [join(draft, "data"), join(draft, "password")];
  makePrivate(draft, home.user);
  writeWhole(password, randomBytes(24).toString("base64url"), home.user);
  // Writing everything to the disk once at the end, instead of after every program, is as safe before the rename.
  await mustSucceed("initdb", [
    "--pgdata", data, "--username", "evenkeel", "--pwfile", password, "--auth", "scram-sha-256",
    // Byte order never changes under an index, as the collations of a system library do with its updates; and unlike
    // plain C, this provider still knows upper and lower case and letters of all of Unicode.
    "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
    "--data-checksums", "--no-sync", "--no-instructions",
  ]);
  appendFileSync(join(data, "postgresql.conf"), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`);
  // Single-user mode, because there is no client among the binaries. -F leaves the writing to the sync below.
  await mustSucceed("postgres", ["--single", "-D", data, "-F", "-c", "exit_on_error=on", "postgres"], "CREATE DATABASE evenkeel;\n");
  await mustSucceed("initdb", ["--pgdata", data, "--sync-only"]);

  async function mustSucceed(name: "initdb" | "postgres", args: readonly string[], input?: string): Promise<void> {
    const { code, lines } = await runTool(binaries, home, name, args, input);
    if (code !== 0) throw startFailed(home.folder, `creating its database failed (${name} ended with ${code})`, lines.slice(-8));
  }
}

/** A rename is certain after a power cut only when the folder that holds the name is written. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
