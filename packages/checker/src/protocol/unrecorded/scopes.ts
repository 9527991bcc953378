// The scopes of calls that begin without a row: those of every run of the tests, and deeper ones (protocol.check.ts).
import type { JoinScope } from "../join/world.ts";

const A1 = { id: "A1", key: "A" }, A2 = { id: "A2", key: "A" };
const B1 = { id: "B1", key: "B", partition: 1 };
/** Two keys, each with its document and its partition. */
const APART = { first: { A1: ["a1"], B1: ["b1"] }, next: {} };
const CALLS = { first: { A1: ["a1"] }, next: { a1: "a2" } };
/** Both are requested by the first message, and go at the same time. */
const AT_ONCE = { first: { A1: ["a1", "a2"] }, next: {} };

/** The first worker has read what was published, and no calls with rows. */
const READ = ["look w1", "granted w1", "read w1", "scan at the store w1", "scanned w1"];
/** It has handled that, and its first call is under way. */
const FOUND_NONE = [...READ, "revivals at the store w1", "revivals read w1"];
const BEGUN = [...FOUND_NONE, "decided w1", "commit at the store w1", "committed w1"];
/** The same of two partitions, which it owns both. */
const BEGUN_APART = ["look w1 takes 0,1", ...BEGUN.slice(1)];
/** It was taken for dead, and the other took over. */
const TAKEN = [...BEGUN, "taken for dead w1", "look w2", "granted w2"];
/** What the other reads first does not hang on what the first one does. */
const OTHER_READ = ["read w2", "scan at the store w2", "scanned w2"];
const REVIVED = [...TAKEN, ...OTHER_READ, "revivals at the store w2", "revivals read w2", "commit at the store w2", "committed w2"];

const ONE: JoinScope = {
  workers: 1, losses: 0, restarts: true, faults: 0, handovers: 0, messages: [A1], published: 1, maxBatch: 2, refusals: 0, failures: 0, failing: ["later"],
  troubles: 0, attempts: 3, answers: ["reconcile"], unrecorded: { first: { A1: ["a1"] }, next: {} }, inOrder: false,
};

const TWO: JoinScope = { ...ONE, workers: 2, losses: 1, restarts: false };

export const UNRECORDED_SCOPES = {
  /** A crash at any moment, from the first batch on. */
  crash: { ...ONE, losses: 1, begins: FOUND_NONE },
  /** What is to be revived is read while the first commit is under way. */
  racing: { ...ONE, begins: READ },
  /** The same where calls of a key go one after the other. */
  racingInOrder: { ...ONE, inOrder: true, begins: READ },
  /** It was read before, and is heard of later; any one request fails. */
  hearsLate: { ...ONE, faults: 1, begins: [...READ, "revivals at the store w1"] },
  /** It was read when the first commit had reached the store; any one request fails. */
  noted: { ...ONE, faults: 1, begins: [...READ, "decided w1", "commit at the store w1", "revivals at the store w1", "revivals read w1"] },
  /** The same with a second call, which is requested when the first one's outcome comes. */
  crashOfTwo: { ...ONE, losses: 1, unrecorded: CALLS, begins: BEGUN },
  /** Any one request fails, in any way, where the commit that takes an outcome requests the second call. */
  faultsOfTwo: { ...ONE, faults: 1, unrecorded: CALLS, begins: [...BEGUN, "takes effect w1"] },
  /** A message of the key is published meanwhile. */
  publishing: { ...ONE, messages: [A1, A2], begins: BEGUN },
  /** The store refuses a commit as a whole. */
  refused: { ...ONE, refusals: 1, unrecorded: CALLS, begins: BEGUN },
  /** It refuses twice: the runner's own commit as well, whose outcome goes on with a row. */
  refusedTwice: { ...ONE, refusals: 2, begins: BEGUN },
  /** A handler fails: of an outcome, or of a revival. */
  failing: { ...ONE, failures: 1, troubles: 1, begins: BEGUN },
  /** Attempts fail: what was not performed is tried again, what is unknown is asked for. */
  troubles: { ...ONE, troubles: 2, begins: BEGUN },
  /** The same while the process crashes. */
  troublesCrash: { ...ONE, troubles: 1, losses: 1, begins: [...BEGUN, "attempt unknown w1"] },
  /** An attempt that nothing is known of has taken all the time that its call has. */
  deadline: { ...ONE, troubles: 1, deadlines: true, ticks: 1, begins: BEGUN },
  /** The first worker is a zombie with a call under way. */
  takeover: { ...TWO, begins: REVIVED },
  /** The partition changes hands in good order. */
  handover: { ...ONE, workers: 2, handovers: 1, restarts: false, begins: BEGUN.slice(0, -3) },
  /** The same where the first call's outcome requests the second call. */
  handoverOfTwo: { ...ONE, workers: 2, handovers: 1, restarts: false, unrecorded: CALLS, begins: [...BEGUN, "takes effect w1", "performed w1"] },
  /** Two calls of a key are under way at once; a crash at any moment. */
  crashOfBoth: { ...ONE, losses: 1, unrecorded: AT_ONCE, begins: BEGUN },
  /** One of them ends while the other goes on with a row, or both do. */
  troublesOfBoth: { ...ONE, troubles: 2, unrecorded: AT_ONCE, begins: BEGUN },
  /** Their ends may join one commit, and the handler of one outcome fails. */
  failingOfBoth: { ...ONE, failures: 1, unrecorded: AT_ONCE, begins: BEGUN },
  /** Their owner was taken for dead and has noticed; the next one has revived both. */
  takeoverOfBoth: { ...TWO, unrecorded: AT_ONCE, begins: [...REVIVED, "notice w1"] },
  /** They change hands in good order. */
  handoverOfBoth: { ...ONE, workers: 2, handovers: 1, restarts: false, unrecorded: AT_ONCE, begins: BEGUN.slice(0, -3) },
  /** Calls of two keys in two partitions: their ends may join one commit, which writes both documents, and the handler of one fails. */
  apart: { ...ONE, partitions: 2, messages: [A1, B1], published: 2, failures: 1, unrecorded: APART, begins: BEGUN_APART },
  /** A heartbeat is late while the call is requested. */
  lateBeats: { ...TWO, late: true, begins: [...BEGUN.slice(0, -1), "beats late w1", "look w2", "granted w2", ...OTHER_READ] },
} as const satisfies Record<string, JoinScope>;

