// The watchdog: notices a handler that does not settle after its last read. It cannot stop the handler; it gives its message an end and
// ignores what comes later. A main loop that hangs altogether is the lease's business, not this one's.
import type { Watchdog, Watched } from "../decide/decide.ts";
import type { Host } from "../spi/host.ts";
import { GIVEN_UP_MS, type Wait } from "../spi/waits.ts";

/** Handlers that were given up and have not settled, kept to be shown: a handler that hangs every time must not fill the memory. */
const MAX_GIVEN_UP = 64;

interface HandlerWatch extends Watchdog {
  /** The handlers under way, those that were given up and never settled included. @param group whose handlers they are. */
  waits(group: string): Wait[];
  stop(): void;
}

/** @param limitMs how long a handler may take after its last read. */
export function watchdog(host: Host, limitMs: number): HandlerWatch {
  const runs = new Set<Watched>();
  const givenUp = new Set<Watched>();
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
        keep(one);
        one.stall();
      }
    }
    if (runs.size > 0) cancel = host.after(stepMs, look);
  }

  function keep(one: Watched): void {
    givenUp.add(one);
    const [oldest] = givenUp;
    if (givenUp.size > MAX_GIVEN_UP && oldest !== undefined) givenUp.delete(oldest);
  }

  function waitOf(group: string, now: number, { recorder, since, quietSince }: Watched, isGivenUp: boolean): Wait {
    const { name, id, tenant, key } = recorder.message;
    const doing = recorder.reading > 0 ? "waits for its reads" : "waits for something other than its reads";
    const quietMs = now - quietSince;
    return {
      kind: "handler", name: `handler ${group}/${name}`, detail: `message ${id}, key ${key} of tenant ${tenant}: ${isGivenUp ? "given up, " : ""}${doing}`,
      forMs: now - since, limitMs, givenUp: isGivenUp,
      overdue: recorder.reading === 0 && quietMs >= limitMs && !(isGivenUp && quietMs >= limitMs + GIVEN_UP_MS),
    };
  }

  return {
    waits: (group) => {
      const now = host.elapsed();
      return [...[...givenUp].map((one) => waitOf(group, now, one, true)), ...[...runs].map((one) => waitOf(group, now, one, false))];
    },
    watch: (recorder, stall) => {
      const now = host.elapsed();
      const watched: Watched = { recorder, stall, since: now, quietSince: now };
      runs.add(watched);
      cancel ??= host.after(stepMs, look);
      return watched;
    },
    unwatch: (watched) => { if (!runs.delete(watched)) givenUp.delete(watched); },
    stop: () => { cancel?.(); cancel = null; },
  };
}
