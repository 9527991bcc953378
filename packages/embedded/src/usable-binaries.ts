// Makes the installed binaries usable for the server's user: complete, and reachable.
// It adds links that are missing in the package, or works from a private copy; it never changes a file of the package.
import {
  chmodSync, constants, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Binaries } from "./binaries.ts";
import { hasCode } from "./has-code.ts";
import type { Home } from "./home.ts";
import { identify } from "./process-identity.ts";
import { canEnter } from "./server-user.ts";

interface Link {
  readonly at: string;
  readonly to: string;
}

/** Call it while holding the lock. A copy is named after its version, so an update of the package makes a new one. */
export function usableBinaries(found: Binaries, home: Home, log: (line: string) => void): Binaries {
  if (isReachable(found, home) && addLinks(found.folder)) return found;
  const copy = { ...found, folder: join(home.copies, `binaries-${found.version}-${process.platform}-${process.arch}`) };
  if (existsSync(copy.folder)) return copy;
  log(`the server cannot work from ${found.folder}: copying the binaries to ${copy.folder}`);
  discardHalfCopies(home.copies);
  const draft = `${copy.folder}.half-${process.pid}`;
  copyTree(found.folder, draft);
  addLinks(draft);
  try {
    renameSync(draft, copy.folder);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
    rmSync(draft, { recursive: true, force: true }); // the server of another folder was quicker
  }
  return copy;
}

function isReachable(found: Binaries, { user }: Home): boolean {
  if (user === undefined) return true;
  return ["bin/postgres", "lib", "share"].every((path) => canEnter(user, join(found.folder, path)));
}

/**
 * The npm package cannot hold links: its install script makes them from a list, and install scripts may be switched off.
 * Answers false when one is missing and cannot be made.
 */
function addLinks(folder: string): boolean {
  try {
    for (const { at, to } of linksOf(folder)) {
      if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) continue;
      mkdirSync(dirname(at), { recursive: true });
      try {
        symlinkSync(to, at);
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
    }
    return true;
  } catch (error) {
    if (hasCode(error, "EACCES", "EPERM", "EROFS")) return false;
    throw error;
  }
}

/** The list names "source" (the file) and "target" (the link), both from the package's root. */
function linksOf(folder: string): Link[] {
  const list = join(folder, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const entries: unknown = JSON.parse(readFileSync(list, "utf8"));
  if (!Array.isArray(entries)) throw new TypeError(`${list} is not a list of links`);
  return entries.map((entry: unknown) => {
    if (typeof entry === "object" && entry !== null && "source" in entry && "target" in entry) {
      const { source, target } = entry;
      if (typeof source === "string" && typeof target === "string") {
        return { at: join(folder, relative("native", target)), to: relative(dirname(target), source) };
      }
    }
    throw new TypeError(`${list} holds an entry that is no link`);
  });
}

/** Copies rather than links: an update of the package, or a strict umask at its installation, must not reach the copy. */
function copyTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isFile() && !entry.name.endsWith(".a")) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

/** Whoever was killed while copying left a draft that carries its process number. */
function discardHalfCopies(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = /^binaries-.*\.half-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && identify(Number(pid)) === undefined) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
