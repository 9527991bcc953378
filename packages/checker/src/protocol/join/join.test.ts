// Joining by the shipping machines, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, passes, type Found, type Seen } from "../testing/pinned.ts";
import { join } from "./join.ts";
import { JOIN_MUTANTS } from "./mutants.ts";
import { JOIN_SCOPES } from "./scopes.ts";

type Scope = keyof typeof JOIN_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  crash: { distinct: 936, depth: 23 },
  crashFault: { distinct: 3061, depth: 25 },
  faults: { distinct: 438, depth: 24 },
  publishing: { distinct: 1778, depth: 24 },
  behind: { distinct: 4674, depth: 21 },
  refused: { distinct: 3717, depth: 32 },
  refusedTwice: { distinct: 1642, depth: 33 },
  failing: { distinct: 3468, depth: 32 },
  failingPublish: { distinct: 1404, depth: 20 },
  together: { distinct: 358, depth: 19 },
  togetherUnknown: { distinct: 1498, depth: 25 },
  apart: { distinct: 356, depth: 19 },
  apartHandover: { distinct: 2976, depth: 23 },
  troubles: { distinct: 859, depth: 28 },
  troublesCrash: { distinct: 2889, depth: 23 },
  deadly: { distinct: 67, depth: 33 },
  deadlyAsk: { distinct: 347, depth: 44 },
  takeover: { distinct: 2118, depth: 21 },
  comesBack: { distinct: 11446, depth: 25 },
  handover: { distinct: 3793, depth: 25 },
  lateBeats: { distinct: 3019, depth: 22 },
};

for (const [name, scope] of Object.entries(JOIN_SCOPES)) {
  test(`Outcomes that are decided with their calls hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, join(name, scope), SEEN[name as Scope]);
  });
}

const ROW = "a call's row goes with its outcome, which is appended or takes effect, or with the handler's word";
const OVERTAKES = "an outcome overtakes no message of its key that its process knew";
const BEGINS = "the owner begins a call when the older ones of its key have ended";

const FOUND: Readonly<Record<keyof typeof JOIN_MUTANTS, Found & { readonly in: Scope }>> = {
  "ends that were given back are taken in a later ownership": { in: "comesBack", property: "an outcome takes effect once", moves: 14 },
  "an outcome that took effect is appended as well": { in: "crash", property: "a message stands in one place", moves: 3 },
  "an outcome whose handler failed goes with its row": { in: "failing", property: ROW, moves: 13 },
  "outcomes take effect before the messages of their batch": { in: "behind", property: OVERTAKES, moves: 10 },
  "the runner hears that its ends are committed before they are": { in: "faults", property: BEGINS, moves: 3 },
  "the runner hears nothing of ends that a refused batch gave back": { in: "refused", property: "deadlock", moves: 13 },
  "ends that were given back are not committed": { in: "refused", property: BEGINS, moves: 14 },
  "doubt is taken for success": { in: "faults", property: BEGINS, moves: 4 },
  "ends whose commit is in doubt are committed apart": { in: "faults", property: "a message stands in one place", moves: 6 },
  "calls that stood there when their partition was granted are offered": { in: "deadly", property: "a handler that kills its workers is found", moves: 42 },
  "the executor does not hear of what the runner appended": { in: "failing", property: "outcomes of a key take effect in the order of its calls", moves: 27 },
  "outcomes are decided while something is to be read": { in: "publishing", property: OVERTAKES, moves: 15 },
  "outcomes of a parked key are decided": { in: "failing", property: OVERTAKES, moves: 13 },
  "a commit's fence is not looked at": { in: "takeover", property: "whoever was replaced commits nothing", moves: 5 },
  "attempts begin though the heartbeat is late": { in: "lateBeats", property: "whoever was replaced begins no attempt", moves: 3 },
};

for (const [name, engine] of Object.entries(JOIN_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, join(name, JOIN_SCOPES[scope], engine), { property, moves });
  });
}

test("What the form of a world with both machines leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(JOIN_SCOPES)) {
    const compared = keepsFutures(join(name, scope), 400, "killer" in scope ? 1 : 4);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 20, `too few pairs were compared in '${name}'`);
  }
});
