// How one worker follows a breaker that all share: what it asks of the store, what it waits for, and what others' changes do to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_BREAKER } from "../resilience/breaker.ts";
import type { BreakerRow } from "../spi/breakers.ts";
import { CallBench, NOT_PERFORMED, OK } from "./testing/call-bench.ts";

const OPERATION = "card.charge";
const ME = "w/payments";
const BREAKER = { ...DEFAULT_BREAKER, minimumCalls: 3, openMs: 1_000, jitter: 0, probeMs: 10_000, shared: true };
const AFTER_LONG = { ...NOT_PERFORMED, afterMs: 50_000 };

const row = (change: Partial<BreakerRow>): BreakerRow => ({ operation: OPERATION, phase: "closed", version: 1, untilInMs: null, prober: null, ...change });

function sharing(): CallBench {
  const bench = new CallBench({ policy: { breaker: BREAKER, concurrency: 4 } });
  bench.feed({ kind: "breakers", rows: [] });
  bench.own(0);
  return bench;
}

/** One whose three calls have failed, as the store has recorded: version 1, open for a second. */
function opened(): CallBench {
  const bench = sharing();
  for (const id of ["x", "y", "z"]) {
    bench.insert({ id });
    bench.end(id, AFTER_LONG);
  }
  assert.deepEqual(asked(bench), ["open 0 1000"]);
  answer(bench, true, row({ phase: "open", version: 1, untilInMs: 1_000 }));
  return bench;
}

const asked = (bench: CallBench): string[] =>
  bench.take("share").map(({ change: { kind, version, forMs, by } }) => `${kind} ${String(version)}${forMs > 0 ? ` ${String(forMs)}` : ""}${by === ME ? "" : ` by ${by}`}`);

const answer = (bench: CallBench, applied: boolean, now: BreakerRow): void => { bench.feed({ kind: "shared", operation: OPERATION, result: { applied, row: now } }); };
const silence = (bench: CallBench): void => { bench.feed({ kind: "shared", operation: OPERATION, result: null }); };
const look = (bench: CallBench, now: BreakerRow): void => { bench.feed({ kind: "breakers", rows: [now] }); };
const told = (bench: CallBench): string[] => bench.take("breaker").map(({ change }) => change);
const phase = (bench: CallBench): string | undefined => bench.state.operations.get(OPERATION)?.breaker?.phase;

test("no call goes as a probe before the store has granted it, and then one does", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b" });
  bench.pass(999);
  assert.deepEqual([asked(bench), bench.begun()], [[], []]);
  bench.pass();
  assert.deepEqual([asked(bench), bench.begun()], [["probe 1 10000"], []]);
  bench.pass(50);
  assert.deepEqual([asked(bench), bench.begun()], [[], []], "it is asked once");
  answer(bench, true, row({ phase: "halfOpen", version: 2, untilInMs: 10_000, prober: ME }));
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.end("a", OK);
  assert.deepEqual([asked(bench), bench.begun()], [["close 2"], []], "the others wait until the store knows");
  answer(bench, true, row({ version: 3 }));
  assert.deepEqual(bench.begun(), ["perform b"]);
  assert.deepEqual(told(bench), ["opened", "probing", "closed"]);
});

test("a probe that another worker holds is left to it, and claimed when its time is over", () => {
  const bench = opened();
  bench.insert({ id: "a" });
  bench.pass();
  asked(bench);
  answer(bench, false, row({ phase: "halfOpen", version: 2, untilInMs: 7_000, prober: "v/payments" }));
  bench.pass(6_999);
  assert.deepEqual([asked(bench), bench.begun()], [[], []]);
  bench.pass(1);
  assert.deepEqual(asked(bench), ["probe 2 10000"]);
});