export const DEEP_UNRECORDED_SCOPES: Readonly<Record<string, JoinScope>> = {
  faults: { ...ONE, faults: 1, begins: READ },
  troublesCrash: { ...ONE, troubles: 1, losses: 1, begins: BEGUN },
  zombie: { ...TWO, begins: TAKEN },
  comesBack: { ...TWO, losses: 2, begins: [...REVIVED, "notice w1", "decided w2", "commit at the store w2"] },
  crash: { ...ONE, losses: 1 },
  crashFault: { ...ONE, losses: 1, faults: 1, unrecorded: CALLS, begins: BEGUN },
  twoCrashes: { ...ONE, losses: 2, unrecorded: CALLS, begins: BEGUN },
  troubles: { ...ONE, losses: 1, troubles: 2, failures: 1, unrecorded: CALLS, begins: BEGUN },
  publishing: { ...ONE, messages: [A1, A2], losses: 1, unrecorded: CALLS, begins: BEGUN },
  takeover: { ...TWO, faults: 1, unrecorded: CALLS, begins: BEGUN },
  twoLosses: { ...TWO, losses: 2, unrecorded: CALLS, begins: BEGUN },
  handover: { ...ONE, workers: 2, handovers: 1, faults: 1, restarts: false, unrecorded: CALLS },
  lateBeats: { ...TWO, losses: 2, late: true, begins: BEGUN },
  zombieOfBoth: { ...TWO, unrecorded: AT_ONCE, begins: REVIVED },
  crashFaultOfBoth: { ...ONE, losses: 1, faults: 1, unrecorded: AT_ONCE, begins: BEGUN },
  apartHandover: { ...ONE, partitions: 2, workers: 2, handovers: 1, restarts: false, messages: [A1, B1], published: 2, unrecorded: APART, begins: BEGUN_APART },
  apartCrash: { ...ONE, partitions: 2, losses: 1, messages: [A1, B1], published: 2, unrecorded: APART, begins: BEGUN_APART },
  apartFaults: { ...ONE, partitions: 2, faults: 1, messages: [A1, B1], published: 2, unrecorded: APART, begins: BEGUN_APART },
  apartTakeover: { ...TWO, partitions: 2, messages: [A1, B1], published: 2, unrecorded: APART, begins: BEGUN_APART },
  refusedOfBoth: { ...ONE, refusals: 2, troubles: 1, unrecorded: AT_ONCE, begins: BEGUN },
};
