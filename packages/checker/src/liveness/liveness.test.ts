// Traps of judging endless runs, each as a graph made by hand: rests, fairness of parts and wholes, cycles that are none, ends that are none.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TemporalProperty } from "../space.ts";
import { sketch } from "./sketch.ts";

const at = (...names: string[]) => (state: string): boolean => names.includes(state);
const eventually = (...names: string[]): TemporalProperty<string> => ({ kind: "eventually", name: "p", goal: at(...names) });
const again = (...names: string[]): TemporalProperty<string> => ({ kind: "alwaysEventually", name: "p", goal: at(...names) });
const settles = (...names: string[]): TemporalProperty<string> => ({ kind: "eventuallyAlways", name: "p", goal: at(...names) });
const leads = (from: string, ...names: string[]): TemporalProperty<string> => ({ kind: "leadsTo", name: "p", from: at(from), goal: at(...names) });

test("without fairness, a run may do nothing for ever", () => {
  assert.deepEqual(sketch("a -go-> b").judge(eventually("b")), { outcome: "violated", run: "a …" });
});

test("with weak fairness, what stays enabled is taken at last", () => {
  assert.deepEqual(sketch("a -go-> b").judge(eventually("b"), { weak: ["go"] }), { outcome: "holds", run: "" });
});

test("a run that stutters at the end of a chain is a counterexample, and its prefix is the whole chain", () => {
  const graph = sketch("a -go-> b -go-> c");
  assert.deepEqual(graph.judge(eventually("d"), { weak: ["go"] }), { outcome: "violated", run: "a -go-> b -go-> c …" });
});

test("a class that is enabled only by transitions to the same state is not enabled", () => {
  const graph = sketch("a -again-> a");
  assert.deepEqual(graph.judge(eventually("b"), { weak: ["again"] }), { outcome: "violated", run: "a …" });
  assert.deepEqual(graph.judge(eventually("b"), { strong: ["again"] }), { outcome: "violated", run: "a …" });
});

test("weak fairness is not enough for what is enabled only now and then; strong fairness is", () => {
  const graph = sketch(`
    a -on-> b -off-> a
    b -leave-> c`);
  assert.deepEqual(graph.judge(eventually("c"), { weak: ["on", "off", "leave"] }), { outcome: "violated", run: "a (-on-> b -off-> a)" });
  assert.deepEqual(graph.judge(eventually("c"), { weak: ["on", "off"], strong: ["leave"] }).outcome, "holds");
});

test("strong fairness forbids the states in which its class is enabled, and a cycle that avoids them remains", () => {
  const graph = sketch(`
    a -on-> b -off-> a
    b -leave-> c
    a -walk-> d -home-> a`);
  const fair = { weak: ["on|walk", "off", "home"], strong: ["leave"] };
  assert.deepEqual(graph.judge(eventually("c"), fair), { outcome: "violated", run: "a (-walk-> d -home-> a)" });
});

test("strong fairness is searched for again in what is left, as often as it takes", () => {
  // Without b (x is enabled), y is no longer taken anywhere, so c must go as well; then only a is left, where `go` is enabled.
  const graph = sketch(`
    a -go-> b -y-> c -go-> a
    b -x-> out
    c -y-> out`);
  assert.equal(graph.judge(eventually("out"), { strong: ["x", "y"], weak: ["go"] }).outcome, "holds");
  assert.equal(graph.judge(eventually("out"), { strong: ["x", "y"] }).outcome, "violated");
});

test("fairness is judged on the component within the open states, not on the one around it", () => {
  // In the whole graph all three are one component with a `done` edge inside; among the states that are not the goal it lies outside.
  const graph = sketch("a -turn-> b -turn-> a\na -done-> goal -start-> a\nb -done-> goal");
  assert.equal(graph.judge(again("goal"), { weak: ["done"] }).outcome, "holds");
  assert.equal(graph.judge(again("goal"), { weak: ["turn"] }).outcome, "violated");
});

test("enabledness is judged on the whole graph, although the edge leaves the open states", () => {
  const graph = sketch("a -go-> goal -back-> a");
  assert.equal(graph.judge(again("goal"), { weak: ["go"] }).outcome, "holds");
});

test("two edges between the same states in both directions are a cycle", () => {
  const graph = sketch("a -there-> b -back-> a");
  assert.deepEqual(graph.judge(eventually("c"), { weak: ["there", "back"] }), { outcome: "violated", run: "a (-there-> b -back-> a)" });
});

test("ways that join again are no cycle", () => {
  const graph = sketch("a -left-> b -go-> d\na -right-> c -go-> d\nd -go-> goal");
  assert.equal(graph.judge(eventually("goal"), { weak: ["left|right", "go"] }).outcome, "holds");
});

test("a cycle that closes through a state seen before is found", () => {
  const graph = sketch("a -go-> b -go-> d\na -go-> c -go-> d\nd -go-> c");
  assert.deepEqual(graph.judge(eventually("goal"), { weak: ["go"] }), { outcome: "violated", run: "a -go-> c (-go-> d -go-> c)" });
});

