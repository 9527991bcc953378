// Waiting for the owners to act on recorded requests. The owner finds them when it looks at the roster: nothing is told to it here.
import type { Host } from "../spi/host.ts";
import type { ControlEntry, Store } from "../spi/store.ts";

/** The part of a store that operators' requests need: a tool beside the application may have no more than this. */
export type OperatorSide = Pick<Store, "listParked" | "requestControl" | "controls" | "summary">;

const LOOK_MS = 25;

/** The requests' rows, once all are answered or the time is over. */
export async function answers(store: OperatorSide, host: Host, ids: readonly number[], withinMs: number): Promise<readonly ControlEntry[]> {
  const deadline = host.elapsed() + withinMs;
  for (;;) {
    const entries = await store.controls({ ids, limit: ids.length });
    if (host.elapsed() >= deadline || entries.every((entry) => entry.doneAt !== null)) return entries;
    await pause(host, LOOK_MS);
  }
}

export async function pause(host: Host, ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resolve) => { host.after(ms, resolve); });
}
