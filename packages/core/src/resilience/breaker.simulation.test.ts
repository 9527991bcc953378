// The breaker's defaults against traffic in virtual time: they must not open for errors that come and go, and must open soon in an outage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, DEFAULT_BREAKER, newBreaker, settle, type Breaker } from "./breaker.ts";
import { chance } from "./calibration/testing/traffic.ts";

function call(breaker: Breaker, nowMs: number, failed: boolean): void {
  settle(breaker, DEFAULT_BREAKER, "simulation", admit(breaker, DEFAULT_BREAKER, nowMs), nowMs, failed ? "failure" : "answer", 0);
}

for (const perSecond of [3, 20, 1_000]) {
  test(`2 % of transient errors in a million calls at about ${String(perSecond)} calls/s never open it`, () => {
    const next = chance(perSecond);
    const breaker = newBreaker(DEFAULT_BREAKER);
    let nowMs = 0;
    for (let index = 0; index < 1_000_000; index++) {
      nowMs += -Math.log(1 - next()) * (1_000 / perSecond);
      call(breaker, nowMs, next() < 0.02);
    }
    assert.equal(breaker.opened, 0);
  });
}

test("in an outage at 20 calls/s it opens within 2 s, at whatever moment of its window the outage begins", () => {
  let worst = 0;
  for (let phase = 0; phase < 1_000; phase += 7) {
    const breaker = newBreaker(DEFAULT_BREAKER);
    const outageAt = 60_000 + phase;
    let nowMs = 0;
    for (; breaker.phase === "closed" && nowMs < outageAt + 10_000; nowMs += 50) call(breaker, nowMs, nowMs >= outageAt);
    worst = Math.max(worst, nowMs - 50 - outageAt);
  }
  assert.ok(worst <= 2_000, `it took ${String(worst)} ms`);
});

test("with fewer calls than the minimum in its window it stays closed: about two calls a second are the least it can judge", () => {
  for (const [perSecond, opened] of [[1.8, 0], [2.2, 1]] as const) {
    const breaker = newBreaker(DEFAULT_BREAKER);
    for (let nowMs = 0; nowMs < 60_000 && breaker.phase === "closed"; nowMs += 1_000 / perSecond) call(breaker, nowMs, true);
    assert.equal(breaker.opened, opened, `${String(perSecond)} calls/s`);
  }
});
