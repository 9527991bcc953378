// The models of stateright/stateright agree with the counts that its own tests pin: unique states of a whole space, and the first defect.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../index.ts";
import type { Model } from "../index.ts";
import { assertBroken } from "./agrees.ts";
import { increment } from "./models/increment.ts";
import { paxosRegister } from "./models/paxos-register.ts";
import { pingPong } from "./models/ping-pong.ts";
import { quorumRegister } from "./models/quorum-register.ts";
import { singleCopyRegister } from "./models/single-copy-register.ts";
import { toggle } from "./models/toggle.ts";
import { twoPhaseCommit } from "./models/two-phase-commit.ts";
import { named } from "./persistent.ts";

async function assertUnique<State>(model: Model<State>, unique: number): Promise<void> {
  const report = await check(model);
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(report.distinct, unique);
}

test("two-phase commit agrees with two tools: 288 states for three managers, 8,832 for five", async () => {
  await assertUnique(twoPhaseCommit({ managers: named("r", 3) }), 288);
  await assertUnique(twoPhaseCommit({ managers: named("r", 5) }), 8_832);
});

test("Paxos of three servers and two clients is linearizable in all of its 16,668 states", async () => {
  await assertUnique(paxosRegister({ servers: 3, clients: 2 }), 16_668);
});

test("a single copy is linearizable with one server, and with two it is not after four deliveries", async () => {
  await assertUnique(singleCopyRegister({ servers: 1, clients: 2 }), 93);
  assertBroken(await check(singleCopyRegister({ servers: 2, clients: 2 })), { property: "linearizable", states: 5 });
});

test("the quorum register of two servers is linearizable in all of its 544 states", async () => {
  await assertUnique(quorumRegister({ servers: 2, clients: 2 }), 544);
});

test("ping and pong stay one apart whatever the network does", async () => {
  await assertUnique(pingPong({ max: 1, network: "repeats", lossy: true }), 14);
  await assertUnique(pingPong({ max: 5, network: "repeats", lossy: true }), 4_094);
  await assertUnique(pingPong({ max: 5, network: "repeats", lossy: false }), 11);
  await assertUnique(pingPong({ max: 5, network: "delivers once", lossy: false }), 11);
});

test("two threads without a lock lose an increment, in a space of 13 states", async () => {
  await assertUnique(increment({ threads: named("t", 2), claim: false }), 13);
  assertBroken(await check(increment({ threads: named("t", 2), claim: true })), { property: "no increment is lost", states: 5 });
});

test("two processes that toggle have 9 states", async () => {
  await assertUnique(toggle({ processes: named("p", 2) }), 9);
});
