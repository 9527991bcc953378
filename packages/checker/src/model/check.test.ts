// What a checked model says: verdicts, sizes, coverage, traces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "./check.ts";
import { model } from "./model.ts";

const hours = {
  name: "hour clock",
  init: [{ hour: 1 }],
  actions: { tick: (s: { hour: number }, next: (state: { hour: number }) => void) => next({ hour: (s.hour % 12) + 1 }) },
};

test("a clock has twelve states and passes", async () => {
  const report = await check(model({ ...hours, invariants: { "on the face": (s) => s.hour >= 1 && s.hour <= 12 }, sometimes: { noon: (s) => s.hour === 12 } }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.deepEqual([report.distinct, report.generated, report.depth, report.unexpanded], [12, 13, 12, 0]);
  assert.deepEqual(report.actions, [{ name: "tick", fired: 12, fresh: 11, firstDepth: 1 }]);
  assert.deepEqual(report.invariants, [{ name: "on the face", evaluated: 12, applied: 12 }]);
  assert.deepEqual(report.witnesses, [{ name: "noon", depth: 12 }]);
  assert.equal(report.trace, null);
});

test("a broken invariant is shown by the shortest way to it", async () => {
  const jugs = model({
    name: "die hard",
    init: [{ small: 0, big: 0 }],
    actions: {
      fillSmall: (s, next) => next({ ...s, small: 3 }),
      fillBig: (s, next) => next({ ...s, big: 5 }),
      emptySmall: (s, next) => next({ ...s, small: 0 }),
      emptyBig: (s, next) => next({ ...s, big: 0 }),
      smallToBig: (s, next) => { const poured = Math.min(s.small, 5 - s.big); next({ small: s.small - poured, big: s.big + poured }); },
      bigToSmall: (s, next) => { const poured = Math.min(s.big, 3 - s.small); next({ small: s.small + poured, big: s.big - poured }, poured); },
    },
    invariants: { "never four": (s) => s.big !== 4 },
  });
  const report = await check(jugs);
  assert.equal(report.verdict, "violated");
  assert.equal(report.trace?.property, "never four");
  assert.equal(report.trace?.steps.length, 7);
  assert.deepEqual(report.trace?.steps.at(0), { action: null, detail: undefined, state: { small: 0, big: 0 }, tale: null });
  assert.deepEqual(report.trace?.steps.at(-1), { action: "bigToSmall", detail: 1, state: { small: 3, big: 4 }, tale: null });
  assert.deepEqual(report.trace?.steps.map(({ action }) => action), (await check(jugs, { seed: 7 })).trace?.steps.map(({ action }) => action));
  const full = await check(model({ ...hours, invariants: {} }), { fingerprintBits: 128 });
  assert.equal(full.distinct, 12);
});

test("what never applied and what was never seen makes a verdict vacuous", async () => {
  const idle = await check(model({ ...hours, invariants: { thirteenth: { when: (s) => s.hour === 13, then: () => false } } }));
  assert.equal(idle.verdict, "vacuous");
  assert.deepEqual(idle.invariants, [{ name: "thirteenth", evaluated: 12, applied: 0 }]);
  const unseen = await check(model({ ...hours, sometimes: { thirteenth: (s) => s.hour === 13 } }));
  assert.equal(unseen.verdict, "vacuous");
});

test("a state without successors is a deadlock unless it may end there; a step to itself is a successor", async () => {
  const once = (deadlock?: "allowed" | ((s: { done: boolean }) => boolean)) => model({
    name: "once", init: [{ done: false }], ...(deadlock === undefined ? {} : { deadlock }),
    actions: { finish: (s, next) => { if (!s.done) next({ done: true }); } },
  });
  const stuck = await check(once());
  assert.equal(stuck.verdict, "deadlock");
  assert.deepEqual(stuck.trace?.steps.map(({ state }) => state), [{ done: false }, { done: true }]);
  assert.equal((await check(once("allowed"))).verdict, "pass");
  assert.equal((await check(once((s) => s.done))).verdict, "pass");
  assert.equal((await check(once((s) => !s.done))).verdict, "deadlock");
  assert.equal((await check(model({ name: "idle", init: [0], actions: { stay: (s, next) => next(s) } }))).verdict, "pass");
});

test("states outside the constraint are generated and judged, and not followed", async () => {
  const counter = (limit: number) => model({
    name: "counter", init: [0], actions: { add: (s, next) => next(s + 1), reset: (_, next) => next(0) },
    constraint: (s) => s <= 5, invariants: { small: (s) => s <= limit },
  });
  const within = await check(counter(6));
  assert.deepEqual([within.verdict, within.distinct, within.generated, within.depth], ["pass", 6, 13, 6]);
  assert.deepEqual(within.assumptions, ["states outside the constraint are not followed"]);
  const outside = await check(counter(5));
  assert.equal(outside.verdict, "violated");
  assert.equal(outside.trace?.steps.at(-1)?.state, 6);
});

test("transitions outside the step constraint are generated and lead nowhere", async () => {
  const report = await check(model({
    name: "counter", init: [0], actions: { add: (s, next) => next(s + 1) }, stepConstraint: (_, after) => after <= 3, invariants: { small: (s) => s <= 3 },
  }));
  assert.deepEqual([report.verdict, report.distinct, report.generated], ["pass", 4, 5]);
});

test("a step property judges every transition that changes the state", async () => {
  const report = await check(model({ ...hours, steps: { forward: (before, after, action) => action === "tick" && after.hour > before.hour } }));
  assert.equal(report.verdict, "violated");
  assert.equal(report.trace?.steps.length, 13);
  const still = await check(model({ name: "idle", init: [0], actions: { stay: (s, next) => next(s) }, steps: { never: () => false } }));
  assert.equal(still.verdict, "pass");
});

test("a bound that is met makes a verdict bounded, and says which one", async () => {
  const endless = model({ name: "endless", init: [0], actions: { add: (s, next) => next(s + 1) } });
  const states = await check(endless, { maxStates: 10 });
  assert.deepEqual([states.verdict, states.distinct, states.unexpanded], ["bounded", 10, 1]);
  assert.equal(states.wholeLevels, 10);
  assert.match(states.reason, /10 states/);
  const depth = await check(endless, { maxDepth: 7 });
  assert.deepEqual([depth.verdict, depth.distinct, depth.depth, depth.unexpanded], ["bounded", 7, 7, 1]);
  assert.equal(depth.wholeLevels, 7);
  const seconds = await check(endless, { maxSeconds: 0 });
  assert.equal(seconds.verdict, "bounded");
  assert.equal(seconds.wholeLevels, seconds.distinct - 1, "the state that waits is of a level of its own");
  assert.equal((await check(model(hours), { maxStates: 12 })).verdict, "pass");
});

test("a bound of memory lets states wait in a file first, and bounds the verdict where that does not help", async () => {
  const cube = model({
    name: "fan", init: [{ n: 0, load: new Uint8Array(0) }],
    actions: {
      out: (s, next) => { if (s.n === 0) for (let n = 1; n <= 3000; n += 1) next({ n, load: new Uint8Array(4000).fill(n) }); },
      back: (s, next) => { if (s.n !== 0) next({ n: 0, load: new Uint8Array(0) }); },
    },
  });
  const [free, tight] = [await check(cube), await check(cube, { maxMemoryMb: 2 })];
  assert.deepEqual([tight.verdict, tight.distinct, tight.generated, tight.depth], ["pass", free.distinct, free.generated, free.depth]);
  const endless = model({ name: "endless", init: [0], actions: { add: (s, next) => next(s + 1) } });
  const small = await check(endless, { maxMemoryMb: 1, maxStates: 1_000_000 });
  assert.equal(small.verdict, "bounded");
  assert.match(small.reason, /1 MB of memory/);
});

test("code that throws is an error with the way there and the name of what threw", async () => {
  const thrower = await check(model({ name: "m", init: [0], actions: { add: (s, next) => { if (s === 3) throw new Error("three"); next(s + 1); } } }));
  assert.equal(thrower.verdict, "error");
  assert.match(thrower.reason, /"add".*three/);
  assert.deepEqual(thrower.trace?.steps.map(({ state }) => state), [0, 1, 2, 3]);
  const judge = await check(model({ ...hours, invariants: { fragile: (s) => { if (s.hour === 2) throw new TypeError("odd"); return true; } } }));
  assert.deepEqual([judge.verdict, judge.trace?.steps.length], ["error", 2]);
  assert.match(judge.reason, /fragile.*odd/);
});

test("a value without structure is an error that names its path", async () => {
  const report = await check(model({ name: "m", init: [{ list: [{ f: (): number => 1 }] }], actions: { stay: (s, next) => next(s) } }));
  assert.equal(report.verdict, "error");
  assert.match(report.reason, /a function at state\.list\[0\]\.f/);
});

test("an action that changes its state or does not repeat itself is named", async () => {
  const changer = await check(model({
    name: "m", init: [{ n: 0 }],
    actions: { look: (s, next) => next(s), add: (s, next) => { s.n = (s.n + 1) % 5; next({ ...s }); } },
  }));
  assert.equal(changer.verdict, "nondeterministic");
  assert.match(changer.reason, /"add" changes the state/);
  let calls = 0;
  const counter = await check(model({ name: "m", init: [0], actions: { stay: (s, next) => next(s), count: (_, next) => next(++calls % 7) } }));
  assert.equal(counter.verdict, "nondeterministic");
  assert.match(counter.reason, /"count" led elsewhere/);
});

test("temporal properties that nobody judged leave a verdict bounded", async () => {
  const report = await check(model({ ...hours, eventually: { noon: (s) => s.hour === 12 }, fairness: { weak: ["tick"] } }));
  assert.deepEqual(report.temporal.map(({ name }) => name), ["noon"]);
  if (report.temporal.some(({ checked }) => !checked)) assert.equal(report.verdict, "bounded");
});
