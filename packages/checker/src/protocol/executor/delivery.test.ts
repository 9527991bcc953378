// Delivery by the shipping executor, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, passes, type Found, type Seen } from "../testing/pinned.ts";
import { delivery } from "./delivery.ts";
import { DELIVERY_MUTANTS } from "./mutants.ts";
import { DELIVERY_SCOPES } from "./scopes.ts";

type Scope = keyof typeof DELIVERY_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  takeover: { distinct: 5120, depth: 23 },
  publishing: { distinct: 2073, depth: 20 },
  publishingOne: { distinct: 1024, depth: 20 },
  twoLosses: { distinct: 3160, depth: 24 },
  partitions: { distinct: 8782, depth: 20 },
  handover: { distinct: 2063, depth: 19 },
  retries: { distinct: 1124, depth: 34 },
  retriesCrash: { distinct: 1559, depth: 35 },
  batch: { distinct: 755, depth: 24 },
  parkedTakeover: { distinct: 3226, depth: 25 },
  operators: { distinct: 3127, depth: 35 },
  operatorsTakeover: { distinct: 2956, depth: 25 },
  suspect: { distinct: 4825, depth: 35 },
  lateBeats: { distinct: 344, depth: 15 },
};

for (const [name, scope] of Object.entries(DELIVERY_SCOPES)) {
  test(`Delivery holds in every world of the scope '${name}'`, async (t) => {
    await passes(t, delivery(name, scope), SEEN[name as Scope]);
  });
}

const FOUND: Readonly<Record<keyof typeof DELIVERY_MUTANTS, Found & { readonly in: Scope }>> = {
  "a commit's fence is not looked at": { in: "takeover", property: "whoever was replaced commits nothing", moves: 7 },
  "a takeover does not raise the epoch": { in: "takeover", property: "committed <= assigned <= read", moves: 10 },
  "a takeover does not read the parked keys": { in: "parkedTakeover", property: "the machine knows what is parked", moves: 8 },
  "effects and progress commit apart": { in: "takeover", property: "a message stands in one place", moves: 5 },
  "a failing message is not parked": { in: "batch", property: "progress passes over nothing that was not dealt with", moves: 5 },
  "a parked message is not removed with its effect": { in: "batch", property: "a message stands in one place", moves: 12 },
  "followers of a parked key run": { in: "retries", property: "messages of a key take effect in their order", moves: 8 },
  "followers of a failure in their batch run": { in: "batch", property: "messages of a key take effect in their order", moves: 5 },
  "doubt is taken for success": { in: "batch", property: "the machine knows what is parked", moves: 13 },
  "doubt is taken for failure": { in: "batch", property: "the machine knows what is parked", moves: 6 },
  "a skipped message stays": { in: "operators", property: "a message stands in one place", moves: 9 },
};

for (const [name, engine] of Object.entries(DELIVERY_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, delivery(name, DELIVERY_SCOPES[scope], engine), { property, moves });
  });
}

test("What the form of a delivery world leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(DELIVERY_SCOPES)) {
    const compared = keepsFutures(delivery(name, scope), 700, 5);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 50, `too few pairs were compared in '${name}'`);
  }
});