test("a probe that fails opens it for all, one that says nothing is given back, and so is one for which no call is left", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b", partition: 1 });
  bench.pass();
  asked(bench);
  answer(bench, true, row({ phase: "halfOpen", version: 2, untilInMs: 10_000, prober: ME }));
  bench.end("a", AFTER_LONG);
  assert.deepEqual(asked(bench), ["open 2 1000"]);
  answer(bench, true, row({ phase: "open", version: 3, untilInMs: 1_000 }));
  bench.own(1);
  bench.pass();
  asked(bench);
  answer(bench, true, row({ phase: "halfOpen", version: 4, untilInMs: 10_000, prober: ME }));
  assert.deepEqual(bench.begun(), ["perform b"]);
  bench.feed({ kind: "lost", partitions: [1] });
  assert.deepEqual(asked(bench), ["release 4"]);
  answer(bench, true, row({ phase: "open", version: 5, untilInMs: 0 }));
  assert.deepEqual(asked(bench), [], "no call waits");
  bench.insert({ id: "c" });
  assert.deepEqual(asked(bench), ["probe 5 10000"]);
  bench.feed({ kind: "lost", partitions: [0] });
  answer(bench, true, row({ phase: "halfOpen", version: 6, untilInMs: 10_000, prober: ME }));
  assert.deepEqual(asked(bench), ["release 6"]);
});

test("what others open and close it follows, and what it saw before counts no more", () => {
  const bench = sharing();
  bench.insert({ id: "a" }, { id: "b" });
  bench.end("b", AFTER_LONG);
  look(bench, row({ phase: "open", version: 4, untilInMs: 500 }));
  bench.insert({ id: "c" });
  assert.deepEqual([phase(bench), bench.begun(), told(bench)], ["open", ["perform a"], ["opened"]]);
  bench.end("a", OK);
  look(bench, row({ phase: "open", version: 3, untilInMs: 9_000 }));
  assert.equal(phase(bench), "open", "an old look brings nothing");
  look(bench, row({ version: 6 }));
  assert.deepEqual([phase(bench), bench.begun(), told(bench)], ["closed", ["perform c"], ["closed"]]);
});

test("an operator's reset lets calls go at the next look, also past a probe under way, whose end counts no more", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b" }, { id: "c" });
  bench.pass();
  answer(bench, true, row({ phase: "halfOpen", version: 2, untilInMs: 10_000, prober: ME }));
  asked(bench);
  look(bench, row({ version: 3 }));
  assert.deepEqual(bench.begun(), ["perform a", "perform b"]);
  bench.end("a", AFTER_LONG);
  assert.deepEqual([asked(bench), phase(bench)], [[], "closed"]);
});

test("where the store does not answer, its own breaker probes by itself, and says once that it is alone", () => {
  const bench = opened();
  bench.insert({ id: "a" }, { id: "b" }, { id: "c" });
  bench.pass();
  silence(bench);
  assert.deepEqual(bench.begun(), ["perform a"]);
  bench.end("a", AFTER_LONG);
  bench.pass();
  assert.deepEqual(bench.begun(), ["perform b"]);
  bench.end("b", OK);
  assert.deepEqual([bench.begun(), asked(bench).slice(1)], [["perform c"], []]);
  assert.deepEqual(bench.take("breakerStore").map(({ away }) => away), [true]);
});

test("when the store is back, the row counts: where it is open still, the next call is a probe; where it knows of no outage, it is told", () => {
  const recovered = opened();
  recovered.insert({ id: "a" }, { id: "b" });
  recovered.pass();
  silence(recovered);
  look(recovered, row({ phase: "open", version: 1, untilInMs: 0 }));
  assert.deepEqual(recovered.take("breakerStore").map(({ away }) => away), [true], "its own probe ends first");
  recovered.end("a", OK);
  recovered.end("b", OK);
  look(recovered, row({ phase: "open", version: 1, untilInMs: 0 }));
  recovered.insert({ id: "c" });
  assert.deepEqual([asked(recovered).slice(1), recovered.begun()], [["probe 1 10000"], []]);
  const failing = sharing();
  for (const id of ["x", "y", "z"]) {
    failing.insert({ id });
    failing.end(id, AFTER_LONG);
  }
  asked(failing);
  silence(failing);
  failing.table.nowMs += 400;
  failing.feed({ kind: "breakers", rows: [] });
  assert.deepEqual(asked(failing), ["open 0 600"]);
});

test("a claim whose answer got lost is found with the next look, and claimed again at once", () => {
  const bench = opened();
  bench.insert({ id: "a" });
  bench.pass();
  asked(bench);
  silence(bench);
  bench.end("a", AFTER_LONG);
  bench.insert({ id: "b" });
  look(bench, row({ phase: "halfOpen", version: 2, untilInMs: 9_000, prober: ME }));
  assert.deepEqual([asked(bench), bench.begun()], [["probe 2 10000"], []]);
});
