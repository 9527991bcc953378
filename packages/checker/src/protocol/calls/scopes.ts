// The scopes in which calls are explored: those of every run of the tests, and deeper ones (protocol.check.ts).
import type { CallScope } from "./world.ts";

const A1 = { id: "a1", key: "A" }, A2 = { id: "a2", key: "A" }, B1 = { id: "b1", key: "B" };

const ONE: CallScope = {
  workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, calls: [A1, A2], requested: 2, troubles: 1, attempts: 2, concurrency: 2,
  answers: ["reconcile", "abandon"], deadlines: false, ticks: 0,
};

/** One call, and two workers. */
const TWO: CallScope = { ...ONE, workers: 2, losses: 1, calls: [A1], requested: 1, attempts: 1, restarts: false };

/** The first worker holds the partition, and its heartbeat is late. */
const LATE = ["look w1", "granted w1", "beats late w1"];

export const CALL_SCOPES = {
  /** Two calls of a key; a crash at any moment, and any one request fails. */
  crash: { ...ONE, faults: 1, losses: 1, troubles: 0 },
  /** One call; besides, one attempt is not performed, or its end unknown. */
  crashInTrouble: { ...ONE, faults: 1, losses: 1, calls: [A1], requested: 1 },
  /** Calls are requested while others are under way. */
  requesting: { ...ONE, requested: 0 },
  /** Attempts fail up to the last one; what is unknown is asked for or abandoned. */
  troubles: { ...ONE, calls: [A1], requested: 1, troubles: 3 },
  /** The same with calls of two keys, which share the operation's one place. */
  troublesOfTwo: { ...ONE, calls: [A1, B1], concurrency: 1, troubles: 2 },
  /** Deadlines pass. */
  deadlines: { ...ONE, deadlines: true, calls: [A1], requested: 1, ticks: 2 },
  /** The owner of two calls of a key is a zombie, or dead: its attempt goes on beside its successor's. */
  takeoverOfTwo: { ...ONE, workers: 2, losses: 1, troubles: 0, restarts: false },
  /** Partitions change hands in good order. */
  handover: { ...ONE, workers: 2, handovers: 1, troubles: 0, restarts: false },
  /** A zombie that read a call before it was replaced wakes after the provider has told its successor "absent". */
  lateZombie: { ...TWO, begins: ["look w1", "granted w1", "scan at the store w1"], troubles: 2, answers: ["reconcile"], late: true },
  /** A call is requested of a successor whose predecessor has not heard that it was replaced. */
  zombieReads: { ...TWO, begins: LATE, requested: 0, late: true, answers: ["reconcile"] },
  /** Heartbeats are late: their worker is taken from, buried, or beats again; and so is its successor's. */
  lateBeats: { ...TWO, begins: LATE, losses: 2, troubles: 0, requested: 0, late: true },
  /** Two calls of a key that go at the same time, each its own way. */
  atOnce: { ...ONE, inOrder: false },
  /** The same while they are requested and any one request fails. */
  atOnceFaults: { ...ONE, inOrder: false, requested: 0, faults: 1, troubles: 0 },
  /** Their owner is a zombie, or dead, with both under way. */
  atOnceTakeover: { ...ONE, inOrder: false, workers: 2, losses: 1, troubles: 0, restarts: false, answers: ["reconcile"] },
  /** They change hands in good order. */
  atOnceHandover: { ...ONE, inOrder: false, workers: 2, handovers: 1, troubles: 0, restarts: false },
} as const satisfies Record<string, CallScope>;

/** What is not guaranteed: an attempt that was begun in time stays in its process until the provider has told its successor "absent". */
export const LATE_LEAVING: CallScope = { ...CALL_SCOPES.lateZombie, slow: true };

export const DEEP_CALL_SCOPES: Readonly<Record<string, CallScope>> = {
  crash: { ...ONE, faults: 1, losses: 1 },
  requesting: { ...ONE, requested: 0, faults: 1 },
  troubles: { ...ONE, calls: [A1, B1], concurrency: 1, troubles: 3 },
  deadlines: { ...ONE, deadlines: true, calls: [A1], requested: 1, ticks: 2, faults: 1 },
  takeover: TWO,
  zombieReads: { ...TWO, requested: 0, late: true },
  lateZombie: { ...TWO, troubles: 2, late: true },
  lateBeats: { ...TWO, losses: 2, troubles: 0, requested: 0, late: true },
  handover: { ...ONE, workers: 2, handovers: 1, restarts: false },
  atOnceCrash: { ...ONE, inOrder: false, faults: 1, losses: 1, troubles: 0 },
  atOnceTakeover: { ...ONE, inOrder: false, workers: 2, losses: 1, restarts: false, answers: ["reconcile"] },
};
