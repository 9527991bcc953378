// Timers by the shipping timer owner, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, passes, type Found, type Seen } from "../testing/pinned.ts";
import { TIMER_MUTANTS } from "./mutants.ts";
import { TIMER_SCOPES } from "./scopes.ts";
import { timers } from "./timers.ts";

type Scope = keyof typeof TIMER_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  cancelTakeover: { distinct: 7494, depth: 25 },
  thrice: { distinct: 1984, depth: 26 },
  twice: { distinct: 547, depth: 23 },
  partitions: { distinct: 5324, depth: 21 },
  lateBeats: { distinct: 3398, depth: 24 },
};

for (const [name, scope] of Object.entries(TIMER_SCOPES)) {
  test(`Timers hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, timers(name, scope), SEEN[name as Scope]);
  });
}

const FOUND: Readonly<Record<keyof typeof TIMER_MUTANTS, Found & { readonly in: Scope }>> = {
  "a commit's fence is not looked at": { in: "cancelTakeover", property: "whoever was replaced commits nothing", moves: 8 },
  "a fired timer's row stays": { in: "cancelTakeover", property: "a timer fires once", moves: 10 },
  "a timer fires though its row is gone": { in: "cancelTakeover", property: "a cancelled or replaced timer does not fire", moves: 7 },
  "cancelling leaves the row": { in: "cancelTakeover", property: "a cancelled or replaced timer does not fire", moves: 7 },
  "a timer that is set anew keeps its number": { in: "twice", property: "a cancelled or replaced timer does not fire", moves: 7 },
};

for (const [name, engine] of Object.entries(TIMER_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, timers(name, TIMER_SCOPES[scope], engine), { property, moves });
  });
}

test("What the form of a world of timers leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(TIMER_SCOPES)) {
    const compared = keepsFutures(timers(name, scope), 1_500, 5);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 50, `too few pairs were compared in '${name}'`);
  }
});
