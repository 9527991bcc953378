// A host for tests of whole applications in memory: real clocks and timers, numbered ids, silent but for what a test collects.
import type { Host } from "@evenkeel/core/spi";

export function testHost(lines: unknown[] = []): Host {
  let next = 0;
  return {
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    newId: () => `id-${String(next++).padStart(8, "0")}`,
    soon: (task) => { setImmediate(task); },
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => { clearTimeout(timer); };
    },
    log: (level, event, fields) => { lines.push({ level, event, fields }); },
  };
}
