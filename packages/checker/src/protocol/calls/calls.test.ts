// Calls by the shipping call runner, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, movesOf, passes, type Found, type Seen } from "../testing/pinned.ts";
import { calls } from "./calls.ts";
import { CALL_MUTANTS } from "./mutants.ts";
import { CALL_SCOPES, LATE_LEAVING } from "./scopes.ts";

type Scope = keyof typeof CALL_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  crash: { distinct: 942, depth: 28 },
  crashInTrouble: { distinct: 5627, depth: 33 },
  requesting: { distinct: 776, depth: 26 },
  troubles: { distinct: 357, depth: 35 },
  troublesOfTwo: { distinct: 2088, depth: 30 },
  deadlines: { distinct: 945, depth: 20 },
  takeoverOfTwo: { distinct: 1288, depth: 22 },
  handover: { distinct: 299, depth: 19 },
  lateZombie: { distinct: 9166, depth: 32 },
  zombieReads: { distinct: 1297, depth: 25 },
  lateBeats: { distinct: 5935, depth: 27 },
  atOnce: { distinct: 775, depth: 21 },
  atOnceFaults: { distinct: 1462, depth: 26 },
  atOnceTakeover: { distinct: 8236, depth: 23 },
  atOnceHandover: { distinct: 873, depth: 19 },
};

for (const [name, scope] of Object.entries(CALL_SCOPES)) {
  test(`Calls hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, calls(name, scope), SEEN[name as Scope]);
  });
}

const FOUND: Readonly<Record<keyof typeof CALL_MUTANTS, Found & { readonly in: Scope }>> = {
  "attempts begin though the heartbeat is late": { in: "lateZombie", property: "notPerformed is said of what never happens", moves: 18 },
  "a takeover buries nobody": { in: "lateZombie", property: "notPerformed is said of what never happens", moves: 19 },
  "a takeover buries nobody, and who was taken from does not see it": { in: "lateBeats", property: "deadlock", moves: 6 },
  "a commit's fence is not looked at": { in: "takeoverOfTwo", property: "whoever was replaced commits nothing", moves: 9 },
  "calls are read by whoever was replaced, and attempts begin though the heartbeat is late":
    { in: "zombieReads", property: "notPerformed is said of what never happens", moves: 13 },
  "calls are read by whoever was replaced, whom nobody buried": { in: "zombieReads", property: "notPerformed is said of what never happens", moves: 14 },
  "the row stays when its outcome is appended": { in: "crash", property: "a call ends once, with its outcome or by being abandoned", moves: 7 },
  "the row goes before its outcome is appended": { in: "crash", property: "a call ends once, with its outcome or by being abandoned", moves: 7 },
  "doubt is taken for success": { in: "crash", property: "the owner begins a call when the older ones of its key have ended", moves: 7 },
  "doubt is taken for failure": { in: "crashInTrouble", property: "no two outcomes share an id", moves: 8 },
  "a takeover forgets that an attempt may have begun": { in: "lateZombie", property: "notPerformed is said of what never happens", moves: 9 },
  "calls of a key do not wait for each other": { in: "takeoverOfTwo", property: "effects of a key happen in the order of its calls", moves: 6 },
  "an unknown end is taken for not performed": { in: "troubles", property: "notPerformed is said of what never happens", moves: 16 },
};

for (const [name, engine] of Object.entries(CALL_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, calls(name, CALL_SCOPES[scope], engine), { property, moves });
  });
}

test("What is not guaranteed: notPerformed may be said of an attempt that was begun in time, and left its process after the provider had called it absent", async (t) => {
  const report = await isFound(t, calls("late leaving", LATE_LEAVING), { property: "notPerformed is said of what never happens", moves: 21 });
  const moves = movesOf(report);
  const said = moves.findIndex((move) => move === "asked w2: a1 is absent");
  assert.ok(said > 0 && said < moves.indexOf("leaves the process w1: a1"), moves.join("\n"));
});

test("What the form of a world of calls leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(CALL_SCOPES)) {
    const compared = keepsFutures(calls(name, scope), 1_000, 3);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 50, `too few pairs were compared in '${name}'`);
  }
});
