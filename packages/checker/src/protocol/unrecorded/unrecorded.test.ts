// Calls that begin without a row, by the shipping machines, exhaustively within each scope; and broken on purpose, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, passes, type Found, type Seen } from "../testing/pinned.ts";
import { UNRECORDED_MUTANTS } from "./mutants.ts";
import { UNRECORDED_SCOPES } from "./scopes.ts";
import { unrecorded } from "./unrecorded.ts";

type Scope = keyof typeof UNRECORDED_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  crash: { distinct: 4516, depth: 33 },
  racing: { distinct: 226, depth: 23 },
  racingInOrder: { distinct: 226, depth: 23 },
  hearsLate: { distinct: 2676, depth: 32 },
  noted: { distinct: 17619, depth: 35 },
  crashOfTwo: { distinct: 7211, depth: 36 },
  faultsOfTwo: { distinct: 2422, depth: 36 },
  publishing: { distinct: 369, depth: 18 },
  refused: { distinct: 107, depth: 23 },
  refusedTwice: { distinct: 135, depth: 26 },
  failing: { distinct: 391, depth: 23 },
  troubles: { distinct: 193, depth: 26 },
  troublesCrash: { distinct: 7635, depth: 35 },
  deadline: { distinct: 397, depth: 16 },
  takeover: { distinct: 2672, depth: 24 },
  handover: { distinct: 2104, depth: 32 },
  handoverOfTwo: { distinct: 2111, depth: 33 },
  crashOfBoth: { distinct: 26291, depth: 37 },
  troublesOfBoth: { distinct: 7246, depth: 34 },
  failingOfBoth: { distinct: 466, depth: 22 },
  takeoverOfBoth: { distinct: 94, depth: 24 },
  handoverOfBoth: { distinct: 15934, depth: 41 },
  apart: { distinct: 13223, depth: 33 },
  lateBeats: { distinct: 6454, depth: 34 },
};

for (const [name, scope] of Object.entries(UNRECORDED_SCOPES)) {
  test(`Calls without a row hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, unrecorded(name, scope), SEEN[name as Scope]);
  });
}

const NOTED = "a key with an open call whose owner is gone is to be revived";
const BESIDE = "a process begins no call beside an attempt of its own";
const FOR_NOTHING = "no call is begun whose outcome has counted";

const FOUND: Readonly<Record<keyof typeof UNRECORDED_MUTANTS, Found & { readonly in: Scope }>> = {
  "keys are not noted": { in: "crash", property: NOTED, moves: 3 },
  "keys are noted behind the commit that requests their calls": { in: "crash", property: NOTED, moves: 3 },
  "a revival has everything requested anew, whoever began it": { in: "racingInOrder", property: FOR_NOTHING, moves: 18 },
  "what was requested in an older ownership is begun": { in: "noted", property: BESIDE, moves: 12 },
  "an attempt without a row lives on when its ownership is lost": { in: "noted", property: BESIDE, moves: 12 },
  "whoever leaves begins what is requested": { in: "handoverOfTwo", property: "whoever leaves begins nothing", moves: 4 },
  "what was read for an older ownership counts": { in: "hearsLate", property: "deadlock", moves: 9 },
  "outcomes that the executor declined are dropped": { in: "refused", property: "deadlock", moves: 5 },
  "an outcome whose handler failed is not appended": { in: "failing", property: "deadlock", moves: 6 },
  "attempts begin though the heartbeat is late": { in: "lateBeats", property: "whoever was replaced begins no attempt", moves: 1 },
  "a commit's fence is not looked at": { in: "takeover", property: "whoever was replaced commits nothing", moves: 4 },
};

for (const [name, engine] of Object.entries(UNRECORDED_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, unrecorded(name, UNRECORDED_SCOPES[scope], engine), { property, moves });
  });
}

test("What the form of a world with calls without rows leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(UNRECORDED_SCOPES)) {
    const compared = keepsFutures(unrecorded(name, scope), 400, 4);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 10, `too few pairs were compared in '${name}'`);
  }
});
