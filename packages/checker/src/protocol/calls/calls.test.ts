// Calls by the shipping call runner, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explores, sayWhatIsLeftOut } from "../testing/deeper.ts";
import { isFound, keepsFutures, movesOf, passes, type Found, type Seen } from "../testing/pinned.ts";
import { calls } from "./calls.ts";
import { CALL_MUTANTS } from "./mutants.ts";
import { CALL_SCOPES, LATE_ZOMBIE } from "./scopes.ts";

type Scope = keyof typeof CALL_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  crash: { distinct: 15176, depth: 37 },
  requesting: { distinct: 6721, depth: 34 },
  troubles: { distinct: 8789, depth: 39 },
  deadlines: { distinct: 11023, depth: 33 },
  takeover: { distinct: 7156, depth: 27 },
  takeoverOfTwo: { distinct: 1184, depth: 22 },
  zombieReads: { distinct: 13482, depth: 31 },
  handover: { distinct: 4971, depth: 27 },
};

const DEEPER: readonly string[] = ["crash", "zombieReads"] satisfies Scope[];

for (const [name, scope] of Object.entries(CALL_SCOPES).filter(([one]) => explores(one, DEEPER))) {
  test(`Calls hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, calls(name, scope), SEEN[name as Scope]);
  });
}

const FOUND: Readonly<Record<keyof typeof CALL_MUTANTS, Found & { readonly in: Scope }>> = {
  "a commit's fence is not looked at": { in: "takeover", property: "whoever was replaced commits nothing", moves: 8 },
  "calls are read by whoever was replaced": { in: "zombieReads", property: "notPerformed is said of what never happens", moves: 16 },
  "the row stays when its outcome is appended": { in: "crash", property: "a call ends once, with its outcome or by being abandoned", moves: 7 },
  "the row goes before its outcome is appended": { in: "crash", property: "a call ends once, with its outcome or by being abandoned", moves: 7 },
  "doubt is taken for success": { in: "crash", property: "the owner begins a call when the older ones of its key have ended", moves: 7 },
  "doubt is taken for failure": { in: "crash", property: "no two outcomes share an id", moves: 8 },
  "a takeover forgets that an attempt may have begun": { in: "takeover", property: "notPerformed is said of what never happens", moves: 12 },
  "calls of a key do not wait for each other": { in: "takeoverOfTwo", property: "effects of a key happen in the order of its calls", moves: 6 },
  "an unknown end is taken for not performed": { in: "troubles", property: "notPerformed is said of what never happens", moves: 19 },
};

for (const [name, engine] of Object.entries(CALL_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, calls(name, CALL_SCOPES[scope], engine), { property, moves });
  });
}

test("What is not guaranteed: notPerformed may be said of what a zombie begins after the provider has called it absent", async (t) => {
  const report = await isFound(t, calls("late zombie", LATE_ZOMBIE), { property: "notPerformed is said of what never happens", moves: 21 });
  const moves = movesOf(report);
  const said = moves.findIndex((move) => move === "asked w2: a1 is absent");
  assert.ok(said > 0 && said < moves.indexOf("scanned w1"), moves.join("\n"));
});

test("What the form of a world of calls leaves out makes no difference to what can follow", (t) => {
  sayWhatIsLeftOut(t, DEEPER);
  for (const [name, scope] of Object.entries(CALL_SCOPES)) {
    const compared = keepsFutures(calls(name, scope), 1_000, 3);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 50, `too few pairs were compared in '${name}'`);
  }
});
