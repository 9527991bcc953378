// The rules of the circuit breaker, one sentence each, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, copyBreaker, DEFAULT_BREAKER, isOpen, newBreaker, reset, settle, type Breaker, type BreakerSettings, type Verdict } from "./breaker.ts";

class Bench {
  readonly settings: BreakerSettings;
  readonly breaker: Breaker;
  nowMs = 100_000;

  constructor(settings: Partial<BreakerSettings> = {}) {
    this.settings = { ...DEFAULT_BREAKER, jitter: 0, ...settings };
    this.breaker = newBreaker(this.settings);
  }

  admit(): number {
    return admit(this.breaker, this.settings, this.nowMs);
  }

  settle(ticket: number, verdict: Verdict, durationMs = 0): string | null {
    return settle(this.breaker, this.settings, "seed", ticket, this.nowMs, verdict, durationMs);
  }

  /** So many calls end this way, one after another. */
  calls(count: number, verdict: Verdict, durationMs = 0): void {
    for (let index = 0; index < count; index++) this.settle(this.admit(), verdict, durationMs);
  }
}

test("it opens when the share of failures is reached, and not with fewer calls than the minimum", () => {
  const bench = new Bench();
  bench.calls(10, "answer");
  bench.calls(9, "failure");
  assert.equal(bench.breaker.phase, "closed");
  bench.calls(1, "failure");
  assert.equal(bench.breaker.phase, "open");
  assert.equal(bench.admit(), 0);
  assert.equal(bench.breaker.until, 105_000);
});

test("failures below the share leave it closed, however many", () => {
  const bench = new Bench();
  for (let index = 0; index < 10_000; index++) {
    bench.calls(1, index % 5 < 2 ? "failure" : "answer");
    bench.nowMs += 10;
  }
  assert.equal(bench.breaker.phase, "closed");
});

for (const [sentence, count, verdict, agoMs] of [
  ["what ended before the window counts no more", 19, "failure", 10_000],
  ["old successes do not hold it closed once the newest calls fail", 1_000, "answer", 1_000],
] as const) {
  test(sentence, () => {
    const bench = new Bench();
    bench.calls(count, verdict);
    bench.nowMs += agoMs;
    bench.calls(19, "failure");
    assert.equal(bench.breaker.phase, "closed");
    bench.calls(1, "failure");
    assert.equal(bench.breaker.phase, "open");
  });
}

test("a decline of the business is an answer: any number of them leaves it closed", () => {
  const bench = new Bench();
  bench.calls(10_000, "answer");
  assert.equal(bench.breaker.phase, "closed");
});

test("slow calls open it, also when they succeed, and only where a time is set", () => {
  const careless = new Bench();
  careless.calls(100, "answer", 60_000);
  assert.equal(careless.breaker.phase, "closed");
  const bench = new Bench({ slowMs: 1_000, slowRate: 0.5 });
  bench.calls(10, "answer", 999);
  bench.calls(9, "answer", 1_000);
  assert.equal(bench.breaker.phase, "closed");
  bench.calls(1, "answer", 1_000);
  assert.equal(bench.breaker.phase, "open");
});

test("when its time is over exactly one probe goes, and its success closes the breaker with nothing counted", () => {
  const bench = new Bench();
  bench.calls(20, "failure");
  bench.nowMs += 4_999;
  assert.equal(bench.admit(), 0);
  assert.ok(isOpen(bench.breaker, bench.nowMs));
  bench.nowMs += 1;
  const probe = bench.admit();
  assert.notEqual(probe, 0);
  assert.equal(bench.breaker.phase, "halfOpen");
  assert.deepEqual([bench.admit(), bench.admit()], [0, 0]);
  assert.equal(bench.settle(probe, "answer"), "closed");
  bench.calls(19, "failure");
  assert.equal(bench.breaker.phase, "closed");
});

