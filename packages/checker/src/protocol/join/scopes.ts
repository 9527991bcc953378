// The scopes in which ends of calls join commits: those of every run of the tests, each for something that the others cannot show, and deeper ones
// (protocol.check.ts).
import type { JoinScope } from "./world.ts";

const A1 = { id: "A1", key: "A", call: "a1" }, A2 = { id: "A2", key: "A", call: "a2" }, M2 = { id: "M2", key: "A" }, M3 = { id: "M3", key: "A" };
const B1 = { id: "B1", key: "B", call: "b1" };
const APART = [A1, { ...B1, partition: 1 }];

/** The first worker has handled what was published, and its first call is under way: what comes before is explored with messages and calls apart. */
const BEGUN = [
  "look w1", "granted w1", "read w1", "scan at the store w1", "scanned w1", "decided w1", "commit at the store w1", "committed w1", "scan at the store w1", "scanned w1",
];

/** The same of two partitions, which it owns both. */
const BEGUN_APART = ["look w1 takes 0,1", ...BEGUN.slice(1)];

const ONE: JoinScope = {
  workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, messages: [A1], published: 1, maxBatch: 2, refusals: 0, failures: 0, failing: ["later"],
  troubles: 0, attempts: 2, answers: ["reconcile", "abandon"],
};

const TWO: JoinScope = { ...ONE, workers: 2, losses: 1, restarts: false };

export const JOIN_SCOPES = {
  /** Two calls of a key; a crash at any moment. */
  crash: { ...ONE, losses: 1, messages: [A1, A2], published: 2, begins: BEGUN },
  /** One call; besides, any one request fails, in any way. */
  crashFault: { ...ONE, losses: 1, faults: 1, begins: BEGUN },
  /** Two calls of a key; any one request fails. */
  faults: { ...ONE, faults: 1, messages: [A1, A2], published: 2, begins: BEGUN },
  /** A message of the call's key is published at any time, and handed over or not. */
  publishing: { ...ONE, messages: [A1, M2] },
  /** Two messages of the call's key: one may travel with the outcome. */
  behind: { ...ONE, messages: [A1, M2, M3], begins: BEGUN },
  /** The store refuses a commit as a whole. */
  refused: { ...ONE, messages: [A1, A2], published: 2, refusals: 1 },
  /** It refuses twice: the runner's own commit as well. */
  refusedTwice: { ...ONE, refusals: 2 },
  /** A handler fails: of a message, or of an outcome. */
  failing: { ...ONE, messages: [A1, A2], published: 2, failures: 1 },
  /** The same while a message of the key is published. */
  failingPublish: { ...ONE, messages: [A1, M2], failures: 1, begins: BEGUN },
  /** Two calls of two keys, which may end together; the handler of one outcome fails. */
  together: { ...ONE, messages: [A1, B1], published: 2, failures: 1, begins: BEGUN },
  /** The same where the end of one is unknown, which is appended by whichever commit takes them along. */
  togetherUnknown: { ...ONE, messages: [A1, B1], published: 2, troubles: 1, begins: BEGUN },
  /** The same two calls in two partitions, whose ends may join one commit. */
  apart: { ...ONE, partitions: 2, messages: APART, published: 2, failures: 1, begins: BEGUN_APART },
  /** One of the partitions is handed over while the other one's call goes on. */
  apartHandover: { ...ONE, partitions: 2, workers: 2, handovers: 1, restarts: false, messages: APART, published: 2, begins: BEGUN_APART },
  /** Attempts fail; what is unknown is asked for or abandoned. */
  troubles: { ...ONE, troubles: 2 },
  /** The same while the process crashes. */
  troublesCrash: { ...ONE, troubles: 1, losses: 1, begins: BEGUN },
  /** The outcome's handler kills its worker. */
  deadly: { ...ONE, killer: "ok a1", begins: BEGUN },
  /** The same where the outcome may come by asking. */
  deadlyAsk: { ...ONE, killer: "ok a1", troubles: 1, answers: ["reconcile"], begins: BEGUN },
  /** The worker crashes, or is a zombie, and the other takes over. */
  takeover: { ...TWO, begins: BEGUN },
  /** The first hears of it while its ends are on offer, and comes back when the other is lost as well. */
  comesBack: { ...TWO, losses: 2, inherits: true, begins: [...BEGUN, "performed w1", "taken for dead w1", "look w2", "granted w2", "notice w1"] },
  /** The partition changes hands in good order. */
  handover: { ...ONE, workers: 2, handovers: 1, restarts: false },
  /** A heartbeat is late before a call that was read is begun: its worker is taken from, buried, or beats again. */
  lateBeats: { ...TWO, late: true, begins: BEGUN.slice(0, -1) },
} as const satisfies Record<string, JoinScope>;

export const DEEP_JOIN_SCOPES: Readonly<Record<string, JoinScope>> = {
  crash: { ...ONE, losses: 1, faults: 1 },
  crashOfTwo: { ...ONE, losses: 1, faults: 1, messages: [A1, A2], published: 2, begins: BEGUN },
  publishing: { ...ONE, messages: [A1, M2], losses: 1, begins: BEGUN },
  troubles: { ...ONE, messages: [A1, A2], published: 2, troubles: 2, failures: 1, begins: BEGUN },
  together: { ...ONE, messages: [A1, B1, M2], published: 2, failures: 1, begins: BEGUN },
  togetherUnknown: { ...ONE, messages: [A1, B1], published: 2, troubles: 1, faults: 1, begins: BEGUN },
  apartCrash: { ...ONE, partitions: 2, losses: 1, messages: APART, published: 2, begins: BEGUN_APART },
  apartFaults: { ...ONE, partitions: 2, faults: 1, messages: APART, published: 2, begins: BEGUN_APART },
  apartTakeover: { ...TWO, partitions: 2, messages: APART, published: 2, begins: BEGUN_APART },
  deadlyDeadline: { ...ONE, killer: "notPerformed a2", messages: [A1, A2], published: 2, troubles: 1, deadlines: true, ticks: 1, answers: ["reconcile"] },
  takeover: { ...TWO, faults: 1, begins: BEGUN },
  twoLosses: { ...TWO, losses: 2, begins: BEGUN },
  takeoverOfTwo: { ...TWO, messages: [A1, A2], published: 2, begins: BEGUN },
  handover: { ...ONE, workers: 2, handovers: 1, faults: 1, restarts: false },
  lateBeats: { ...TWO, losses: 2, late: true, begins: BEGUN },
};
