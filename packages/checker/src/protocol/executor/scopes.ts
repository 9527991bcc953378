// The scopes in which delivery is explored: those of every run of the tests, each for something that the others cannot show, and deeper ones
// (protocol.check.ts).
import type { DeliveryScope } from "./world.ts";

const A1 = { id: "A1", key: "A", partition: 0 }, A2 = { id: "A2", key: "A", partition: 0 }, B1 = { id: "B1", key: "B", partition: 0 };
const C1 = { id: "C1", key: "C", partition: 1 };

const ONE: DeliveryScope = {
  partitions: 1, workers: 1, messages: [A1, A2], published: 2, maxBatch: 1, losses: 0, restarts: false, faults: 0, failures: 0, failing: ["later"],
  maxAttempts: 2, handovers: 0, controls: 0, actions: ["redrive"], deaths: 0,
};

export const DELIVERY_SCOPES = {
  /** A process crashes or becomes a zombie at any moment, and the other takes over; any one request fails, in any way. */
  takeover: { ...ONE, workers: 2, losses: 1, faults: 1 },
  /** One process crashes and begins anew while messages are published, and handed over or not. */
  publishing: { ...ONE, published: 0, losses: 1, restarts: true, maxBatch: 2 },
  /** The same with one message, while any one request fails. */
  publishingOne: { ...ONE, messages: [A1], published: 0, losses: 1, faults: 1, restarts: true },
  /** Two zombies, or one and a crash: the first owner's commit may arrive after two takeovers. */
  twoLosses: { ...ONE, workers: 2, messages: [A1], published: 1, losses: 2 },
  /** Two partitions, taken singly or together. */
  partitions: { ...ONE, workers: 2, messages: [A1], published: 1, partitions: 2, losses: 1 },
  /** Partitions change hands in good order; there is a message that nobody handles. */
  handover: { ...ONE, workers: 2, messages: [A1, { id: "N1", key: "N", partition: 0, handled: false }], published: 1, handovers: 1 },
  /** Messages fail and are tried again, later or at last never, while requests fail. */
  retries: { ...ONE, failures: 2, faults: 1 },
  /** The same while the process crashes. */
  retriesCrash: { ...ONE, failures: 2, losses: 1, restarts: true },
  /** A batch of several keys, of which one fails. */
  batch: { ...ONE, messages: [A1, A2, B1], published: 3, failures: 1, faults: 1, maxBatch: 2 },
  /** A parked key is taken over. */
  parkedTakeover: { ...ONE, workers: 2, losses: 1, failures: 1, maxBatch: 2 },
  /** A person redrives or skips, twice, while requests fail. */
  operators: { ...ONE, failures: 1, failing: ["never"], controls: 2, actions: ["redrive", "skip"], faults: 1 },
  /** The same once, across a takeover. */
  operatorsTakeover: { ...ONE, workers: 2, messages: [A1], published: 1, losses: 1, failures: 1, failing: ["never"], controls: 1, actions: ["redrive", "skip"] },
  /** Owners have died: messages go one by one behind marks, and one that was marked fails. */
  suspect: { ...ONE, deaths: 1, losses: 2, faults: 1, restarts: true },
  /** A heartbeat is late: its worker is taken from, buried, or beats again. */
  lateBeats: { ...ONE, workers: 2, messages: [A1], published: 1, losses: 1, late: true },
} as const satisfies Record<string, DeliveryScope>;

export const DEEP_DELIVERY_SCOPES: Readonly<Record<string, DeliveryScope>> = {
  publishing: { ...ONE, published: 0, losses: 1, faults: 1, restarts: true, maxBatch: 2 },
  twoLosses: { ...ONE, workers: 2, messages: [A1], published: 1, losses: 2, faults: 1 },
  partitions: { ...ONE, workers: 2, messages: [A1, C1], partitions: 2, losses: 1 },
  handover: { ...ONE, workers: 2, messages: [A1, { id: "N1", key: "N", partition: 0, handled: false }], published: 1, handovers: 1, faults: 1 },
  retries: { ...ONE, failures: 2, losses: 1, faults: 1, restarts: true },
  operatorsTakeover: { ...ONE, workers: 2, losses: 1, failures: 1, failing: ["never"], controls: 1, actions: ["redrive", "skip"] },
  lateBeats: { ...ONE, workers: 2, messages: [A1], published: 0, losses: 2, late: true },
  takeovers: { ...ONE, workers: 2, losses: 2, faults: 1 },
};
