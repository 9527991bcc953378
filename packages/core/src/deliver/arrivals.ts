// Arrivals: tells the executors of this process what was appended, by this process or by another. What comes with its place is handed
// over, so that nobody reads it again; of the rest they hear where it stands. Nothing needs it to be correct: it only shortens waits.
import type { Appended } from "../log/appended.ts";
import type { Handover, Hint } from "../spi/store.ts";
import type { ExecutorDriver } from "./executor-driver.ts";

interface Arrivals {
  appended(appended: Appended): void;
  told(hint: Hint): void;
}

export function arrivals(executors: readonly ExecutorDriver[], wakeTimers: () => void): Arrivals {
  function hand(handovers: readonly Handover[]): void {
    if (handovers.length > 0) for (const executor of executors) executor.handed(handovers);
  }
  return {
    appended: ({ messages, handovers, timers }) => {
      hand(handovers);
      const known = new Set(handovers.map((one) => one.partition));
      const partitions = new Map<string, Set<number>>();
      for (const { name, partition } of messages) {
        if (known.has(partition)) continue;
        const found = partitions.get(name);
        if (found === undefined) partitions.set(name, new Set([partition]));
        else found.add(partition);
      }
      for (const executor of partitions.size === 0 ? [] : executors) {
        const here = executor.names.flatMap((name) => [...(partitions.get(name) ?? [])]);
        if (here.length > 0) executor.wake(here);
      }
      if (timers) wakeTimers();
    },
    told: ({ partitions, timers, handovers = [] }) => {
      hand(handovers);
      if (partitions === null || partitions.length > 0) for (const executor of executors) executor.wake(partitions);
      if (timers) wakeTimers();
    },
  };
}
