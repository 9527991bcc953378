// Chooses how clients reach a new server. A socket in a private folder where the system has sockets: nobody else can even
// knock, and no port can be taken. On Windows a free port of 127.0.0.1. Both ask for the password.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startFailed } from "./advice.ts";
import { makePrivate } from "./home.ts";
import type { Home } from "./home.ts";
import { canEnter } from "./server-user.ts";
import type { Transport } from "./settings.ts";

/** What the shortest platform (macOS) can hold, with the final zero. */
const SOCKET_PATH_BYTES = 104;
const SOCKET_NAME = "/.s.PGSQL.5432";

export async function chooseTransport(home: Home): Promise<Transport> {
  if (process.platform === "win32") return { port: await freePort() };
  const socketFolder = candidates(home).find((folder) => fits(folder) && isReachable(folder, home));
  if (socketFolder === undefined) throw startFailed(home.folder, "the socket path is too long even in the temporary folder (ENAMETOOLONG)");
  makePrivate(socketFolder, home.user);
  const { uid, mode } = lstatSync(socketFolder);
  const expected = home.user?.uid ?? process.getuid?.();
  // In a shared temporary folder somebody else may have made it first, to listen in.
  if (uid !== expected || (mode & 0o170077) !== 0o040000) {
    throw startFailed(home.folder, `${socketFolder} is not a private folder of user ${expected} (EPERM)`);
  }
  return { socketFolder };
}

/**
 * The same database always gets the same path, so that a client's address stays good when the server is started again.
 * Another database gets another path, also in the same folder: when a folder is deleted under its server and made anew,
 * the old server takes its socket away as it ends, and that must not be the new one's.
 */
function candidates(home: Home): string[] {
  const hash = createHash("sha256").update(home.base).update(readFileSync(home.password)).digest("hex");
  const short = `evenkeel-${hash.slice(0, 16)}`;
  return [join(home.base, `socket-${hash.slice(0, 6)}`), join(tmpdir(), short), join("/tmp", short)];
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder + SOCKET_NAME) < SOCKET_PATH_BYTES;
}

function isReachable(folder: string, { user }: Home): boolean {
  return user === undefined || (existsSync(dirname(folder)) && canEnter(user, dirname(folder)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new TypeError("a listening port has no number"));
      });
    });
  });
}
