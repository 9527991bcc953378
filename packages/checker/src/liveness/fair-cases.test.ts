// Fairness of each case of an action is what fairness of an action of its own per case would be: verdicts, counts and endless runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import type { FairnessEntry, Next } from "../model/definition.ts";
import { model } from "../model/model.ts";
import type { Report } from "../report.ts";

const IDS = ["a", "b", "c"] as const;
type Id = (typeof IDS)[number];

interface State {
  /** How often each was served, up to two, then from zero again. */
  readonly served: Readonly<Record<Id, number>>;
  /** Who is hungry: only they can be served. */
  readonly open: boolean;
}

const served = (s: State, id: Id): State => ({ ...s, served: { ...s.served, [id]: (s.served[id] + 1) % 3 } });
const start: readonly State[] = [{ served: { a: 0, b: 0, c: 0 }, open: true }];
const doorMoves = (s: State, next: Next<State>): void => next({ ...s, open: !s.open });
const goals = Object.fromEntries(IDS.map((id) => [`${id} is served`, (s: State) => s.served[id] === 1]));

type Kind = "weak" | "strong";

/** One action whose cases are told by their detail. */
function withCases(kind: Kind, entry: FairnessEntry<"serve" | "door">): Promise<Report> {
  return check(model({
    name: "counter", init: start, alwaysEventually: goals, fairness: { [kind]: [entry], ...(kind === "weak" ? {} : { weak: ["door"] }) },
    actions: {
      serve: (s, next) => { if (s.open) for (const id of IDS) next(served(s, id), id); },
      door: doorMoves,
    },
  }));
}

/** The same with an action per case. */
function withActions(kind: Kind): Promise<Report> {
  const serve = Object.fromEntries(IDS.map((id) => [`serve ${id}`, (s: State, next: Next<State>): void => { if (s.open) next(served(s, id), id); }]));
  const names = Object.keys(serve);
  return check(model({
    name: "counter", init: start, alwaysEventually: goals, fairness: { [kind]: names, ...(kind === "weak" ? {} : { weak: ["door"] }) },
    actions: { ...serve, door: doorMoves },
  }));
}

const verdicts = ({ verdict, distinct, generated, depth, temporal, trace }: Report): unknown =>
  [verdict, distinct, generated, depth, temporal, trace?.property, trace?.backTo, trace?.steps.map(({ detail, state }) => [detail, state])];

for (const kind of ["weak", "strong"] as const) {
  test(`${kind} fairness of each case says what ${kind} fairness of an action per case says`, async () => {
    const cases = await withCases(kind, { action: "serve", each: String });
    assert.deepEqual(verdicts(cases), verdicts(await withActions(kind)));
    // Weakly, the door may shut each time before anybody is served.
    assert.equal(cases.verdict, kind === "weak" ? "violated" : "pass", cases.reason);
    assert.equal(cases.distinct, 54);
  });
}

test("without cases it is enough that somebody is served, and the others starve", async () => {
  const report = await withCases("strong", "serve");
  assert.equal(report.verdict, "violated");
});

test("cases are what `each` calls them: two that are called the same count as one", async () => {
  const together = await withCases("strong", { action: "serve", each: (detail) => (detail === "a" ? 0 : 1) });
  assert.equal(together.verdict, "violated");
  assert.notEqual(together.trace?.property, "a is served");
  const acrossActions = await withCases("strong", { action: ["serve", "door"], each: String });
  assert.equal(acrossActions.verdict, "pass", acrossActions.reason);
});

test("the report names what was assumed, and an `each` that throws is an error with the way there", async () => {
  const report = await withCases("weak", { action: "serve", each: () => { throw new Error("no case"); } });
  assert.deepEqual([report.verdict, report.reason], ["error", "the cases of fairness threw Error: no case"]);
  assert.equal(report.trace?.steps.length, 2);
  assert.ok(report.assumptions.includes("weak fairness of each case of serve"));
});

test("fairness of an action that there is not is refused", () => {
  assert.throws(
    () => model({ name: "m", init: [0], actions: { add: (s, next) => next(s + 1) }, fairness: { weak: [{ action: "sub" as "add", each: String }] } }),
    /assumes fairness of "sub"/,
  );
});
