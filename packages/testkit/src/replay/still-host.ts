// The host of a replay: time stands still but where the script moves it, and nothing happens by itself. Whoever waits for an answer that never
// comes is told at once.
import type { Host } from "@evenkeel/core/spi";

export interface StillHost extends Host {
  /** Lets time pass for what is measured within the process. */
  pass(ms: number): void;
  /** What waits for a time has waited long enough. */
  runOut(): void;
}

export function stillHost(now: number): StillHost {
  let elapsed = 0;
  let ids = 0;
  let waiting: (() => void)[] = [];
  return {
    now: () => now,
    elapsed: () => elapsed,
    random: () => 0.5,
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`,
    after: (_delayMs, task) => {
      waiting.push(task);
      return () => { waiting = waiting.filter((one) => one !== task); };
    },
    soon: (task) => { setImmediate(task); },
    log: () => undefined,
    pass: (ms) => { elapsed += ms; },
    runOut: () => {
      const tasks = waiting;
      waiting = [];
      for (const task of tasks) task();
    },
  };
}
