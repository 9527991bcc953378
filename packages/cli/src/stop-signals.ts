// Signals that ask a worker to stop: the first begins an orderly shutdown, a second one ends the process at once.
import { constants } from "node:os";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
type StopSignal = (typeof SIGNALS)[number];

/**
 * Wrappers (npm, npx, tsx) pass a Ctrl-C on to a process that the terminal has told already: what comes this soon after the first
 * signal is the same wish.
 */
const SAME_WISH_MS = 250;

interface StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<StopSignal>;
  dispose(): void;
}

export function stopSignals(onSecond: (signal: StopSignal) => void): StopSignals {
  let firstAt: number | null = null;
  let settle: (signal: StopSignal) => void = () => undefined;
  const first = new Promise<StopSignal>((resolve) => { settle = resolve; });
  const hear = (signal: StopSignal): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      settle(signal);
    } else if (performance.now() - firstAt > SAME_WISH_MS) {
      onSecond(signal);
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const name of SIGNALS) process.on(name, hear);
  // A handler does not keep a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  return {
    first,
    dispose: () => {
      clearInterval(alive);
      for (const name of SIGNALS) process.off(name, hear);
    },
  };
}
