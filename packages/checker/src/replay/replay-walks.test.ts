// What a replay plays is what the checker saw: random walks through a system with everything in it, taken by the checker and played again in
// memory, show a property the same world after every step.
import assert from "node:assert/strict";
import test from "node:test";
import { inMemory } from "@evenkeel/testkit/replay";
import { FAULTS, walkTwice } from "./testing/walks.ts";

const WALKS = Number(process.env["CHECK_WALKS"] ?? 15);
const SEED = Number(process.env["CHECK_SEED"] ?? Date.now() % 1_000_000);

test(`walks are played again in memory as the checker took them (CHECK_SEED=${String(SEED)})`, async () => {
  const kinds = new Set<string>();
  for (const [index, faults] of FAULTS.entries()) {
    for (let walk = 0; walk < WALKS; walk++) for (const kind of await walkTwice(faults, SEED + 1_000 * index + walk, 60, inMemory())) kinds.add(kind);
  }
  // A walk that never went there has shown nothing.
  assert.deepEqual([...kinds].sort(), [
    "arrives", "arrives again", "asks", "dies", "fires", "gives up", "handles", "is killed", "is redriven", "lands", "performs",
  ]);
});
