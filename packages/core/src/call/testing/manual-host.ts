// A host whose time moves by hand, for tests of what waits. It counts the timers that were left behind.
import type { Host } from "../../spi/host.ts";

interface ManualHost extends Host {
  /** Moves time on, runs what is due in order, and lets promises settle after each. */
  pass(ms: number): Promise<void>;
  timers(): number;
  readonly events: string[];
}

/**
 * @param turn resolves when promises have settled, as with the machine's loop: cheaper than counting where there are very many tasks. What is to
 * run soon is then a task, too.
 * @param settled the same, but what is to run soon runs by itself, also while nothing passes time.
 */
export function manualHost(turn: (() => Promise<unknown>) | null = null, settled = turn): ManualHost {
  let now = 0;
  let next = 1;
  const tasks = new Map<number, { readonly at: number; readonly task: () => void }>();
  const events: string[] = [];
  // Longer than any chain of promises in these tests; no timer of the machine is needed.
  const turns = async (count: number): Promise<void> => { for (let index = 0; index < count; index++) await Promise.resolve(); };
  const settle = (): Promise<unknown> => settled === null ? turns(500) : settled();
  /** The first that is due; of those due at the same time the one that was set first. */
  const firstDue = (until: number): { readonly id: number; readonly at: number; readonly task: () => void } | null => {
    let first: { readonly id: number; readonly at: number; readonly task: () => void } | null = null;
    for (const [id, { at, task }] of tasks) if (at <= until && (first === null || at < first.at)) first = { id, at, task };
    return first;
  };
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
        const first = firstDue(until);
        if (first === null) break;
        tasks.delete(first.id);
        now = Math.max(now, first.at);
        first.task();
        await settle();
      }
      now = until;
    },
  };
}
