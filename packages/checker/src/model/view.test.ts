// A view tells states apart: models of known size keep it although they carry a history along, and what is asked is asked of whole states.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { named } from "../ground-truth/persistent.ts";
import { dieHard } from "../ground-truth/models/die-hard.ts";
import { twoPhaseCommit } from "../ground-truth/models/two-phase-commit.ts";
import type { Subject } from "../space.ts";
import { check } from "./check.ts";
import type { Action, ModelDefinition } from "./definition.ts";
import type { Model } from "./model.ts";
import { model } from "./model.ts";

interface Remembered<State> {
  readonly now: State;
  /** The actions that led here: different on every way. */
  readonly history: readonly string[];
}

/** A model with the way to each state in the state. */
function withHistory<State>({ subject }: Model<State>, more: Partial<ModelDefinition<Remembered<State>>> = {}): Model<Remembered<State>> {
  const { space, properties }: Subject<State> = subject;
  const action = (index: number): Action<Remembered<State>> => (s, next) => {
    void space.expand(s.now, (taken, now) => { if (taken === index) next({ now, history: [...s.history, space.actions[taken] ?? ""] }); });
  };
  return model<Remembered<State>, string>({
    name: subject.name,
    init: () => [...space.initials()].map((now) => ({ now, history: [] })),
    actions: Object.fromEntries(space.actions.map((name, index) => [name, action(index)])),
    invariants: Object.fromEntries(properties.invariants.map(({ name, holds }) => [name, (s: Remembered<State>) => holds(s.now)])),
    deadlock: "allowed",
    view: (s) => s.now,
    ...more,
  });
}

test("models of known size keep it with a history that the view leaves out", async () => {
  const jugs = await check(withHistory(dieHard({ goal: null })));
  assert.deepEqual([jugs.verdict, jugs.distinct, jugs.generated, jugs.depth], ["pass", 16, 97, 8]);
  const commit = await check(withHistory(twoPhaseCommit({ managers: named("r", 3) })));
  assert.deepEqual([commit.verdict, commit.distinct, commit.generated, commit.depth], ["pass", 288, 1_146, 11]);
  assert.ok(commit.assumptions.some((one) => one.includes("view")));
});

test("the way to what breaks is as short as without the view, and shows whole states", async () => {
  const report = await check(withHistory(dieHard({ goal: 4 })));
  assert.deepEqual([report.verdict, report.trace?.steps.length], ["violated", 7]);
  const last = report.trace?.steps.at(-1);
  assert.ok(typeof last?.state === "object" && last.state !== null && "history" in last.state && Array.isArray(last.state.history));
  assert.equal(last.state.history.length, 6);
});

test("without the view the same model does not end", async () => {
  const endless = withHistory(dieHard({ goal: null }), { view: (s) => s });
  assert.equal((await check(endless, { maxStates: 1_000 })).verdict, "bounded");
});

test("a step that changes only what the view leaves out is a step all the same", async () => {
  const counter = model({
    name: "m", init: [{ at: 0, ticks: 0 }], actions: { tick: (s, next) => next({ ...s, ticks: s.ticks + 1 }) },
    view: (s) => s.at, steps: { "ticks stand still": (before, after) => before.ticks === after.ticks },
  });
  const report = await check(counter);
  assert.deepEqual([report.verdict, report.trace?.property, report.trace?.steps.length], ["violated", "ticks stand still", 2]);
});

test("a view together with endless runs or symmetry is refused", () => {
  const base = { name: "m", init: ["a"], actions: { stay: (s: string, next: (state: string) => void) => next(s) }, view: (s: string) => s };
  const refused = (make: () => unknown) => assert.throws(make, (error) => isEvenkeelError(error) && error.code === "MODEL_INVALID" && error.message.includes("view"));
  refused(() => model({ ...base, eventually: { a: (s) => s === "a" } }));
  refused(() => model({ ...base, symmetry: [["a", "b"]] }));
});
