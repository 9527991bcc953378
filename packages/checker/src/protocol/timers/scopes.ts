// The scopes in which timers are explored: those of every run of the tests, and deeper ones (protocol.check.ts).
import type { TimerScope } from "./world.ts";

const T = { name: "t", partition: 0 }, U = { name: "u", partition: 1 };

const ONE: TimerScope = { partitions: 1, workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, limit: 10, script: [] };

export const TIMER_SCOPES = {
  /** A due timer is cancelled while a process dies or becomes a zombie, and another takes over. */
  cancelTakeover: { ...ONE, workers: 2, restarts: false, losses: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "cancel" }] },
  /** Set, set anew, cancelled, around a crash. */
  thrice: { ...ONE, losses: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }, { ...T, what: "cancel" }] },
  /** The same twice, while any one request fails. */
  twice: { ...ONE, faults: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }] },
  /** Two timers in two partitions that are taken and handed over. */
  partitions: { ...ONE, partitions: 2, handovers: 1, script: [{ ...T, what: "set, due" }, { ...U, what: "set, due" }] },
  /** A heartbeat is late: its worker is taken from, buried, or beats again. */
  lateBeats: { ...ONE, workers: 2, restarts: false, losses: 1, late: true, script: [{ ...T, what: "set, due" }] },
} as const satisfies Record<string, TimerScope>;

export const DEEP_TIMER_SCOPES: Readonly<Record<string, TimerScope>> = {
  replaceTakeover: { ...ONE, workers: 2, restarts: false, losses: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }] },
  cancelTakeover: { ...ONE, workers: 2, restarts: false, losses: 1, faults: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "cancel" }] },
  thrice: { ...ONE, losses: 1, faults: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }, { ...T, what: "cancel" }] },
  lateBeats: { ...ONE, workers: 2, restarts: false, losses: 2, late: true, script: [{ ...T, what: "set, due" }] },
  partitions: { ...ONE, partitions: 2, faults: 1, handovers: 1, script: [{ ...T, what: "set, due" }, { ...U, what: "set, due" }] },
};
