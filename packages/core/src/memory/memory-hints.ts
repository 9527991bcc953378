// Hints among the applications that share one in-memory store: told together, after the work that is ready now. A hint is never lost
// here, but nobody may rely on that.
import type { Host } from "../spi/host.ts";
import type { Handover, Hint, LogStore } from "../spi/store.ts";

export function memoryHints(host: Host): Pick<LogStore, "hint" | "onHint"> {
  const listeners = new Set<(hint: Hint) => void>();
  let waiting: Hint | null = null;
  return {
    onHint: (listener) => {
      // A wrapper, so that one function given twice is two listeners.
      const own = (hint: Hint): void => { listener(hint); };
      listeners.add(own);
      return () => { listeners.delete(own); };
    },
    hint: (hint) => {
      if (waiting !== null) {
        waiting = both(waiting, hint);
        return;
      }
      waiting = hint;
      host.soon(() => {
        const told = waiting ?? hint;
        waiting = null;
        for (const listener of [...listeners]) listener(told);
      });
    },
  };
}

function both(one: Hint, other: Hint): Hint {
  const partitions = one.partitions === null || other.partitions === null ? null : [...new Set([...one.partitions, ...other.partitions])];
  return { partitions, timers: one.timers || other.timers, handovers: [...(one.handovers ?? []), ...(other.handovers ?? [])] };
}

/** Tells what was appended; nothing where nothing was. */
export function tell(hints: Pick<LogStore, "hint">, handovers: readonly Handover[], timers: boolean): void {
  if (handovers.length > 0 || timers) hints.hint({ partitions: [], timers, handovers });
}
