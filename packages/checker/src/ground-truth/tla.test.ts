// The models of tlaplus/Examples agree with what TLC says of them (one worker): distinct states, levels, and generated states wherever TLC
// counts one for each successor.
import { test } from "node:test";
import { check } from "../index.ts";
import { assertBroken, assertExhausted } from "./agrees.ts";
import { asynchronousInterface } from "./models/asynchronous-interface.ts";
import { channel } from "./models/channel.ts";
import { coffeeCan } from "./models/coffee-can.ts";
import { dieHard } from "./models/die-hard.ts";
import { dieHarder } from "./models/die-harder.ts";
import { diningPhilosophers } from "./models/dining-philosophers.ts";
import { gameOfLife } from "./models/game-of-life.ts";
import { hourClock } from "./models/hour-clock.ts";
import { missionariesAndCannibals } from "./models/missionaries-and-cannibals.ts";
import { peterson } from "./models/peterson.ts";
import { readersWriters } from "./models/readers-writers.ts";
import { saga } from "./models/saga.ts";
import { slidingPuzzle } from "./models/sliding-puzzle.ts";
import { terminationDetection } from "./models/termination-detection.ts";
import { towersOfHanoi } from "./models/towers-of-hanoi.ts";
import { transactionCommit } from "./models/transaction-commit.ts";
import { twoPhaseCommit } from "./models/two-phase-commit.ts";
import { twoPhaseCommitWithBackup } from "./models/two-phase-commit-with-backup.ts";
import { named } from "./persistent.ts";

test("die hard is solved in six steps, and is whole with 16 states", async () => {
  assertBroken(await check(dieHard({ goal: 4 })), { property: "not solved", states: 7 });
  assertExhausted(await check(dieHard({ goal: null })), { distinct: 16, generated: 97, depth: 8 });
});

test("die harder finds the same solution with jugs as constants", async () => {
  assertBroken(await check(dieHarder({ capacity: [3, 5], goal: 4 })), { property: "not solved", states: 7 });
});

test("missionaries and cannibals cross in eleven trips, and are whole with 64 states", async () => {
  const people = { missionaries: named("m", 3), cannibals: named("c", 3) };
  assertBroken(await check(missionariesAndCannibals({ ...people, solve: true })), { property: "somebody is still in the east", states: 12 });
  assertExhausted(await check(missionariesAndCannibals({ ...people, solve: false })), { distinct: 64, depth: 13 });
});

test("transaction commit is consistent, and where rest is a defect it rests after three aborts", async () => {
  const managers = named("r", 3);
  assertExhausted(await check(transactionCommit({ managers })), { distinct: 34, generated: 94, depth: 7 });
  assertBroken(await check(transactionCommit({ managers, deadlock: "checked" })), { property: "deadlock", states: 4 });
});

test("two-phase commit agrees for three, four and five managers", async () => {
  assertExhausted(await check(twoPhaseCommit({ managers: named("r", 3) })), { distinct: 288, generated: 1_146, depth: 11 });
  assertExhausted(await check(twoPhaseCommit({ managers: named("r", 4) })), { distinct: 1_568, generated: 8_258, depth: 14 });
  assertExhausted(await check(twoPhaseCommit({ managers: named("r", 5) })), { distinct: 8_832, generated: 58_146, depth: 17 });
});

test("two-phase commit with a backup coordinator is consistent although managers and coordinator fail", async () => {
  const constants = { managers: named("rm", 3), managersMayFail: true, coordinatorMayFail: true };
  assertExhausted(await check(twoPhaseCommitWithBackup(constants)), { distinct: 1_245, depth: 15 });
});

test("termination detection agrees for three, four and five nodes", async () => {
  assertExhausted(await check(terminationDetection({ nodes: 3 })), { distinct: 302, depth: 9 });
  assertExhausted(await check(terminationDetection({ nodes: 4 })), { distinct: 1_566, depth: 12 });
  assertExhausted(await check(terminationDetection({ nodes: 5 })), { distinct: 7_742, depth: 15 });
});

test("termination detection breaks the claim that the token stays black in one step", async () => {
  const report = await check(terminationDetection({ nodes: 3, claim: "the token stays black" }));
  assertBroken(report, { property: "the token stays black", states: 2 });
});

test("the coffee can of a hundred beans has 5,150 initial states and no other", async () => {
  assertExhausted(await check(coffeeCan({ maxBeans: 100 })), { distinct: 5_150, generated: 20_002, depth: 1 });
});

test("the game of life begins in all 65,536 populations of sixteen cells", async () => {
  assertExhausted(await check(gameOfLife({ size: 4 })), { distinct: 65_536, generated: 131_072, depth: 1 });
});

test("readers and writers agree for two and three actors", async () => {
  assertExhausted(await check(readersWriters({ actors: 2 })), { distinct: 390, generated: 935, depth: 9 });
  assertExhausted(await check(readersWriters({ actors: 3 })), { distinct: 21_527, generated: 59_674, depth: 13 });
});

test("five philosophers dine in 67 states", async () => {
  assertExhausted(await check(diningPhilosophers({ philosophers: 5 })), { distinct: 67, generated: 336, depth: 29 });
});

test("five disks are moved in 31 steps", async () => {
  assertBroken(await check(towersOfHanoi({ disks: 5, towers: 3 })), { property: "not solved", states: 32 });
});

test("Peterson's algorithm excludes, and each of its steps is a step of a lock or none", async () => {
  assertExhausted(await check(peterson()), { distinct: 42, generated: 77, depth: 11 });
});

test("the hour clock, the asynchronous interface and the channel agree", async () => {
  const data = named("d", 3);
  assertExhausted(await check(hourClock()), { distinct: 12, generated: 24, depth: 1 });
  assertExhausted(await check(asynchronousInterface({ data })), { distinct: 12, generated: 30, depth: 2 });
  assertExhausted(await check(channel({ data })), { distinct: 12, generated: 30, depth: 2 });
});

test("Klotski is solved in 116 moves, and is whole with 25,955 boards", async () => {
  assertBroken(await check(slidingPuzzle({ solve: true })), { property: "the big piece is still in", states: 117 });
  assertExhausted(await check(slidingPuzzle({ solve: false })), { distinct: 25_955, depth: 168 });
});

test("the saga with workers agrees for two, three and four workers", async () => {
  assertExhausted(await check(saga({ workers: named("w", 2) })), { distinct: 494, generated: 1_617, depth: 15 });
  assertExhausted(await check(saga({ workers: named("w", 3) })), { distinct: 2_696, generated: 11_535, depth: 18 });
  assertExhausted(await check(saga({ workers: named("w", 4) })), { distinct: 14_846, generated: 78_313, depth: 22 });
});
