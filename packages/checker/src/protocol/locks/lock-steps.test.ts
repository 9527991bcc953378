// The order of locks and statements in the server-side functions, exhaustively; and each wrong order, found by its shortest trace. That the steps
// are those of the server is for tests/protocol/.
import { test } from "node:test";
import { isFound, passes, type Seen } from "../testing/pinned.ts";
import type { LockState } from "./lock-state.ts";
import { lockSteps } from "./lock-steps.ts";
import { LOCK_SCOPES, WRONG_ORDERS } from "./transactions.ts";

const SEEN: Readonly<Record<keyof typeof LOCK_SCOPES, { readonly says: string; readonly seen: Seen }>> = {
  appends: {
    says: "Appends to several partitions, and readers between any two steps: none passes what becomes visible later, and nobody waits for ever",
    seen: { distinct: 1186, depth: 26 },
  },
  takeover: {
    says: "A takeover beside its predecessor's commit: either the commit is seen by the takeover, or it never happens",
    seen: { distinct: 159, depth: 27 },
  },
  race: { says: "Two want what a dead owner held: one gets it", seen: { distinct: 186, depth: 20 } },
  door: {
    says: "Publishes under one key, and a commit with appends of its own: one is appended, and nobody waits for ever",
    seen: { distinct: 995, depth: 24 },
  },
  all: { says: "Everything at once: an owner's commit, its takeover, a publish and its repeat", seen: { distinct: 2881, depth: 28 } },
};

for (const [name, { says, seen }] of Object.entries(SEEN)) {
  test(says, async (t) => {
    await passes(t, lockSteps(name, LOCK_SCOPES[name as keyof typeof LOCK_SCOPES]).subject, seen);
  });
}

for (const [name, { transactions, property, moves }] of Object.entries(WRONG_ORDERS)) {
  test(`It is found when ${name}`, async (t) => {
    await isFound<LockState>(t, lockSteps(name, transactions).subject, { property, moves });
  });
}
