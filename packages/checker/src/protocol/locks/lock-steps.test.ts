// The order of locks and statements in the server-side functions, exhaustively; and each wrong order, found by its shortest trace.
import { test } from "node:test";
import { isFound, passes } from "../testing/pinned.ts";
import { lockSteps, type LockState, type Transaction } from "./lock-steps.ts";
import { append, END, exclusive, heir, locks, ownersCommit, publish, shared, takeover } from "./transactions.ts";

const appender = (name: string, partitions: readonly number[]): Transaction => ({ name, steps: [...append(partitions), ...END] });
const subject = (name: string, transactions: readonly Transaction[]) => lockSteps(name, transactions).subject;

test("Appends to several partitions, and readers between any two steps: none passes what becomes visible later, and nobody waits for ever", async (t) => {
  await passes(t, subject("appends", [appender("a", [0, 1]), appender("b", [1, 0]), appender("c", [1, 1])]), { distinct: 528, depth: 20 });
});

test("A takeover beside its predecessor's commit: either the commit is seen by the takeover, or it never happens", async (t) => {
  await passes(t, subject("takeover", [ownersCommit("owner", [0, 1], [1, 0]), takeover([0, 1]), heir([0])]), { distinct: 164, depth: 29 });
});

test("Publishes under one key, and a commit with appends of its own: one is appended, and nobody waits for ever", async (t) => {
  const transactions = [publish("a", [0, 1], "k"), publish("b", [1], "k"), ownersCommit("owner", [0], [1, 0])];
  await passes(t, subject("door", transactions), { distinct: 574, depth: 23 });
});

test("Everything at once: an owner's commit, its takeover, a publish and its repeat", async (t) => {
  const transactions = [ownersCommit("owner", [0, 1], [1]), takeover([0, 1]), publish("a", [1], "k"), publish("b", [1], "k")];
  await passes(t, subject("all", transactions), { distinct: 1552, depth: 29 });
});

interface Wrong { readonly transactions: readonly Transaction[]; readonly property: string; readonly moves: number }

const late = (name: string, partition: number): Transaction =>
  ({ name, steps: [{ do: "draw", partitions: [partition] }, ...locks([partition]), ...END] });

const WRONG: Readonly<Record<string, Wrong>> = {
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
    property: "deadlock", moves: 2,
  },
  "the door is taken before the locks by some and after them by others": {
    transactions: [publish("a", [0], "k"), { name: "b", steps: [{ do: "door", key: "k" }, ...append([0]), ...END] }], property: "deadlock", moves: 4,
  },
  "fences are taken in any order": {
    transactions: [ownersCommit("owner", [1, 0], [0]), takeover([0, 1])], property: "deadlock", moves: 4,
  },
  "the epoch is compared before the lock": {
    transactions: [
      ownersCommit("owner", [0], [0], [{ do: "compare", epoch: 1 }, ...shared([0]), { do: "progress", from: 0 }, ...append([0]), ...END]), takeover([0]),
    ],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 13,
  },
  "the takeover reads progress before it has the lock": {
    transactions: [ownersCommit("owner", [0], [0]), takeover([0], [{ do: "read progress" }, ...exclusive([0]), { do: "raise" }, ...END])],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 8,
  },
  "the takeover takes no lock": {
    transactions: [ownersCommit("owner", [0], [0]), takeover([0], [{ do: "raise" }, { do: "read progress" }, ...END])],
    property: "a replaced owner commits nothing after the takeover has read its progress", moves: 9,
  },
};

for (const [name, { transactions, property, moves }] of Object.entries(WRONG)) {
  test(`It is found when ${name}`, async (t) => {
    await isFound<LockState>(t, subject(name, transactions), { property, moves });
  });
}
