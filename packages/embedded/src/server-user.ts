// Decides whom the server runs as. PostgreSQL refuses to run as root, so root must hand it to somebody else.
// It does not change who this process is: the user goes into `spawn`, and new files are given away.
import { chownSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Root must drop to another user; everybody else, and Windows, runs the server as themselves. */
export function mustDrop(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user for new data: the owner of the nearest ancestor that does not belong to root (`sudo npm start` in somebody's
 * project runs it as that somebody) and has a name, which PostgreSQL insists on; else `nobody`. `undefined` when this
 * process may run the server itself.
 */
export function serverUserFor(existingFolder: string): ServerUser | undefined {
  if (!mustDrop()) return undefined;
  const { uid, gid } = statSync(existingFolder);
  return uid !== 0 && accounts().some((account) => account.uid === uid) ? { uid, gid } : nobody();
}

export function ownerOf(path: string): ServerUser {
  const { uid, gid } = statSync(path);
  return { uid, gid };
}

export function giveTo(user: ServerUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Whether `user` may pass through every folder on the way to `path` and enter it; access lists are not looked at. */
export function canEnter(user: ServerUser, path: string): boolean {
  const mode = statSync(path);
  const bit = mode.uid === user.uid ? 0o100 : mode.gid === user.gid ? 0o010 : 0o001;
  if ((mode.mode & bit) === 0) return false;
  return dirname(path) === path || canEnter(user, dirname(path));
}

function nobody(): ServerUser {
  // 65534 is what the kernel itself calls nobody.
  const { uid, gid } = accounts().find(({ name }) => name === "nobody") ?? { uid: 65534, gid: 65534 };
  return { uid, gid };
}

function accounts(): { name: string; uid: number; gid: number }[] {
  return readFileSync("/etc/passwd", "utf8").trimEnd().split("\n").map((line) => {
    const [name = "", , uid, gid] = line.split(":");
    // macOS writes nobody's number as -2, which is the same as an unsigned number.
    return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  });
}
