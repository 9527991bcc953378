// A host whose time moves by hand, for tests of what waits. It counts the timers that were left behind.
import type { Host } from "../../spi/host.ts";

interface ManualHost extends Host {
  /** Moves time on, runs what is due in order, and lets promises settle after each. */
  pass(ms: number): Promise<void>;
  timers(): number;
  readonly events: string[];
}

/** @param turn resolves when promises have settled, as with the machine's loop: cheaper than counting where there are very many tasks. */
export function manualHost(turn: (() => Promise<unknown>) | null = null): ManualHost {
  let now = 0;
  let next = 1;
  const tasks = new Map<number, { readonly at: number; readonly task: () => void }>();
  const events: string[] = [];
  // Longer than any chain of promises in these tests; no timer of the machine is needed.
  const turns = async (count: number): Promise<void> => { for (let index = 0; index < count; index++) await Promise.resolve(); };
  const settle = (): Promise<unknown> => turn === null ? turns(500) : turn();
  const after = (delayMs: number, task: () => void): () => void => {
    const id = next++;
    tasks.set(id, { at: now + delayMs, task });
    return () => { tasks.delete(id); };
  };
  return {
    events,
    now: () => 1_700_000_000_000 + now,
    elapsed: () => now,
    random: () => 0.5,
    newId: () => `id-${String(next++)}`,
    soon: (task) => {
      if (turn === null) void turns(20).then(task);
      else after(0, task);
    },
    log: (_level, event) => { events.push(event); },
    after,
    timers: () => tasks.size,
    pass: async (ms) => {
      const until = now + ms;
      await settle();
      for (;;) {
        const [first] = [...tasks].filter(([, one]) => one.at <= until).sort(([, a], [, b]) => a.at - b.at);
        if (first === undefined) break;
        tasks.delete(first[0]);
        now = Math.max(now, first[1].at);
        first[1].task();
        await settle();
      }
      now = until;
    },
  };
}
