// Knows where everything of one embedded server lives, and creates the folders. It never deletes or moves data.
//
//   folder/                       what the caller named; 0700
//     lock/  clients/  watcher    who starts, who uses, who watches
//     postgres/                   made complete elsewhere and renamed into place: data/, password, server.log
//     elsewhere                   instead of postgres/: the path of the place below
//   /var/lib/evenkeel/<hash>-<x>/ only for root, only when the server's user cannot reach `folder`
//     postgres/  belongs-to       the same, and the path of the folder it serves
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { startFailed } from "./advice.ts";
import { canEnter, giveTo, mustDrop, ownerOf, serverUserFor } from "./server-user.ts";
import type { ServerUser } from "./server-user.ts";

/** Not a temporary folder: cleaners would take the data. */
const SYSTEM_FOLDER = "/var/lib/evenkeel";

/** What exists before the lock can be taken. */
interface Front {
  readonly folder: string;
  readonly locks: string;
  readonly clients: string;
  readonly watcher: string;
  /** Whom a new server would run as; `undefined`: as this process. */
  readonly user: ServerUser | undefined;
}

export interface Home extends Front {
  /** The parent of `postgres`, reachable for the server's user. */
  readonly base: string;
  /** Made complete or not at all. */
  readonly postgres: string;
  readonly data: string;
  readonly password: string;
  readonly log: string;
  /** Where a private copy of the binaries may be put, reachable for the server's user. */
  readonly copies: string;
}

/** Creates the caller's folder, if it is new, as a private folder of the server's user. */
export function openFront(named: string): Front {
  const folder = resolve(named);
  const user = serverUserFor(nearestExisting(folder));
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    makePrivate(folder, user);
  }
  const front = frontOf(realpathSync(folder), user);
  const owner = mustDrop() ? ownerOf(front.folder) : undefined;
  makePrivate(front.locks, owner);
  makePrivate(front.clients, owner);
  return front;
}

/** Finds or chooses where the data live. Call it while holding the lock. */
export function findHome(front: Front, log: (line: string) => void): Home {
  const home = homeOf(front, findBase(front, log));
  const user = mustDrop() && existsSync(home.data) ? ownerOf(home.data) : front.user;
  if (user?.uid === 0) throw startFailed(front.folder, `${home.data} belongs to root, and PostgreSQL refuses to run as root (EPERM)`);
  return { ...home, user };
}

export function frontOf(folder: string, user?: ServerUser): Front {
  return { folder, locks: join(folder, "lock"), clients: join(folder, "clients"), watcher: join(folder, "watcher"), user };
}

export function homeOf(front: Front, base: string): Home {
  const postgres = join(base, "postgres");
  return {
    ...front, base, postgres,
    data: join(postgres, "data"), password: join(postgres, "password"), log: join(postgres, "server.log"),
    copies: base === front.folder ? base : dirname(base),
  };
}

function findBase(front: Front, log: (line: string) => void): string {
  const { folder, user } = front;
  const marker = join(folder, "elsewhere");
  if (existsSync(marker)) return followMarker(folder, readFileSync(marker, "utf8").trim());
  if (user === undefined || canEnter(user, folder) || existsSync(join(folder, "postgres"))) return folder;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  mkdirSync(SYSTEM_FOLDER, { recursive: true });
  chmodSync(SYSTEM_FOLDER, 0o755);
  for (const name of readdirSync(SYSTEM_FOLDER).filter((name) => name.startsWith(`${hash}-`))) {
    log(`data of an earlier ${folder} remain in ${join(SYSTEM_FOLDER, name)}; delete them if they are not needed`);
  }
  const base = join(SYSTEM_FOLDER, `${hash}-${randomBytes(3).toString("hex")}`);
  makePrivate(base, user);
  writeWhole(join(base, "belongs-to"), folder);
  writeWhole(marker, base);
  log(`the server runs as user ${user.uid}, who cannot reach ${folder}: its data live in ${base}`);
  return base;
}

/** A moved folder takes its data along; a copied one must not share them by accident. */
function followMarker(folder: string, base: string): string {
  const note = join(base, "belongs-to");
  if (!existsSync(note)) throw startFailed(folder, `its data in ${base} does not exist`);
  const owner = readFileSync(note, "utf8").trim();
  if (owner === folder) return base;
  const theirs = join(owner, "elsewhere");
  if (existsSync(theirs) && readFileSync(theirs, "utf8").trim() === base) {
    const way = `delete ${join(folder, "elsewhere")} to begin with new data`;
    throw startFailed(folder, `it is a copy of ${owner}, whose data live in ${base}; ${way} (EPERM)`);
  }
  writeWhole(note, folder);
  return base;
}

/** Creates a folder only its owner can use; an existing one is left as it is. */
export function makePrivate(path: string, owner: ServerUser | undefined): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  giveTo(owner, path);
}

/** Writes a file so that a crash leaves the old content or the new, nothing between. */
export function writeWhole(path: string, text: string, owner?: ServerUser): void {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  giveTo(owner, draft);
  renameSync(draft, path);
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
