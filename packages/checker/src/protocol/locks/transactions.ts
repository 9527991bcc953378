// The transactions of the store as lists of lock steps, in the order of the shipping functions; the scopes in which they are explored and played
// on the server; and the wrong orders that must be found.
import type { Step, Transaction } from "./lock-state.ts";

const ascending = (partitions: readonly number[]): number[] => [...new Set(partitions)].sort((a, b) => a - b);

/** append_2: every lock, ascending; then a look at what stands before; then positions and rows. */
function append(partitions: readonly number[]): Step[] {
  return [...locks(ascending(partitions)), { do: "look", partitions: ascending(partitions) }, { do: "draw", partitions }];
}

export function locks(partitions: readonly number[]): Step[] {
  return partitions.map((partition) => ({ do: "lock", lock: `append ${String(partition)}` }));
}

const END: readonly Step[] = [{ do: "commit" }, { do: "release" }];

/** publish_2: whether the door knows it; the append; the door. */
export function publish(name: string, partitions: readonly number[], key: string): Transaction {
  return { name, steps: [{ do: "knock", key }, ...append(partitions), { do: "door", key }, ...END] };
}

/** publish_one_1: without the first look. */
function publishOne(name: string, partition: number, key: string): Transaction {
  return { name, steps: [...append([partition]), { do: "door", key }, ...END] };
}

/** commit_4: the fences shared, ascending; the epoch; progress; last of all the append. */
function ownersCommit(name: string, fences: readonly number[], appended: readonly number[], order?: readonly Step[]): Transaction {
  return { name, steps: order ?? [...shared(fences), { do: "compare", epoch: 1 }, { do: "progress", from: 0 }, ...append(appended), ...END] };
}

function shared(fences: readonly number[]): Step[] {
  return fences.map((partition) => ({ do: "share", lock: `fence ${String(partition)}` }));
}

function exclusive(fences: readonly number[]): Step[] {
  return fences.map((partition): Step => ({ do: "lock", lock: `fence ${String(partition)}` }));
}

/** The takeover: the fences exclusively, ascending; then progress read; then the epoch raised. */
function takeover(fences: readonly number[], order?: readonly Step[], name = "takeover"): Transaction {
  return { name, steps: order ?? [...exclusive(fences), { do: "read progress" }, { do: "raise" }, ...END] };
}

/** The first commit of the one who took over. */
function heir(appended: readonly number[]): Transaction {
  return {
    name: "heir", after: "takeover",
    steps: [...shared([0]), { do: "compare", epoch: 2 }, { do: "progress", from: "read" }, ...append(appended), ...END],
  };
}

export const LOCK_SCOPES = {
  /** Appends to several partitions. */
  appends: [publish("a", [0, 1], "a"), publish("b", [1, 0], "b"), publish("c", [1, 1], "c")],
  /** A takeover beside its predecessor's commit, and what its successor commits. */
  takeover: [ownersCommit("owner", [0, 1], [1, 0]), takeover([0, 1]), heir([0])],
  /** Two want what a dead owner held. */
  race: [ownersCommit("owner", [0, 1], [1]), takeover([0, 1]), takeover([0, 1], undefined, "takeover of another")],
  /** Publishes under one key, and a commit with appends of its own. */
  door: [publish("a", [0, 1], "k"), publishOne("b", 1, "k"), ownersCommit("owner", [0], [1, 0])],
  /** Everything at once. */
  all: [ownersCommit("owner", [0, 1], [1]), takeover([0, 1]), publish("a", [1, 1], "k"), publishOne("b", 1, "k")],
} as const satisfies Record<string, readonly Transaction[]>;

interface Wrong { readonly transactions: readonly Transaction[]; readonly property: string; readonly moves: number }

const late = (name: string, partition: number): Transaction =>
  ({ name, steps: [{ do: "draw", partitions: [partition] }, ...locks([partition]), ...END] });

/** `moves`: of the shortest trace. */
export const WRONG_ORDERS: Readonly<Record<string, Wrong>> = {
  "positions are drawn before the lock": {
    transactions: [late("a", 0), late("b", 0)], property: "no reader has passed what becomes visible later", moves: 8,
  },
  "no append lock is taken": {
    transactions: ["a", "b"].map((name) => ({ name, steps: [{ do: "draw", partitions: [0] }, ...END] })),
    property: "no reader has passed what becomes visible later", moves: 5,
  },
  "locks go before the commit is visible": {
    transactions: ["a", "b"].map((name) => ({ name, steps: [...append([0]), { do: "release" }, { do: "commit" }] })),
    property: "nothing stands between what was seen before an append and the append", moves: 10,
  },
  "what stands before is looked up before the lock": {
    transactions: ["a", "b"].map((name) => ({ name, steps: [{ do: "look", partitions: [0] }, ...locks([0]), { do: "draw", partitions: [0] }, ...END] })),
    property: "nothing stands between what was seen before an append and the append", moves: 9,
  },
  "append locks are taken in the order of the messages": {
    transactions: [[0, 1], [1, 0]].map((partitions, at) => ({ name: ["a", "b"][at] ?? "", steps: [...locks(partitions), { do: "draw", partitions }, ...END] })),
    property: "deadlock", moves: 4,
  },
  "the door is taken before the locks by some and after them by others": {
    transactions: [publish("a", [0], "k"), { name: "b", steps: [{ do: "door", key: "k" }, ...append([0]), ...END] }], property: "deadlock", moves: 7,
  },
  "fences are taken in any order": {
    transactions: [ownersCommit("owner", [1, 0], [0]), takeover([0, 1])], property: "deadlock", moves: 4,
  },
  "the epoch is compared before the lock": {
    transactions: [
      ownersCommit("owner", [0], [0], [{ do: "compare", epoch: 1 }, ...shared([0]), { do: "progress", from: 0 }, ...append([0]), ...END]), takeover([0]),
    ],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 12,
  },
  "the takeover reads progress before it has the lock": {
    transactions: [ownersCommit("owner", [0], [0]), takeover([0], [{ do: "read progress" }, ...exclusive([0]), { do: "raise" }, ...END])],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 8,
  },
  "the takeover takes no lock": {
    transactions: [ownersCommit("owner", [0], [0]), takeover([0], [{ do: "read progress" }, { do: "raise" }, ...END])],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 8,
  },
  "who wants what a dead owner held looks before it has the lock": {
    transactions: ["takeover", "takeover of another"].map((name) =>
      takeover([0], [{ do: "read progress" }, ...exclusive([0]), { do: "raise" }, ...END], name)),
    property: "one takes over", moves: 9,
  },
};
