// Notes who uses the server: one small file for each handle, with the process that holds it. A killed process cannot take
// its note back, so a note counts only while its process lives; nobody has to send heartbeats.
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "./has-code.ts";
import { writeWhole } from "./home.ts";
import { identify, isStillRunning, parseIdentity } from "./process-identity.ts";
import { mustDrop, ownerOf } from "./server-user.ts";

/** Notes this process as a client; answers how to take the note back. */
export function noteClient(clients: string): () => void {
  const path = join(clients, `${process.pid}-${randomBytes(4).toString("hex")}`);
  writeWhole(path, JSON.stringify(identify(process.pid) ?? { pid: process.pid, startedAt: "" }), mustDrop() ? ownerOf(clients) : undefined);
  return () => rmSync(path, { force: true });
}

/** How many clients live. Removes the notes of those who ended without taking them back. */
export function countClients(clients: string): number {
  return namesIn(clients).filter((name) => {
    const path = join(clients, name);
    if (lives(path)) return true;
    rmSync(path, { force: true });
    return false;
  }).length;
}

/** Changes whenever a client comes or goes, so that a short visit between two looks is not missed. */
export function lastVisit(clients: string): number {
  return statSync(clients).mtimeMs;
}

function lives(path: string): boolean {
  try {
    const noted = parseIdentity(readFileSync(path, "utf8"));
    return noted !== undefined && isStillRunning(noted);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

function namesIn(clients: string): string[] {
  return readdirSync(clients).filter((name) => /^\d+-[0-9a-f]{8}$/.test(name));
}
