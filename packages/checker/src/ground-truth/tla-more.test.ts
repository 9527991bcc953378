// More models of tlaplus/Examples, ported to show that the way of writing models is general: each agrees with the sizes that its manifest
// states. Generated states are compared where TLC counts one for each successor; it counts more where a guard is true in several ways.
import { test } from "node:test";
import { check } from "../index.ts";
import { assertExhausted } from "./agrees.ts";
import { alternatingBit, alternatingBitAbstract } from "./models/alternating-bit.ts";
import { atomicCommitWithCrashes } from "./models/atomic-commit-with-crashes.ts";
import { bufferedChannel } from "./models/buffered-channel.ts";
import { chameneos } from "./models/chameneos.ts";
import { cigaretteSmokers } from "./models/cigarette-smokers.ts";
import { echo } from "./models/echo.ts";
import { elevator } from "./models/elevator.ts";
import { memory } from "./models/memory.ts";
import { paxos } from "./models/paxos.ts";
import { prisoners } from "./models/prisoners.ts";
import { replicatedCounter } from "./models/replicated-counter.ts";
import { resourceAllocator } from "./models/resource-allocator.ts";
import { ringBuffer } from "./models/ring-buffer.ts";
import { ringElection } from "./models/ring-election.ts";
import { schedulingAllocator } from "./models/scheduling-allocator.ts";
import { simpleAtomic } from "./models/simple-atomic.ts";
import { spanningTree } from "./models/spanning-tree.ts";
import { tcp } from "./models/tcp.ts";
import { terminationOfAsynchronous, terminationOfSynchronous } from "./models/termination.ts";
import { voting } from "./models/voting.ts";
import { named } from "./persistent.ts";

test("allocators of two resources to three clients agree, with and without a queue", async () => {
  const constants = { clients: named("c", 3), resources: named("r", 2) };
  assertExhausted(await check(resourceAllocator(constants)), { distinct: 400, generated: 1_633, depth: 6 });
  assertExhausted(await check(schedulingAllocator({ clients: 3, resources: 2 })), { distinct: 1_690, generated: 5_854, depth: 7 });
});

test("voting and Paxos with three acceptors and two values choose one value", async () => {
  const constants = { acceptors: named("a", 3), values: named("v", 2) };
  assertExhausted(await check(voting({ ...constants, maxBallot: 2 })), { distinct: 6_752, depth: 16 });
  assertExhausted(await check(paxos({ ...constants, maxBallot: 1 })), { distinct: 3_921, depth: 17 });
});

test("non-blocking atomic commit of two processes survives crashes and false suspicions", async () => {
  assertExhausted(await check(atomicCommitWithCrashes({ processes: 2 })), { distinct: 3_016, depth: 7 });
});

test("TCP agrees with a constraint on states and one on steps", async () => {
  assertExhausted(await check(tcp()), { distinct: 1_182, generated: 6_322, depth: 14 });
});

test("two elevators serve two people on two floors", async () => {
  assertExhausted(await check(elevator({ people: 2, elevators: 2, floors: 2 })), { distinct: 4_122, generated: 14_296, depth: 36 });
});

test("a ring elects a leader, and a wave over a graph leaves a tree", async () => {
  assertExhausted(await check(ringElection({ nodes: 3 })), { distinct: 137, generated: 227, depth: 10 });
  assertExhausted(await check(echo({ nodes: 3 })), { distinct: 75, generated: 116, depth: 16 });
  assertExhausted(await check(spanningTree({ nodes: 4, far: 5 })), { distinct: 3_984, generated: 21_784, depth: 4 });
});

test("termination is detected with messages that wake at once and with messages on their way", async () => {
  assertExhausted(await check(terminationOfSynchronous({ nodes: 7 })), { distinct: 129, generated: 3_722, depth: 1 });
  assertExhausted(await check(terminationOfAsynchronous({ nodes: 4, maxPending: 3 })), { distinct: 4_097, generated: 53_271, depth: 14 });
});

test("queues agree: a buffered channel, the alternating bit over queues that lose, and a ring buffer without locks", async () => {
  assertExhausted(await check(bufferedChannel({ messages: named("m", 3), maxQueue: 3 })), { distinct: 3_864, generated: 9_660, depth: 11 });
  assertExhausted(await check(alternatingBitAbstract({ data: named("d", 2) })), { distinct: 20, generated: 36, depth: 3 });
  assertExhausted(await check(alternatingBit({ data: named("d", 2), maxQueue: 2 })), { distinct: 240, generated: 1_392, depth: 10 });
  assertExhausted(await check(ringBuffer({ readers: 3, size: 4, maxPublished: 10 })), { distinct: 8_496, generated: 28_049, depth: 82 });
});

test("a memory of three addresses answers two processors", async () => {
  assertExhausted(await check(memory({ processors: 2, addresses: 3, values: named("v", 2) })), { distinct: 4_408, generated: 21_400, depth: 10 });
});

test("games agree: smokers, prisoners, chameneos and the simple algorithm", async () => {
  assertExhausted(await check(cigaretteSmokers({ ingredients: named("i", 3) })), { distinct: 6, generated: 15, depth: 2 });
  assertExhausted(await check(prisoners({ others: 3 })), { distinct: 214, generated: 860, depth: 14 });
  assertExhausted(await check(chameneos({ creatures: 4, maxMeetings: 4 })), { distinct: 34_534, generated: 104_697, depth: 13 });
  assertExhausted(await check(simpleAtomic({ processes: 5 })), { distinct: 723, generated: 1_842, depth: 11 });
});

test("a replicated counter of three nodes is finite when the least count is taken off everywhere", async () => {
  assertExhausted(await check(replicatedCounter({ nodes: 3, maxCount: 3 })), { distinct: 25_000, depth: 16 });
});
