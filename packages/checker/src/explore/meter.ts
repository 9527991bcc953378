// Time, memory and rate of a search: says when its seconds are over, tells who asked for progress. It measures and stops nothing itself.
import type { Settings } from "./options.ts";
import type { SearchNumbers } from "./search.ts";

const LOOK_EACH_MS = 20;
const TELL_EACH_MS = 500;

interface Meter {
  /** Why to stop, or null. Cheap: looks at the clock, and at memory now and then. */
  beat(numbers: () => SearchNumbers): string | null;
  end(numbers: SearchNumbers): { seconds: number; peakMemoryBytes: number };
}

export function meterOf(subject: string, settings: Settings, sizes: () => { distinct: number; queue: number }): Meter {
  const start = performance.now();
  let peakMemoryBytes = process.memoryUsage.rss();
  let lookAt = start + LOOK_EACH_MS;
  let told = { at: start, generated: 0 };

  function tell(now: number, { generated, level }: SearchNumbers): void {
    const passed = (now - told.at) / 1000;
    settings.onProgress?.({
      subject, ...sizes(), generated, depth: level, seconds: (now - start) / 1000,
      rate: passed > 0 ? (generated - told.generated) / passed : 0, memoryBytes: process.memoryUsage.rss(),
    });
    told = { at: now, generated };
  }

  return {
    beat(numbers) {
      const now = performance.now();
      if (now >= lookAt) {
        lookAt = now + LOOK_EACH_MS;
        peakMemoryBytes = Math.max(peakMemoryBytes, process.memoryUsage.rss());
        if (now - told.at >= TELL_EACH_MS) tell(now, numbers());
      }
      return now - start >= settings.maxSeconds * 1000 ? `the bound of ${settings.maxSeconds} seconds was met` : null;
    },
    end(numbers) {
      const now = performance.now();
      tell(now, numbers);
      return { seconds: (now - start) / 1000, peakMemoryBytes: Math.max(peakMemoryBytes, process.memoryUsage.rss()) };
    },
  };
}
