// The scopes in which timers are explored.
import type { TimerScope } from "./world.ts";

const T = { name: "t", partition: 0 }, U = { name: "u", partition: 1 };

const ONE: TimerScope = { partitions: 1, workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, limit: 10, script: [] };

export const TIMER_SCOPES = {
  /** A due timer is set anew for later while a process dies or becomes a zombie, and another takes over. */
  replaceTakeover: { ...ONE, workers: 2, restarts: false, losses: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }] },
  /** A due timer is cancelled; besides, any one request fails. */
  cancelTakeover: { ...ONE, workers: 2, restarts: false, losses: 1, faults: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "cancel" }] },
  /** Set, set anew, cancelled. */
  thrice: { ...ONE, losses: 1, faults: 1, script: [{ ...T, what: "set, due" }, { ...T, what: "set, for later" }, { ...T, what: "cancel" }] },
  /** Two timers in two partitions that are taken and handed over. */
  partitions: { ...ONE, partitions: 2, faults: 1, handovers: 1, script: [{ ...T, what: "set, due" }, { ...U, what: "set, due" }] },
} as const satisfies Record<string, TimerScope>;
