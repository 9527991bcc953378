// Maintenance: whoever holds the one partition of this group looks after the log at intervals. What there is to do is the store's business.
import type { Host } from "../spi/host.ts";
import type { Store } from "../spi/store.ts";
import { MAINTENANCE_GROUP } from "../spi/system-groups.ts";
import type { Member } from "./ownership.ts";

interface MaintenanceOptions {
  readonly store: Store;
  readonly host: Host;
  readonly everyMs: number;
  /** Gives the group's partition back. */
  release(group: string): void;
}

export function maintenanceMember(options: MaintenanceOptions): Member & { stop(): void } {
  const { store, host } = options;
  // Each tenure has a loop of its own: one that was lost while it worked must not go on beside the next.
  let tenure = 0;
  let cancel: () => void = () => undefined;

  function look(mine: number): void {
    if (mine !== tenure) return;
    cancel = host.after(options.everyMs, () => void work(mine));
  }

  async function work(mine: number): Promise<void> {
    try {
      await store.maintain();
    } catch (error) {
      host.log("warning", "maintenance.trouble", { reason: error instanceof Error ? error.message : String(error) });
    }
    look(mine);
  }

  const stop = (): void => {
    tenure++;
    cancel();
  };

  return {
    group: MAINTENANCE_GROUP,
    partitions: 1,
    granted: () => {
      stop();
      look(tenure);
    },
    lost: stop,
    leave: () => {
      stop();
      options.release(MAINTENANCE_GROUP);
    },
    stop,
  };
}
