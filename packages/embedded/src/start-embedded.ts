// Composes the steps of starting: find the folder, take its lock, join what runs or start it, note the client.
// Each step is a file of its own; the order here is what makes races and crashes harmless.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { startFailed } from "./advice.ts";
import { findBinaries } from "./binaries.ts";
import { countClients, noteClient } from "./clients.ts";
import { EmbeddedError } from "./errors.ts";
import { findHome, openFront } from "./home.ts";
import type { Home } from "./home.ts";
import { initialise, isInitialised } from "./initialise.ts";
import { launch } from "./launch.ts";
import { findPostmaster, hasEnded, isPostmasterOf } from "./postmaster.ts";
import type { Postmaster } from "./postmaster.ts";
import { commandLineOf } from "./process-identity.ts";
import type { Settings } from "./settings.ts";
import { endBereft, shutDown } from "./shut-down.ts";
import { withStartLock } from "./start-lock.ts";
import { ensureWatcher } from "./start-watcher.ts";
import { stopIfIdle } from "./stop-if-idle.ts";
import { usableBinaries } from "./usable-binaries.ts";
import { ask } from "./wire.ts";

const IDLE_STOP_MS = 60_000;
/** Crash recovery and the last checkpoint may take long, and are never interrupted. */
const UNREADY_MS = 120_000;

export interface EmbeddedOptions {
  /** Where the data live; created as a private folder. Callers use `.evenkeel`. One machine at a time may use it. */
  readonly folder: string;
  /** Receives a line on what happens; silent by default. */
  readonly log?: (line: string) => void;
  /** How long the server stays up after its last client, in milliseconds; the latest caller's value holds. @default 60000 */
  readonly idleStopMs?: number;
  /** PostgreSQL settings on top of the defaults in settings.ts; used by the call that starts the server, not by those that join. */
  readonly settings?: Settings;
}

export interface EmbeddedServer {
  /** An address for node-postgres and libpq, password included: do not log it. It stays the same when the server is started again. */
  readonly url: string;
  /** PostgreSQL's major version. */
  readonly major: number;
  /** The server's main process. */
  readonly pid: number;
  /** True when the server ran already: started by another process or call, or left by a process that was killed. */
  readonly joined: boolean;
  /** Whether that very server process still runs; if not, `startEmbedded` with the same folder brings it back with the same `url`. */
  isRunning(): boolean;
  /** This client is done. The server stays up for others, and stops `idleStopMs` after its last client. */
  release(): Promise<void>;
  /** Stops the server now, for everybody: sessions are cut, nothing committed is lost. */
  stop(): Promise<void>;
}

/**
 * Gives a PostgreSQL server that keeps its data in `folder`: creates the database at the first call, starts the server,
 * or joins the one that runs.
 *
 * Guarantees: concurrent calls, also of several processes, end with one server. A crash at any point, of a client, of
 * the server or of the machine, loses no committed transaction, and the next call recovers. A server that outlived its
 * parent is adopted. Data of another major version, and anything that is not PostgreSQL's, is never touched.
 * Not guaranteed: a folder shared by several machines or containers at the same time.
 *
 * Throws `EmbeddedError`: EMBEDDED_UNAVAILABLE, EMBEDDED_VERSION, EMBEDDED_START_FAILED; `stop` and `release` throw EMBEDDED_STOP_FAILED.
 *
 * @example
 * const server = await startEmbedded({ folder: ".evenkeel" });
 * const client = new pg.Client(server.url);
 * await client.connect(); // => a session in the database "evenkeel"
 * await client.end();
 * await server.release(); // => stops a minute later, if nobody else came
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { folder, log = () => undefined, idleStopMs = IDLE_STOP_MS, settings = {} } = options;
  const found = findBinaries();
  try {
    const front = openFront(folder);
    return await withStartLock(front.locks, async () => {
      const home = findHome(front, log);
      const { server, joined } = await joinOrStart(home);
      const forget = noteClient(home.clients);
      ensureWatcher(home, server.pid, idleStopMs);
      log(`PostgreSQL ${found.version} ${joined ? "joined" : "started"} in ${home.base} (process ${server.pid})`);
      return handle(home, server, joined, forget);
    });
  } catch (error) {
    if (error instanceof EmbeddedError) throw error;
    throw startFailed(resolve(folder), error instanceof Error ? error.message : String(error), [], error);
  }

  async function joinOrStart(home: Home): Promise<{ server: Postmaster; joined: boolean }> {
    const initialised = isInitialised(home, found.major);
    const running = initialised ? await findReady(home) : undefined;
    if (running !== undefined) return { server: running, joined: true };
    const binaries = usableBinaries(found, home, log);
    if (!initialised) await initialise(binaries, home);
    return { server: await launch(binaries, home, settings), joined: false };
  }

  function handle(home: Home, server: Postmaster, joined: boolean, forget: () => void): EmbeddedServer {
    return {
      url: urlOf(server, readFileSync(home.password, "utf8").trim()),
      major: found.major,
      pid: server.pid,
      joined,
      isRunning: () => isPostmasterOf(home.data, server.pid),
      release: async () => {
        forget();
        if (idleStopMs <= 0 && existsSync(home.locks) && countClients(home.clients) === 0) await stopIfIdle(home);
      },
      stop: async () => {
        forget();
        if (existsSync(home.locks)) await withStartLock(home.locks, () => shutDown(home));
        await endBereft(home, server.pid);
      },
    };
  }
}

/** A server that is found starting or stopping was left by a process that was killed while it held the lock. */
async function findReady(home: Home): Promise<Postmaster | undefined> {
  const deadline = performance.now() + UNREADY_MS;
  for (;;) {
    const server = findPostmaster(home.data);
    if (server === undefined) return undefined;
    if (server.status === "ready") return (await isOurs(home, server)) ? server : undefined;
    if (performance.now() > deadline) {
      throw startFailed(home.folder, `process ${server.pid} is still ${server.status} after ${UNREADY_MS} ms: try again later`);
    }
    await hasEnded(home.data, server.pid, 20);
  }
}

/** Where a process number is all that is known (Windows), it may be somebody else's by now: then only our password opens it. */
async function isOurs(home: Home, server: Postmaster): Promise<boolean> {
  if (commandLineOf(server.pid) !== undefined) return true;
  return ask({ ...server, password: readFileSync(home.password, "utf8") }, "SELECT 1").then(() => true, () => false);
}

function urlOf({ socketFolder, port }: Postmaster, password: string): string {
  const account = `postgresql://evenkeel:${password}`;
  if (socketFolder === "") return `${account}@127.0.0.1:${port}/evenkeel`;
  return `${account}@localhost:${port}/evenkeel?host=${encodeURIComponent(socketFolder)}`;
}
