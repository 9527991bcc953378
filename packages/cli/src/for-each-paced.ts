// Does something for each of many: a few at once, no faster than told, and saying how far it is. It decides nothing about failures.

interface Pace {
  readonly atOnce: number;
  /** Starts a second at most. */
  readonly perSecond: number | undefined;
  /** Asked before each start. */
  goOn(): boolean;
  /** Called about every two seconds with the number done. */
  onProgress(done: number): void;
}

const PROGRESS_MS = 2_000;

/** Starts in order. `work` must not reject. */
export async function forEachPaced<T>(items: readonly T[], pace: Pace, work: (item: T) => Promise<void>): Promise<void> {
  const began = performance.now();
  let next = 0;
  let done = 0;
  const progress = setInterval(() => { pace.onProgress(done); }, PROGRESS_MS);
  async function lane(): Promise<void> {
    while (next < items.length && pace.goOn()) {
      const index = next++;
      const item = items[index];
      if (item === undefined) continue;
      const early = pace.perSecond === undefined ? 0 : began + (index * 1_000) / pace.perSecond - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      await work(item);
      done++;
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(pace.atOnce, items.length) }, lane));
  } finally {
    clearInterval(progress);
  }
}