test("a probe that fails, or is slow, opens it again for its whole time", () => {
  for (const [verdict, durationMs] of [["failure", 0], ["answer", 2_000]] as const) {
    const bench = new Bench({ slowMs: 1_000 });
    bench.calls(20, "failure");
    bench.nowMs += 5_000;
    assert.equal(bench.settle(bench.admit(), verdict, durationMs), "opened");
    assert.equal(bench.breaker.until, bench.nowMs + 5_000);
    assert.equal(bench.breaker.opened, 2);
  }
});

test("a probe that never ends is replaced after its time, and its late answer is void", () => {
  const bench = new Bench();
  bench.calls(20, "failure");
  bench.nowMs += 5_000;
  const lost = bench.admit();
  bench.nowMs += 29_999;
  assert.equal(bench.admit(), 0);
  bench.nowMs += 1;
  const second = bench.admit();
  assert.notEqual(second, 0);
  assert.equal(bench.settle(lost, "answer"), null);
  assert.equal(bench.breaker.phase, "halfOpen");
  assert.equal(bench.settle(second, "answer"), "closed");
});

test("a probe that says nothing, since its caller went away, leaves its place to the next call", () => {
  const bench = new Bench();
  bench.calls(20, "failure");
  bench.nowMs += 5_000;
  bench.settle(bench.admit(), "nothing");
  assert.equal(bench.breaker.phase, "open");
  assert.notEqual(bench.admit(), 0);
});

test("calls that their deadline left no time do not open it, and a probe that is cut off opens it again", () => {
  const bench = new Bench();
  bench.calls(100, "cutOff");
  assert.equal(bench.breaker.phase, "closed");
  bench.calls(20, "failure");
  bench.nowMs += 5_000;
  assert.equal(bench.settle(bench.admit(), "cutOff"), "opened");
});

test("calls admitted before it opened count neither against it nor for it", () => {
  const bench = new Bench();
  const early = Array.from({ length: 50 }, () => bench.admit());
  bench.calls(20, "failure");
  bench.nowMs += 5_000;
  const probe = bench.admit();
  for (const ticket of early) bench.settle(ticket, "answer");
  assert.equal(bench.breaker.phase, "halfOpen");
  bench.settle(probe, "answer");
  for (const ticket of early) bench.settle(ticket, "failure");
  assert.equal(bench.breaker.phase, "closed");
});

test("a reset closes it, forgets what was counted, and makes the probe under way void", () => {
  const bench = new Bench();
  bench.calls(20, "failure");
  bench.nowMs += 5_000;
  const probe = bench.admit();
  reset(bench.breaker);
  assert.equal(bench.settle(probe, "failure"), null);
  bench.calls(19, "failure");
  assert.equal(bench.breaker.phase, "closed");
});

test("the time it stays open is spread by its seed, at most by the share given, and the same in every run", () => {
  const times = ["a", "b", "c", "d"].map((seed) => {
    const settings = { ...DEFAULT_BREAKER, minimumCalls: 1 };
    const breaker = newBreaker(settings);
    settle(breaker, settings, seed, admit(breaker, settings, 0), 0, "failure", 0);
    return breaker.until;
  });
  assert.equal(new Set(times).size, 4);
  for (const until of times) assert.ok(until >= 5_000 && until < 6_000, String(until));
  const again = newBreaker({ ...DEFAULT_BREAKER, minimumCalls: 1 });
  settle(again, { ...DEFAULT_BREAKER, minimumCalls: 1 }, "a", 1, 0, "failure", 0);
  assert.equal(again.until, times[0]);
});

test("a copy goes its own way", () => {
  const bench = new Bench();
  bench.calls(19, "failure");
  const copy = copyBreaker(bench.breaker);
  bench.calls(1, "failure");
  assert.deepEqual([copy.phase, bench.breaker.phase], ["closed", "open"]);
  settle(copy, bench.settings, "seed", admit(copy, bench.settings, bench.nowMs), bench.nowMs, "failure", 0);
  assert.equal(copy.phase, "open");
});
