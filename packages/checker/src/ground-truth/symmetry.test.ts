// Interchangeable ids count once: the numbers of orbits are TLC's under SYMMETRY, and Stateright's where its representative is canonical. (It
// prints 665 for two-phase commit with five managers, because that representative is not; there are 314 orbits.)
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../index.ts";
import { assertExhausted } from "./agrees.ts";
import { increment } from "./models/increment.ts";
import { resourceAllocator } from "./models/resource-allocator.ts";
import { saga } from "./models/saga.ts";
import { toggle } from "./models/toggle.ts";
import { transactionCommit } from "./models/transaction-commit.ts";
import { twoPhaseCommit } from "./models/two-phase-commit.ts";
import { voting } from "./models/voting.ts";
import { named } from "./persistent.ts";

test("two-phase commit has 80, 166 and 314 orbits for three, four and five managers", async () => {
  const of = (count: number) => check(twoPhaseCommit({ managers: named("r", count), symmetry: true }));
  assertExhausted(await of(3), { distinct: 80, generated: 318, depth: 11 });
  assertExhausted(await of(4), { distinct: 166, generated: 869, depth: 14 });
  assertExhausted(await of(5), { distinct: 314, generated: 2_048, depth: 17 });
});

test("transaction commit has 13 orbits for three managers", async () => {
  assertExhausted(await check(transactionCommit({ managers: named("r", 3), symmetry: true })), { distinct: 13, generated: 37, depth: 7 });
});

test("the saga with four workers has 1,476 orbits", async () => {
  const report = await check(saga({ workers: named("w", 4), symmetry: true }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(report.distinct, 1_476);
});

test("two threads that increment have 8 orbits", async () => {
  const report = await check(increment({ threads: named("t", 2), claim: false, symmetry: true }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(report.distinct, 8);
});

test("two processes that toggle have 6 orbits, and the way to a pause is one that the model can take", async () => {
  const report = await check(toggle({ processes: named("p", 2), symmetry: true }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(report.distinct, 6);
});

test("two sets of ids are interchangeable at once: an allocator has 50 orbits, voting 77", async () => {
  const allocator = await check(resourceAllocator({ clients: named("c", 3), resources: named("r", 2), symmetry: true }));
  assert.equal(allocator.verdict, "pass", allocator.reason);
  assert.equal(allocator.distinct, 50);
  const votes = await check(voting({ acceptors: named("a", 3), values: named("v", 2), maxBallot: 1, symmetry: true }));
  assert.equal(votes.verdict, "pass", votes.reason);
  assert.equal(votes.distinct, 77);
});
