// The scopes in which ends of calls join commits: those of every run of the tests, and deeper ones (protocol.check.ts).
import type { JoinScope } from "./world.ts";

const A1 = { id: "A1", key: "A", call: "a1" }, A2 = { id: "A2", key: "A", call: "a2" }, M2 = { id: "A2", key: "A" };

/** The first worker has handled what was published, and a call is under way. */
const BEGUN = ["look w1", "granted w1", "read w1", "scan at the store w1", "scanned w1", "decided w1", "commit at the store w1", "committed w1", "scan at the store w1", "scanned w1"];

const ONE: JoinScope = {
  workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, messages: [A1], published: 1, maxBatch: 2, refusals: 0, failures: 0, failing: ["later"],
  troubles: 0, attempts: 2, answers: ["reconcile", "abandon"],
};

const TWO: JoinScope = { ...ONE, workers: 2, losses: 1, restarts: false };

export const JOIN_SCOPES = {
  crash: { ...ONE, losses: 1, messages: [A1, A2], published: 2, begins: BEGUN },
  crashFault: { ...ONE, losses: 1, faults: 1, begins: BEGUN },
  faults: { ...ONE, faults: 1, messages: [A1, A2], published: 2, begins: BEGUN },
  publishing: { ...ONE, messages: [A1, M2], published: 1 },
  publishingCrash: { ...ONE, messages: [A1, M2], published: 1, losses: 1, begins: BEGUN },
  refused: { ...ONE, messages: [A1, A2], published: 2, refusals: 1 },
  refusedTwice: { ...ONE, refusals: 2 },
  failing: { ...ONE, messages: [A1, A2], published: 2, failures: 1 },
  failingPublish: { ...ONE, messages: [A1, M2], published: 1, failures: 1, begins: BEGUN },
  troubles: { ...ONE, troubles: 2 },
  troublesCrash: { ...ONE, troubles: 1, losses: 1, begins: BEGUN },
  deadly: { ...ONE, killer: "ok a1" },
  deadlyAsk: { ...ONE, killer: "ok a1", troubles: 1, answers: ["reconcile"] },
  deadlyDeadline: { ...ONE, killer: "notPerformed a2", messages: [A1, A2], published: 2, troubles: 1, deadlines: true, ticks: 1, answers: ["reconcile"] },
  takeover: { ...TWO, begins: BEGUN },
  takeoverDoubt: { ...TWO, faults: 1, begins: BEGUN },
  takeoverOfTwo: { ...TWO, messages: [A1, A2], published: 2, begins: BEGUN },
  handover: { ...ONE, workers: 2, handovers: 1, restarts: false },
  lateBeats: { ...TWO, late: true, begins: BEGUN },
} as const satisfies Record<string, JoinScope>;
