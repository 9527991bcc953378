// The watcher: a small process of its own that stops the server some time after its last client has gone, however that
// client ended. It must be a process: clients may all be killed with SIGKILL, and PostgreSQL has no such switch itself.
// It lives exactly as long as the server it watches, holds nobody's input or output, and uses no network.
// While it is there anyway, it keeps the server's log in bounds.
import { setTimeout as sleep } from "node:timers/promises";
import { countClients, lastVisit } from "./clients.ts";
import type { Home } from "./home.ts";
import { isPostmasterOf, readPostmaster } from "./postmaster.ts";
import { rotateLog } from "./server-log.ts";
import { stopIfIdle } from "./stop-if-idle.ts";

/** Looking costs one small folder listing; four looks in the idle time are exact enough. */
const LOOK_AT_MOST_EVERY_MS = 5_000;
const LOOK_AT_LEAST_EVERY_MS = 50;

export async function watch(home: Home, postmasterPid: number, idleStopMs: number): Promise<void> {
  const pauseMs = Math.min(LOOK_AT_MOST_EVERY_MS, Math.max(LOOK_AT_LEAST_EVERY_MS, idleStopMs / 4));
  let visit = 0;
  let busyAt = performance.now();
  while (readPostmaster(home.data)?.pid === postmasterPid && isPostmasterOf(home.data, postmasterPid)) {
    rotateLog(home);
    const seen = lastVisit(home.clients);
    if (seen !== visit || countClients(home.clients) > 0) {
      busyAt = performance.now();
      visit = lastVisit(home.clients);
    } else if (performance.now() - busyAt >= idleStopMs) {
      if (await stopIfIdle(home)) return;
      busyAt = performance.now();
    }
    await sleep(pauseMs);
  }
}