test("two actions fair as one: taking one of them is enough", () => {
  const graph = sketch("a -x-> b -x-> a\na -y-> c\nb -y-> c");
  assert.equal(graph.judge(eventually("c"), { weak: ["x|y"] }).outcome, "violated");
  assert.equal(graph.judge(eventually("c"), { weak: ["x", "y"] }).outcome, "holds");
});

test("the cycle visits a witness of every class, and each step of it is an edge", () => {
  const graph = sketch("a -x-> b -r-> a\na -y-> c -r-> a\na -z-> d -r-> a");
  const { outcome, run } = graph.judge(eventually("goal"), { weak: ["r"], strong: ["x", "y", "z"] });
  assert.equal(outcome, "violated");
  assert.equal(run, "a (-x-> b -r-> a -y-> c -r-> a -z-> d -r-> a)");
});

test("an obligation that arises late is followed from there", () => {
  const graph = sketch("a -go-> p -go-> b -go-> c\nc -answer-> q");
  assert.deepEqual(graph.judge(leads("p", "q"), { weak: ["go"] }), { outcome: "violated", run: "a -go-> p -go-> b -go-> c …" });
  assert.equal(graph.judge(leads("p", "q"), { weak: ["go", "answer"] }).outcome, "holds");
});

test("an obligation that is met at once, or before it arises again, is not broken", () => {
  const graph = sketch("a -ask-> p -answer-> q -ask-> p");
  assert.equal(graph.judge(leads("p", "q"), { weak: ["answer"] }).outcome, "holds");
  assert.equal(graph.judge(leads("q", "q"), {}).outcome, "holds");
});

test("the way to where the obligation arises may pass through its goal", () => {
  const graph = sketch("q -go-> p -go-> r");
  assert.deepEqual(graph.judge(leads("p", "q"), { weak: ["go"] }), { outcome: "violated", run: "q -go-> p -go-> r …" });
});

test("leads-to that never arises is vacuous", () => {
  assert.equal(sketch("a -go-> b").judge(leads("nowhere", "b")).outcome, "vacuous");
});

test("always eventually holds of a cycle through the goal, and not of one that can go without", () => {
  assert.equal(sketch("a -go-> b -go-> a").judge(again("b"), { weak: ["go"] }).outcome, "holds");
  const detour = sketch("a -go-> b -go-> a\na -on-> c -on-> a");
  assert.deepEqual(detour.judge(again("b"), { weak: ["go", "on"] }), { outcome: "violated", run: "a (-on-> c -on-> a)" });
});

test("eventually always is broken by what comes again and again, not by what comes once", () => {
  const once = sketch("a -go-> bad -go-> good");
  assert.equal(once.judge(settles("good"), { weak: ["go"] }).outcome, "holds");
  const forEver = sketch("a -go-> good -slip-> bad -mend-> good");
  assert.equal(forEver.judge(settles("good"), { weak: ["go", "mend"] }).outcome, "violated");
  assert.equal(forEver.judge(settles("good"), { weak: ["go", "mend"] }).run, "a -go-> good (-slip-> bad -mend-> good)");
});

test("eventually always: the run must come to the bad state although it could rest elsewhere", () => {
  const graph = sketch("good -slip-> bad -mend-> good");
  assert.deepEqual(graph.judge(settles("good"), { weak: ["mend"] }), { outcome: "violated", run: "good (-slip-> bad -mend-> good)" });
  assert.deepEqual(graph.judge(settles("good"), {}), { outcome: "violated", run: "good -slip-> bad …" });
});

test("every initial state is a beginning", () => {
  const graph = sketch("a -go-> goal\nb -walk-> b", ["a", "b"]);
  assert.deepEqual(graph.judge(eventually("goal"), { weak: ["go"] }), { outcome: "violated", run: "b …" });
});

test("a state whose successors are unknown is not the end of a run: the verdict is bounded", () => {
  const graph = sketch("a -go-> b\nunexpanded: b");
  assert.deepEqual(graph.judge(eventually("goal"), { weak: ["go"] }), { outcome: "bounded", run: "" });
});

test("a transition that a constraint left out is enabled, and leads nowhere: the verdict is bounded", () => {
  const graph = sketch("a -go-> b -go-> ?");
  assert.deepEqual(graph.judge(eventually("goal"), { weak: ["go"] }), { outcome: "bounded", run: "" });
});

test("what breaks within the part that was seen is violated, however much was left out", () => {
  const graph = sketch("a -go-> b -go-> ?\na -turn-> c -turn-> a");
  assert.deepEqual(graph.judge(eventually("goal"), { weak: ["go|turn"] }), { outcome: "violated", run: "a (-turn-> c -turn-> a)" });
});

test("a hundred fairness classes are told apart", () => {
  const ring = Array.from({ length: 100 }, (_, index) => `s${index} -t${index}-> s${(index + 1) % 100}`).join("\n");
  const classes = Array.from({ length: 100 }, (_, index) => `t${index}`);
  assert.equal(sketch(ring).judge(again("s99"), { weak: classes }).outcome, "holds");
  assert.equal(sketch(ring).judge(again("s99"), { weak: classes.filter((name) => name !== "t70") }).outcome, "violated");
  assert.equal(sketch(ring).judge(eventually("nowhere"), { strong: classes }).run.split("->").length, 101);
});
