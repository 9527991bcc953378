// The text of a report: what stands in it, and what a step of a trace shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";
import type { Report } from "../report.ts";
import { reportText } from "./report-text.ts";
import { differences, partsOf } from "./state-diff.ts";

const report: Report = {
  subject: "jugs", verdict: "violated", reason: "\"never four\" does not hold", assumptions: ["weak fairness of pour"],
  distinct: 1234, generated: 5678, unexpanded: 12, depth: 3, seconds: 2, collisionProbability: 2.5e-13, seed: 7, peakMemoryBytes: 123_000_000,
  actions: [{ name: "pour", fired: 1000, fresh: 10, firstDepth: 2 }, { name: "spill", fired: 0, fresh: 0, firstDepth: null }],
  invariants: [{ name: "never four", evaluated: 1234, applied: 1234 }],
  witnesses: [{ name: "full", depth: null }],
  temporal: [{ name: "settles", checked: false }],
  trace: {
    property: "never four",
    steps: [
      { action: null, detail: undefined, state: { big: 0, jars: [1, 2], ids: new Set(["a"]) } },
      { action: "pour", detail: { by: "r1", n: 2n }, state: { big: 4, jars: [1, 3], ids: new Set(["a", "b"]) } },
      { action: "rest", detail: undefined, state: { big: 4, jars: [1, 3], ids: new Set(["a", "b"]) } },
    ],
    backTo: null,
  },
};

test("the text holds the verdict, the sizes, the coverage and the way", () => {
  assert.equal(reportText(report), `jugs: VIOLATED, "never four" does not hold
  1,234 states, 5,678 generated, 12 not expanded, 3 levels
  2.00 s (2,839 generated/s), 123 MB, collision probability 2.5e-13, seed 7
  assuming: weak fairness of pour

  action  fired  new states  from level
  pour    1,000          10           2
  spill       0           0       never

  invariant   evaluated  applied
  never four      1,234    1,234

  sometimes  seen at level
  full               never

  endless runs   judged
  settles       not all

  the way to "never four", 3 states:
    1. begins
       big: 0
       jars: [ 1, 2 ]
       ids: Set(1) { 'a' }
    2. pour {"by":"r1","n":"2n"}
       big: 0 → 4
       jars[1]: 2 → 3
       ids: gains 'b'
    3. rest
       (nothing changes)
`);
});

test("an endless run says where it goes on, or that nothing more happens", () => {
  const endless = (backTo: number) => reportText({ ...report, trace: report.trace === null ? null : { ...report.trace, backTo } });
  assert.match(endless(1), /and then again from 2\., for ever\n$/);
  assert.match(endless(2), /and then nothing more happens\n$/);
});

test("what differs is shown at the deepest path that both states have", () => {
  const texts = (before: unknown, after: unknown) => differences(before, after).map(({ path, before: one, after: other }) => [path, one, other]);
  assert.deepEqual(texts({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }), [["a.c", "2", "3"]]);
  assert.deepEqual(texts({ a: 1 }, { b: 1 }), [["a", "1", null], ["b", null, "1"]]);
  assert.deepEqual(texts({ a: undefined }, {}), [["a", "undefined", null]]);
  assert.deepEqual(texts([1, 2], [1]), [["", "[ 1, 2 ]", "[ 1 ]"]]);
  assert.deepEqual(texts(new Map([["k", { n: 1 }]]), new Map([["k", { n: 2 }]])), [["'k'.n", "1", "2"]]);
  assert.deepEqual(texts(new Set([[1], [2]]), new Set([[2], [3]])), [["", null, "loses [ 1 ]"], ["", null, "gains [ 3 ]"]]);
  assert.deepEqual(texts(5, 6), [["", "5", "6"]]);
  assert.deepEqual(texts({ a: 1 }, { a: 1 }), []);
  assert.deepEqual(partsOf(5), [{ path: "", before: null, after: "5" }]);
});

test("a passing check has a text without a way", async () => {
  const text = reportText(await check(model({ name: "one", init: [0], actions: { stay: (s, next) => next(s) } })));
  assert.match(text, /^one: PASS, all 1 states were seen/);
  assert.doesNotMatch(text, /the way to/);
});
