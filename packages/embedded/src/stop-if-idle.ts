// Stops the server when nobody uses it: no living client is noted, and no session is open (a program may have been given
// the address without knowing this package). Whoever is not sure keeps the server up.
import { readFileSync } from "node:fs";
import { countClients } from "./clients.ts";
import type { Home } from "./home.ts";
import { findPostmaster } from "./postmaster.ts";
import { shutDown } from "./shut-down.ts";
import { withStartLock } from "./start-lock.ts";
import { ask } from "./wire.ts";

const OTHER_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

/** Takes the lock, so nobody can join between the last look and the stop. Answers whether the server is down now. */
export function stopIfIdle(home: Home): Promise<boolean> {
  return withStartLock(home.locks, async () => {
    if (countClients(home.clients) > 0) return false;
    if ((await countSessions(home)) > 0) return false;
    await shutDown(home);
    return true;
  });
}

async function countSessions(home: Home): Promise<number> {
  const running = findPostmaster(home.data);
  if (running === undefined) return 0;
  try {
    return Number(await ask({ ...running, password: readFileSync(home.password, "utf8") }, OTHER_SESSIONS));
  } catch {
    return 1; // too many sessions, a changed password, a server that is busy recovering: in doubt it is in use
  }
}
