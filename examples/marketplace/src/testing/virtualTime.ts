// A host whose time passes when a test says so: days of waiting take no time, and nothing happens in between that is not due.
import { setImmediate } from "node:timers/promises";
import type { Host } from "@evenkeel/core/spi";

interface VirtualTime {
  readonly host: Host;
  /** Lets so much time pass; what is due happens in order, each to its end, and in long times up to five minutes late. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the work is done. */
  done<T>(work: Promise<T>): Promise<T>;
}

const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const STEP_MS = 5;
/** Of long times whoever looks every second is woken once in so long: nothing here is in a hurry, and leases last longer. */
const STRIDE_MS = 300_000;
const MOST_STEPS = 20_000;

export function virtualTime(): VirtualTime {
  let elapsed = 0;
  let ids = 0;
  const tasks = new Map<number, { readonly at: number; readonly task: () => void }>();
  const after = (delayMs: number, task: () => void): (() => void) => {
    const id = ++ids;
    tasks.set(id, { at: elapsed + delayMs, task });
    return () => { tasks.delete(id); };
  };
  /** Runs what is due by then, in order. */
  const run = async (until: number): Promise<void> => {
    await setImmediate();
    for (;;) {
      const [due] = [...tasks].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
      if (due === undefined) return;
      const [id, { at, task }] = due;
      tasks.delete(id);
      elapsed = Math.max(elapsed, at);
      task();
      await setImmediate();
    }
  };
  const pass = async (ms: number): Promise<void> => {
    const until = elapsed + ms;
    while (until - elapsed > STRIDE_MS) {
      elapsed += STRIDE_MS;
      await run(elapsed);
    }
    await run(until);
    elapsed = until;
  };
  return {
    pass,
    host: {
      now: () => START_MS + elapsed,
      elapsed: () => elapsed,
      random: () => 0.5,
      newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`,
      after,
      soon: (task) => { after(0, task); },
      log: () => undefined,
    },
    async done(work) {
      let over = false;
      const ended = work.finally(() => { over = true; });
      ended.catch(() => undefined); // told by who awaits it
      for (let steps = 0; steps < MOST_STEPS && !(over as boolean); steps += 1) await pass(STEP_MS);
      return ended;
    },
  };
}
