// The watchdog: notices a handler that does not settle after its last read. It cannot stop the handler; it gives its message an end and
// ignores what comes later. A main loop that hangs altogether is the lease's business, not this one's.
import type { Watchdog } from "../decide/decide.ts";
import type { Recorder } from "../decide/recorder.ts";
import type { Host } from "../spi/host.ts";

interface Watched { readonly recorder: Recorder; quietSince: number; readonly stall: () => void }

/** @param limitMs how long a handler may take after its last read. */
export function watchdog(host: Host, limitMs: number): Watchdog & { stop(): void } {
  const watched = new Set<Watched>();
  const stepMs = Math.max(10, limitMs / 5);
  let cancel: (() => void) | null = null;

  function look(): void {
    cancel = null;
    const now = host.elapsed();
    for (const one of watched) {
      if (one.recorder.reading > 0) one.quietSince = now;
      else if (now - one.quietSince >= limitMs) one.stall();
    }
    if (watched.size > 0) cancel = host.after(stepMs, look);
  }

  return {
    guard: (run, recorder) => new Promise((resolve, reject) => {
      const entry: Watched = { recorder, quietSince: host.elapsed(), stall: () => { watched.delete(entry); resolve("stalled"); } };
      watched.add(entry);
      cancel ??= host.after(stepMs, look);
      run.then(
        () => { watched.delete(entry); resolve("settled"); },
        (error: unknown) => { watched.delete(entry); reject(error instanceof Error ? error : new Error(String(error))); },
      );
    }),
    stop: () => { cancel?.(); cancel = null; },
  };
}
