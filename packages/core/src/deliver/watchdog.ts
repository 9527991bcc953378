// The watchdog: notices a handler that does not settle after its last read. It cannot stop the handler; it gives its message an end and
// ignores what comes later. A main loop that hangs altogether is the lease's business, not this one's.
import type { Watchdog, Watched } from "../decide/decide.ts";
import type { Host } from "../spi/host.ts";

/** @param limitMs how long a handler may take after its last read. */
export function watchdog(host: Host, limitMs: number): Watchdog & { stop(): void } {
  const runs = new Set<Watched>();
  const stepMs = Math.max(10, limitMs / 5);
  let cancel: (() => void) | null = null;

  function look(): void {
    cancel = null;
    const now = host.elapsed();
    for (const one of runs) {
      // The read may end at any time until the next look: what is not known counts for the handler, which so has a step more at most.
      if (one.recorder.reading > 0) one.quietSince = now + stepMs;
      else if (now - one.quietSince >= limitMs) {
        runs.delete(one);
        one.stall();
      }
    }
    if (runs.size > 0) cancel = host.after(stepMs, look);
  }

  return {
    watch: (recorder, stall) => {
      const watched: Watched = { recorder, stall, quietSince: host.elapsed() };
      runs.add(watched);
      cancel ??= host.after(stepMs, look);
      return watched;
    },
    unwatch: (watched) => { runs.delete(watched); },
    stop: () => { cancel?.(); cancel = null; },
  };
}
