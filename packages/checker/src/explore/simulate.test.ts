// Random runs: repeatable, judged at every successor, honest about what they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";

const walk = model({
  name: "walk", init: [{ x: 0, y: 0 }],
  actions: { x: (s, next) => next({ ...s, x: s.x + 1 }), y: (s, next) => next({ ...s, y: s.y + 1 }) },
  invariants: { "not far along x": (s) => s.x < 40 },
  steps: { grows: (before, after) => after.x + after.y === before.x + before.y + 1 },
  sometimes: { both: (s) => s.x > 0 && s.y > 0 },
});

test("runs that find nothing are bounded, never a pass", async () => {
  const report = await check(walk, { strategy: { simulate: { runs: 20, depth: 30, seed: 3 } } });
  assert.equal(report.verdict, "bounded");
  assert.match(report.reason, /20 random runs of at most 30 states/);
  assert.deepEqual([report.depth, report.generated], [30, 20 * (1 + 29 * 2)]);
  assert.ok((report.witnesses[0]?.depth ?? 0) >= 3);
});

test("a run that breaks an invariant is the trace, and the same seed finds the same run", async () => {
  const options = { strategy: { simulate: { runs: 1000, depth: 100, seed: 11 } } };
  const [one, other] = [await check(walk, options), await check(walk, options)];
  assert.equal(one.verdict, "violated");
  assert.deepEqual(one.trace, other.trace);
  const steps = one.trace?.steps ?? [];
  assert.deepEqual(steps[0]?.state, { x: 0, y: 0 });
  for (const [index, step] of steps.entries()) {
    const { x, y } = step.state as { x: number; y: number };
    assert.equal(x + y, index);
  }
  assert.match(JSON.stringify(steps.at(-1)?.state), /"x":40/);
  const another = await check(walk, { strategy: { simulate: { runs: 1000, depth: 100, seed: 12 } } });
  assert.notDeepEqual(another.trace, one.trace);
});

test("all successors of a step are judged, not only the one that is followed", async () => {
  const wide = model({
    name: "wide", init: [0], actions: { jump: (_, next) => { for (let n = 1; n <= 500; n += 1) next(n); } }, invariants: { "not 300": (s) => s !== 300 },
  });
  assert.equal((await check(wide, { strategy: { simulate: { runs: 1, depth: 2 } } })).verdict, "violated");
});

test("deadlocks, broken steps, constraints and errors are found on runs", async () => {
  const simulate = { strategy: { simulate: { runs: 5, depth: 10 } } };
  const add = { add: (s: number, next: (state: number) => void) => { if (s < 5) next(s + 1); } };
  assert.equal((await check(model({ name: "m", init: [0], actions: add }), simulate)).verdict, "deadlock");
  assert.equal((await check(model({ name: "m", init: [0], actions: add, deadlock: (s) => s === 5 }), simulate)).verdict, "bounded");
  assert.equal((await check(model({ name: "m", init: [0], actions: add, constraint: (s) => s < 3 }), simulate)).depth, 3);
  assert.equal((await check(model({ name: "m", init: [0], actions: add, steps: { no: (_, after) => after !== 4 } }), simulate)).trace?.steps.length, 5);
  const thrower = model({ name: "m", init: [0], actions: { add: (s: number, next: (state: number) => void) => { if (s === 2) throw new Error("two"); next(s + 1); } } });
  const report = await check(thrower, simulate);
  assert.deepEqual([report.verdict, report.trace?.steps.length], ["error", 3]);
  assert.match(report.reason, /"add" threw Error: two/);
});
