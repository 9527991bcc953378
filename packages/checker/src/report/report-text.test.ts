// The text of a report: the verdict and its assumptions, the sizes, what was not exercised, and the way with only what each step changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../report.ts";
import { reportText } from "./report-text.ts";

const report: Report = {
  subject: "jugs", verdict: "violated", reason: "\"never four\" does not hold", assumptions: ["weak fairness of pour"],
  distinct: 1234, generated: 5678, unexpanded: 12, depth: 3, wholeLevels: 3, seconds: 2,
  collisionProbability: 2.5e-13, seed: 7, peakMemoryBytes: 123 * 1_048_576,
  actions: [{ name: "pour", fired: 1000, fresh: 10, firstDepth: 2 }, { name: "spill", fired: 0, fresh: 0, firstDepth: null }],
  invariants: [{ name: "never four", evaluated: 1234, applied: 1234 }, { name: "full is full", evaluated: 1234, applied: 0 }],
  witnesses: [{ name: "full", depth: null }],
  temporal: [{ name: "settles", checked: false }],
  trace: {
    property: "never four",
    steps: [
      { action: null, detail: undefined, state: { big: 0, jars: [1, 2], ids: new Set(["a"]) }, tale: null },
      { action: "pour", detail: { by: "r1", n: 2n }, state: { big: 4, jars: [1, 3], ids: new Set(["a", "b"]) }, tale: null },
      { action: "rest", detail: undefined, state: { big: 4, jars: [1, 3], ids: new Set(["a", "b"]) }, tale: { actor: "r1", from: "r2", what: "rests", fault: "forgets to" } },
    ],
    backTo: null, avoidableAfter: 0,
  },
};

test("a counterexample is told with the verdict, the sizes, and the way", () => {
  assert.equal(reportText(report), `VIOLATED  jugs: "never four" does not hold.
  assuming weak fairness of pour

1,234 states (5,678 generated, 12 not expanded), depth 3, 2.0 s, 2,839 generated/s, 123 MiB; probability that a collision hid a state 2.5e-13 (seed 7)

The shortest way to it:
   0 {big: 0, jars: [1, 2], ids: {"a"}}
     --- from here on it cannot be avoided ---
   1 pour ({by: "r1", n: 2n})
         big: 0 -> 4
         jars[1]: 2 -> 3
       + ids["b"] = "b"
   2 r2 -> r1: rests  [forgets to]
     broken: never four
`);
});

test("what was not exercised is said where the search went to its end or to its bound", () => {
  const text = reportText({ ...report, verdict: "vacuous", trace: null });
  assert.equal(text.slice(text.indexOf("\n\n", 80)), "\n\n  never happened: spill\n  never applied: full is full\n  never seen: full\n  not checked: settles\n");
});

test("an endless run says where it goes on, and one that stutters that nothing more happens", () => {
  const endless = (backTo: number): string => reportText({ ...report, trace: report.trace === null ? null : { ...report.trace, backTo } });
  assert.match(endless(0), /\n {5}and then from step 1 again, for ever\n {5}broken: never four\n$/);
  assert.match(endless(2), /\n {5}and then nothing more happens\n/);
});
