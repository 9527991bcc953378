// Temporal properties as a model asks for them: verdicts, and endless runs as traces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";
import type { Trace } from "../report.ts";

interface State {
  readonly lamp: "red" | "green" | "broken";
}

const lamp = {
  name: "lamp",
  init: [{ lamp: "red" }] as readonly State[],
  actions: {
    go: (s: State, next: (state: State, detail?: unknown) => void) => {
      if (s.lamp === "red") next({ lamp: "green" }, "by hand");
    },
    stop: (s: State, next: (state: State) => void) => {
      if (s.lamp === "green") next({ lamp: "red" });
    },
    fail: (s: State, next: (state: State) => void) => {
      if (s.lamp === "green") next({ lamp: "broken" });
    },
  },
  deadlock: "allowed",
} as const;

const shown = (trace: Trace | null): string =>
  `${(trace?.steps ?? []).map(({ action, state }) => `${action ?? "init"}:${JSON.stringify(state)}`).join(" ")} | ${trace?.backTo}`;

test("a run that rests breaks a property: the trace ends in itself", async () => {
  const report = await check(model({ ...lamp, eventually: { "it breaks": (s) => s.lamp === "broken" }, fairness: { weak: ["go"] } }));
  assert.equal(report.verdict, "violated");
  assert.equal(report.reason, 'an endless run breaks "it breaks"');
  assert.equal(shown(report.trace), 'init:{"lamp":"red"} go:{"lamp":"green"} | 1');
  assert.equal(report.trace?.property, "it breaks");
  assert.equal(report.trace.steps[1]?.detail, "by hand");
});

test("a run that goes around breaks a property: the trace says which step follows on the last one", async () => {
  const report = await check(model({ ...lamp, eventually: { "it breaks": (s) => s.lamp === "broken" }, fairness: { weak: ["go", "stop", "fail"] } }));
  assert.equal(report.verdict, "violated");
  assert.equal(shown(report.trace), 'init:{"lamp":"red"} go:{"lamp":"green"} stop:{"lamp":"red"} | 1');
});

test("with strong fairness of what ends it, the property holds and the model passes", async () => {
  const report = await check(model({ ...lamp, eventually: { "it breaks": (s) => s.lamp === "broken" }, fairness: { weak: ["go"], strong: ["fail"] } }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.deepEqual(report.temporal, [{ name: "it breaks", checked: true }]);
  assert.deepEqual(report.assumptions, ["weak fairness of go", "strong fairness of fail"]);
});

interface Count {
  readonly n: number;
}

const counting = {
  name: "counter",
  init: [{ n: 0 }] as readonly Count[],
  actions: { up: (s: Count, next: (state: Count) => void) => next({ n: s.n + 1 }) },
  fairness: { weak: ["up"] },
} as const;

test("runs that leave a constraint are not taken for ended: bounded, and the property is not called checked", async () => {
  const report = await check(model({ ...counting, constraint: (s) => s.n < 5, eventually: { "it gets large": (s) => s.n > 100 } }));
  assert.equal(report.verdict, "bounded");
  assert.match(report.reason, /"it gets large"/);
  assert.equal(report.wholeLevels, 0, "what is outside may be one step away");
  assert.deepEqual(report.temporal, [{ name: "it gets large", checked: false }]);
});

test("runs that leave a step constraint are not taken for ended either", async () => {
  const definition = model({ ...counting, stepConstraint: (_, after) => after.n < 5, eventually: { "it gets large": (s) => s.n > 100 } });
  assert.equal((await check(definition)).verdict, "bounded");
});

test("states that a bound left unexpanded are not taken for ends", async () => {
  const definition = model({ ...counting, eventually: { "it gets large": (s) => s.n > 100 } });
  for (const bounds of [{ maxStates: 5 }, { maxDepth: 5 }, { maxStates: 90 }]) {
    const report = await check(definition, bounds);
    assert.equal(report.verdict, "bounded");
    assert.deepEqual(report.temporal, [{ name: "it gets large", checked: false }]);
  }
});

test("what breaks within a bound is violated", async () => {
  const report = await check(model({ ...counting, fairness: {}, eventually: { "it gets large": (s) => s.n > 100 } }), { maxStates: 5 });
  assert.equal(report.verdict, "violated");
  assert.equal(shown(report.trace), 'init:{"n":0} | 0');
});

test("a leads-to whose beginning never happens makes the verdict vacuous", async () => {
  const report = await check(model({ ...lamp, leadsTo: { "blue is answered": { from: () => false, to: () => true } } }));
  assert.equal(report.verdict, "vacuous");
  assert.match(report.reason, /"blue is answered"/);
});

test("temporal code that throws is an error that names the property and shows the way to the state", async () => {
  const broken = (s: State): boolean => {
    if (s.lamp === "green") throw new Error("no green");
    return false;
  };
  const report = await check(model({ ...lamp, alwaysEventually: { "it is fine": broken } }));
  assert.equal(report.verdict, "error");
  assert.match(report.reason, /it is fine threw Error: no green/);
  assert.equal(report.trace?.steps.length, 2);
});
