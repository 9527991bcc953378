// Models with symmetry: what is merged, what is shown, what is refused, and how a broken claim is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";

const workers = ["w1", "w2", "w3"];

interface State {
  readonly phase: Readonly<Record<string, number>>;
  readonly owner: string | null;
}

type Next = (state: State, detail?: unknown) => void;

const start: State = { phase: { w1: 0, w2: 0, w3: 0 }, owner: null };
const moved = (s: State, worker: string): State => ({ ...s, phase: { ...s.phase, [worker]: (s.phase[worker] ?? 0) + 1 } });

const base = {
  name: "workers",
  init: [start] as readonly State[],
  actions: {
    work: (s: State, next: Next) => {
      for (const worker of workers) if ((s.phase[worker] ?? 0) < 2) next(moved(s, worker), worker);
    },
    own: (s: State, next: Next) => {
      if (s.owner === null) for (const worker of workers) next({ ...s, owner: worker }, worker);
    },
  },
  deadlock: "allowed",
  symmetry: [workers],
} as const;

test("states that differ only in who is who count once, and the trace is one that happened", async () => {
  const report = await check(model({ ...base, invariants: { "nobody is done": (s) => !Object.values(s.phase).includes(2) } }));
  assert.equal(report.verdict, "violated");
  assert.deepEqual(report.trace?.steps.map(({ state }) => state), [
    start, { phase: { w1: 1, w2: 0, w3: 0 }, owner: null }, { phase: { w1: 2, w2: 0, w3: 0 }, owner: null },
  ]);
  const all = await check(model(base));
  assert.equal(all.verdict, "pass", all.reason);
  // Phases without an owner: multisets of 3 out of 3; with one: its phase, and a multiset of 2 out of 3.
  assert.equal(all.distinct, 10 + 3 * 6);
  assert.match(all.assumptions.join(), /w1, w2, w3 are interchangeable/);
});

test("a step that only exchanges who is who changes the state, and step properties see it", async () => {
  const report = await check(model({
    name: "hand over", init: [{ owner: "w1" }], symmetry: [workers],
    actions: { pass: (s, next) => workers.forEach((owner) => owner !== s.owner && next({ owner })) },
    steps: { "the owner stays": (before, after) => before.owner === after.owner },
  }));
  assert.equal(report.verdict, "violated");
  assert.equal(report.trace?.property, "the owner stays");
});

test("an action that compares interchangeable strings is named", async () => {
  const report = await check(model({
    ...base,
    actions: {
      ...base.actions,
      favour: (s, next) => {
        const first = workers.find((worker) => s.phase[worker] === 1);
        if (first !== undefined && s.owner === null) next({ phase: { ...s.phase, [first]: first < "w2" ? 3 : 2 }, owner: null });
      },
    },
  }));
  assert.equal(report.verdict, "error");
  assert.match(report.reason, /^symmetry is broken by the action "favour": with "w1" and "w2" exchanged it leads elsewhere/);
  assert.equal(report.trace?.property, "symmetry");
  assert.equal(report.trace.steps.length, 2);
});

const biased: Readonly<Record<string, Parameters<typeof model<State, "work" | "own">>[0]>> = {
  'the invariant "w2 first"': { ...base, invariants: { "w2 first": (s) => s.phase["w1"] === 0 || s.owner !== "w3" || s.phase["w2"] !== 0 } },
  'the invariant "w2 matters"': { ...base, invariants: { "w2 matters": { when: (s) => s.owner === "w2", then: () => true } } },
  'the witness "w1 owns"': { ...base, sometimes: { "w1 owns": (s) => s.owner === "w1" } },
  'the step property "w3 never owns"': { ...base, steps: { "w3 never owns": (_, after) => after.owner !== "w3" || after.phase["w3"] === 0 } },
  "the constraint": { ...base, constraint: (s) => s.owner !== "w3" },
  "the step constraint": { ...base, stepConstraint: (_, after) => after.owner !== "w3" },
  "the deadlock condition": { ...base, deadlock: (s) => s.owner === "w3" || Object.values(s.phase).every((phase) => phase === 2) },
};

for (const [what, definition] of Object.entries(biased)) {
  test(`a claim of symmetry that is broken by ${what} is an error that says so`, async () => {
    const report = await check(model(definition));
    assert.equal(report.verdict, "error", report.reason);
    assert.ok(report.reason.startsWith(`symmetry is broken by ${what}: with `), report.reason);
  });
}

test("actions that are each one string's own do not break symmetry", async () => {
  const own = Object.fromEntries(workers.map((worker) => [`work ${worker}`, (s: State, next: Next) => {
    if ((s.phase[worker] ?? 0) < 2) next(moved(s, worker));
  }]));
  const report = await check(model({ ...base, actions: own }));
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(report.distinct, 10);
});

test("symmetry with temporal properties is refused, with the reason", () => {
  assert.throws(
    () => model({ ...base, eventually: { "somebody owns": (s) => s.owner !== null } }),
    { code: "MODEL_INVALID", message: /both symmetry and the temporal property "somebody owns": which of the strings a fair run treats fairly is lost/ },
  );
});

test("a string that is listed twice is refused", () => {
  assert.throws(() => model({ ...base, symmetry: [workers, ["w3", "x"]] }), { code: "MODEL_INVALID", message: /"w3" twice/ });
});

test("sets may be several, and may be empty or of one string", async () => {
  const rooms = ["r1", "r2"];
  const nowhere: Readonly<Record<string, string>> = { w1: "", w2: "", w3: "" };
  const report = await check(model({
    name: "guests", init: [{ at: nowhere }], symmetry: [workers, rooms, [], ["alone"]], deadlock: "allowed",
    actions: { enter: (s, next) => workers.forEach((w) => s.at[w] === "" && rooms.forEach((room) => next({ at: { ...s.at, [w]: room } }))) },
  }));
  // How many are in the two rooms, in any order: 0+0, 1+0, 2+0, 1+1, 3+0, 2+1.
  assert.deepEqual([report.verdict, report.distinct], ["pass", 6]);
});
