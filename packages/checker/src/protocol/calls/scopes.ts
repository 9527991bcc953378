// The scopes in which calls are explored.
import type { CallScope } from "./world.ts";

const A1 = { id: "a1", key: "A" }, A2 = { id: "a2", key: "A" }, B1 = { id: "b1", key: "B" };

const ONE: CallScope = {
  workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, calls: [A1, A2], requested: 2, troubles: 1, attempts: 2, concurrency: 2,
  answers: ["reconcile", "abandon"], deadlines: false, ticks: 0,
};

export const CALL_SCOPES = {
  /** Two calls of a key; a crash at any moment, any one request fails, one attempt is not performed or unknown. */
  crash: { ...ONE, faults: 1, losses: 1 },
  /** Calls are requested while others are under way. */
  requesting: { ...ONE, requested: 0, faults: 1 },
  /** Attempts fail twice, up to the last one; what is unknown is asked for or abandoned. */
  troubles: { ...ONE, calls: [A1, B1], concurrency: 1, troubles: 3 },
  /** Deadlines pass. */
  deadlines: { ...ONE, deadlines: true, calls: [A1], requested: 1, ticks: 2, faults: 1 },
  /** The owner is a zombie, or dead: its attempt goes on beside its successor's. */
  takeover: { ...ONE, workers: 2, losses: 1, calls: [A1], requested: 1, attempts: 1, restarts: false },
  /** The same with two calls of a key, and no trouble with the provider. */
  takeoverOfTwo: { ...ONE, workers: 2, losses: 1, troubles: 0, restarts: false },
  /** A call is requested of a successor whose predecessor has not heard that it was replaced. */
  zombieReads: { ...ONE, workers: 2, losses: 1, calls: [A1], requested: 0, attempts: 1, restarts: false },
  /** Partitions change hands in good order. */
  handover: { ...ONE, workers: 2, handovers: 1, troubles: 1, restarts: false },
} as const satisfies Record<string, CallScope>;

/** What is not guaranteed: a zombie that read a call before it was replaced begins it after the provider has told its successor "absent". */
export const LATE_ZOMBIE: CallScope = {
  ...ONE, workers: 2, losses: 1, calls: [A1], requested: 1, attempts: 1, troubles: 2, answers: ["reconcile"], restarts: false,
};
