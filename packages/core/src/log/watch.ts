// The watch: notices messages that other processes appended. Hints are quick where they arrive; a cheap look at the log's ends covers what
// they miss. Nothing needs it to be correct: it only shortens waits.
import type { Settings } from "../settings.ts";
import type { Host } from "../spi/host.ts";
import type { Hint, Store } from "../spi/store.ts";

export function watch(store: Store, host: Host, settings: Pick<Settings, "pollMs" | "pollWithoutHintsMs">, wake: (hint: Hint) => void): { stop(): void } {
  let stopped = false;
  const seen = new Map<number, number>();
  let quiet = 0;
  let cancel: (() => void) | null = null;
  const unhint = store.onHint(wake);

  async function look(): Promise<void> {
    try {
      const tails = await store.tails();
      const partitions = tails.filter((tail) => seen.get(tail.partition) !== tail.position).map((tail) => tail.partition);
      for (const tail of tails) seen.set(tail.partition, tail.position);
      quiet = partitions.length > 0 ? 0 : quiet + 1;
      wake({ partitions, timers: true });
    } catch {
      // The store is away: the executors meet that themselves and say so; here only the next look matters.
      quiet = 0;
    }
    if (!stopped) cancel = host.after(pauseMs(), () => void look());
  }

  function pauseMs(): number {
    if (store.hintsArrive?.() ?? true) return settings.pollMs;
    return quiet < 50 ? settings.pollWithoutHintsMs : settings.pollWithoutHintsMs * 5;
  }

  void look();
  return {
    stop: () => {
      stopped = true;
      cancel?.();
      unhint();
    },
  };
}
