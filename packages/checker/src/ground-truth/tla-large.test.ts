// The three models of tlaplus/Examples that are large enough to say something of speed, exhausted: the counts are what is asserted, and the
// rates are for reading.
import { test } from "node:test";
import { check } from "../index.ts";
import { assertExhausted } from "./agrees.ts";
import { lamportMutex } from "./models/lamport-mutex.ts";
import { simpleRegular } from "./models/simple-regular.ts";
import { tokenRing } from "./models/token-ring.ts";

test("the self-stabilising token ring begins in all 46,656 states of six nodes and six values", async () => {
  assertExhausted(await check(tokenRing({ nodes: 6, values: 6 })), { distinct: 46_656, generated: 248_832, depth: 1 });
});

test("eight processes over regular registers are exhausted with 277,726 states", async () => {
  assertExhausted(await check(simpleRegular({ processes: 8 })), { distinct: 277_726, generated: 1_454_776, depth: 25 });
});

test("Lamport's mutual exclusion of three processes is exhausted with 724,274 states within its bound on clocks", async () => {
  assertExhausted(await check(lamportMutex({ processes: 3, maxClock: 6 })), { distinct: 724_274, generated: 2_729_079, depth: 61 });
});
