// What endless runs do, under each kind of fairness, is what TLC says: which hold, and which break.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../index.ts";
import type { Model } from "../index.ts";
import { assertExhausted } from "./agrees.ts";
import { alternatingBit } from "./models/alternating-bit.ts";
import { coffeeCan } from "./models/coffee-can.ts";
import { diningPhilosophers } from "./models/dining-philosophers.ts";
import { elevator } from "./models/elevator.ts";
import { prisoners } from "./models/prisoners.ts";
import { readersWriters } from "./models/readers-writers.ts";
import { ringElection } from "./models/ring-election.ts";
import { terminationDetection } from "./models/termination-detection.ts";
import { terminationOfSynchronous } from "./models/termination.ts";
import { tokenRing } from "./models/token-ring.ts";
import { named } from "./persistent.ts";

async function assertEndlessRunBreaks<State>(model: Model<State>, property: string): Promise<void> {
  const report = await check(model);
  assert.equal(report.verdict, "violated", report.reason);
  assert.equal(report.trace?.property, property);
  assert.notEqual(report.trace?.backTo, null);
}

test("termination is detected if the token moves, or if anything does", async () => {
  for (const fair of ["token", "any"] as const) {
    assertExhausted(await check(terminationDetection({ nodes: 3, fair, claim: "detects termination" })), { distinct: 302, depth: 9 });
  }
});

test("termination is not detected if the token may stay where it is", async () => {
  await assertEndlessRunBreaks(terminationDetection({ nodes: 3, fair: "none", claim: "detects termination" }), "termination is detected");
});

// TLC's property is that nodes which all rest again and again are detected. That each rests again and again is the same as weak fairness of
// its rest, because nothing else makes it rest.
test("nodes that rest again and again wake each other, so that nothing is ever detected", async () => {
  const model = terminationDetection({ nodes: 3, fair: "token and rest", claim: "detects again and again" });
  await assertEndlessRunBreaks(model, "termination is detected");
});

test("no philosopher starves if each goes on, nor if only somebody does", async () => {
  for (const endless of ["each goes on", "somebody goes on"] as const) {
    assertExhausted(await check(diningPhilosophers({ philosophers: 5, endless })), { distinct: 67, generated: 336, depth: 29 });
  }
});

test("the token ring comes to one token and stays there", async () => {
  assertExhausted(await check(tokenRing({ nodes: 6, values: 6, endless: true })), { distinct: 46_656, generated: 248_832, depth: 1 });
});

test("the coffee can ends with one bean of the colour that the white ones foretell, if beans are taken at all", async () => {
  const report = await check(coffeeCan({ maxBeans: 10, endless: "fair" }));
  assert.equal(report.verdict, "pass", report.reason);
  await assertEndlessRunBreaks(coffeeCan({ maxBeans: 10, endless: "unfair" }), "one bean is left");
});

test("everybody reads, writes and stops, again and again", async () => {
  assertExhausted(await check(readersWriters({ actors: 2, endless: true })), { distinct: 390, generated: 935, depth: 9 });
  assertExhausted(await check(readersWriters({ actors: 3, endless: true })), { distinct: 21_527, generated: 59_674, depth: 13 });
});

test("rest is detected, the prisoners are counted, a leader is elected, and elevators that are strongly fair carry everybody", async () => {
  assertExhausted(await check(terminationOfSynchronous({ nodes: 7, endless: true })), { distinct: 129, generated: 3_722, depth: 1 });
  assertExhausted(await check(prisoners({ others: 3, endless: true })), { distinct: 214, generated: 860, depth: 14 });
  assertExhausted(await check(ringElection({ nodes: 3, endless: true })), { distinct: 137, generated: 227, depth: 10 });
  assertExhausted(await check(elevator({ people: 2, elevators: 2, floors: 2, endless: true })), { distinct: 4_122, generated: 14_296, depth: 36 });
});

// The queues are cut off by a constraint, behind which nobody looks: an answer of yes is an answer within it.
test("what the alternating bit sends arrives if a queue that is read again and again gives something, and else may be lost for ever", async () => {
  const constants = { data: named("d", 2), maxQueue: 2 };
  const report = await check(alternatingBit({ ...constants, endless: "strong" }));
  assert.equal(report.verdict, "bounded", report.reason);
  await assertEndlessRunBreaks(alternatingBit({ ...constants, endless: "weak" }), "d1 arrives");
});
