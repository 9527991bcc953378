// Whether hints come to arrive at a store: always, but for a pooler in transaction mode, where they never do. It waits for the first; only a test's
// own limit ends that.
import { setTimeout as pause } from "node:timers/promises";
import type { Store } from "@evenkeel/core/spi";

/** Set where the tests run behind such a pooler: `npm run test:pooled`. */
const isPooled = process.env["EVENKEEL_TEST_POOLED"] === "yes";
const NEVER_MS = 1_000;

export async function hintsArrive(store: Store): Promise<boolean> {
  if (isPooled) await pause(NEVER_MS);
  else while (store.hintsArrive?.() !== true) await pause(10);
  return store.hintsArrive?.() ?? false;
}
