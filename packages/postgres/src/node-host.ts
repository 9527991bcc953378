// The host of a Node.js process: clocks, chance, timers and log lines.
import { randomBytes } from "node:crypto";
import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import type { Host, Log } from "@evenkeel/core/spi";

/** @param log receives structured log lines. */
export function nodeHost(log: Log): Host {
  return {
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    newId,
    after: (delayMs, task) => {
      const timer = setTimeout(task, Math.min(delayMs, 2 ** 31 - 1));
      return () => { clearTimeout(timer); };
    },
    soon: (task) => { setImmediate(task); },
    // The queue of ticks is looked at when that of microtasks is empty (Node.js, "The event loop"), and costs no turn of the loop. But when what the loop
    // has called itself returns, the ticks come first: so a tick is asked for by a microtask.
    afterMicrotasks: (task) => { queueMicrotask(() => { process.nextTick(task); }); },
    loopDelayMs: loopDelay(),
    log,
  };
}

/** How often the loop is asked; what it measures includes this much. */
const RESOLUTION_MS = 20;

/** Measured from the first question on: a process that watches nothing pays nothing. */
function loopDelay(): () => number {
  let histogram: IntervalHistogram | null = null;
  return () => {
    if (histogram === null) {
      histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      histogram.enable();
      return 0;
    }
    // Nanoseconds; without a sample since the last question the greatest is 0.
    const delayMs = Math.max(0, histogram.max / 1e6 - RESOLUTION_MS);
    histogram.reset();
    return delayMs;
  };
}

let pool = Buffer.alloc(0);
let at = 0;

/** UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits from a buffered source. */
function newId(): string {
  if (at + 10 > pool.length) {
    pool = randomBytes(4_000);
    at = 0;
  }
  const time = Date.now().toString(16).padStart(12, "0");
  const random = pool.toString("hex", at, at + 10);
  at += 10;
  const variant = "89ab".charAt(parseInt(random.charAt(3), 16) & 3);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
