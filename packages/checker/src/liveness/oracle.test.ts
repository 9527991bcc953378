// Random small graphs against an oracle that shares nothing with the search: it tries every set of states that a run could visit again and
// again. And every counterexample is judged by itself: a real path, fair, and breaking the property.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TemporalProperty } from "../space.ts";
import type { FairSets } from "./fair-cases.ts";
import type { Lasso } from "./lasso.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { temporalRecorder } from "./temporal.ts";

const seed = Number(process.env["SEED"] ?? 20_260_401);
const GRAPHS = 4_000;

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly action: number;
}

interface Case {
  readonly states: number;
  readonly initials: readonly number[];
  readonly edges: readonly Edge[];
  readonly fairness: FairSets;
  readonly property: TemporalProperty<number>;
  /** States that count as `goal` and `from`, as bits. */
  readonly goal: number;
  readonly from: number;
}

function randomCase(random: (below: number) => number): Case {
  const states = 1 + random(6);
  const actions = 1 + random(4);
  const edges: Edge[] = [];
  for (let count = random(2 * states + 2); count > 0; count -= 1) {
    edges.push({ from: random(states), to: random(states), action: random(actions) });
  }
  const subset = (): number[] => Array.from({ length: actions }, (_, index) => index).filter(() => random(2) === 0);
  const classes = (): number[][] => Array.from({ length: random(3) }, subset);
  const goal = random(1 << states);
  const from = random(1 << states);
  const has = (set: number) => (state: number): boolean => ((set >>> state) & 1) === 1;
  const kinds = ["eventually", "alwaysEventually", "eventuallyAlways", "leadsTo"] as const;
  const kind = kinds[random(4)] ?? "eventually";
  return {
    states, edges, goal, from,
    initials: random(3) === 0 && states > 1 ? [0, states - 1] : [0],
    fairness: { weak: classes(), strong: classes() },
    property: kind === "leadsTo" ? { kind, name: "p", goal: has(goal), from: has(from) } : { kind, name: "p", goal: has(goal) },
  };
}

const changing = (edges: readonly Edge[]): Edge[] => edges.filter(({ from, to }) => from !== to);

function closure(start: readonly number[], edges: readonly Edge[], allowed: (state: number) => boolean): Set<number> {
  const reached = new Set(start.filter(allowed));
  for (const state of reached) for (const { from, to } of edges) if (from === state && allowed(to)) reached.add(to);
  return reached;
}

/** Whether some set of states can be visited for ever by a fair run that breaks the property: the definition, tried out. */
function oracle({ states, edges, initials, fairness, property }: Case): boolean {
  const moves = changing(edges);
  const reachable = closure(initials, moves, () => true);
  const missing = (state: number): boolean => !property.goal(state);
  const begins = property.kind === "eventually" ? [...initials] : [...reachable];
  const arising = property.kind === "leadsTo" ? begins.filter((state) => property.from(state) && missing(state)) : begins;
  const region = property.kind === "eventuallyAlways" ? reachable : closure(arising, moves, missing);
  for (let set = 1; set < 1 << states; set += 1) {
    const inside = (state: number): boolean => ((set >>> state) & 1) === 1;
    const members = Array.from({ length: states }, (_, state) => state).filter(inside);
    if (!members.every((state) => region.has(state))) continue;
    if (!members.every((state) => closure([state], moves, inside).size === members.length)) continue;
    if (property.kind === "eventuallyAlways" && !members.some(missing)) continue;
    const taken = (actions: readonly number[]): boolean => moves.some((edge) => actions.includes(edge.action) && inside(edge.from) && inside(edge.to));
    const enabled = (state: number, actions: readonly number[]): boolean =>
      moves.some((edge) => edge.from === state && actions.includes(edge.action));
    const weak = fairness.weak.every((actions) => taken(actions) || members.some((state) => !enabled(state, actions)));
    const strong = fairness.strong.every((actions) => taken(actions) || members.every((state) => !enabled(state, actions)));
    if (weak && strong) return true;
  }
  return false;
}

/** Judges a counterexample step by step. Returns what is wrong with it. */
function complaint({ edges, initials, fairness, property }: Case, { start, moves, cycleFrom }: Lasso): string | null {
  if (!initials.includes(start)) return "it does not begin in an initial state";
  const all = [start, ...moves.map(({ state }) => state)];
  for (const [index, { action, state }] of moves.entries()) {
    if (!edges.some((edge) => edge.from === all[index] && edge.to === state && edge.action === action)) return `step ${index} is no transition`;
  }
  const cycle = moves.slice(cycleFrom);
  const last = all.at(-1);
  if (cycle.length > 0 && all[cycleFrom] !== last) return "its cycle does not close";
  const endless = cycle.length === 0 ? [last ?? start] : cycle.map(({ state }) => state);
  const enabled = (state: number, actions: readonly number[]): boolean =>
    changing(edges).some((edge) => edge.from === state && actions.includes(edge.action));
  for (const actions of fairness.weak) {
    if (!cycle.some(({ action }) => actions.includes(action)) && endless.every((state) => enabled(state, actions))) return "it is not weakly fair";
  }
  for (const actions of fairness.strong) {
    if (!cycle.some(({ action }) => actions.includes(action)) && endless.some((state) => enabled(state, actions))) return "it is not strongly fair";
  }
  const met = (from: number): boolean => [...all.slice(from), ...endless].some((state) => property.goal(state));
  switch (property.kind) {
    case "eventually":
      return met(0) ? "it reaches the goal" : null;
    case "leadsTo":
      return all.some((state, index) => property.from(state) && !met(index)) ? null : "its obligation is met";
    case "alwaysEventually":
      return endless.some((state) => property.goal(state)) ? "it comes to the goal again and again" : null;
    case "eventuallyAlways":
      return endless.every((state) => property.goal(state)) ? "it stays at the goal" : null;
  }
}

test(`${GRAPHS} random graphs get the verdict of the definition, and each counterexample is one (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const outcomes = { holds: 0, violated: 0, cycles: 0 };
  for (let round = 0; round < GRAPHS; round += 1) {
    const each = randomCase(random);
    const recorder = temporalRecorder([each.property], () => each.fairness);
    const reachable = [...closure(each.initials, each.edges, () => true)];
    const id = (state: number): number => reachable.indexOf(state);
    for (const state of reachable) recorder.stored(id(state), state, each.initials.includes(state));
    for (const state of reachable) {
      for (const { from, to, action } of each.edges) if (from === state) recorder.transition(id(from), id(to), action);
      recorder.expanded(id(state));
    }
    const [finding] = recorder.conclude();
    assert.ok(finding !== undefined);
    const told = `seed ${seed}, round ${round}: ${JSON.stringify(each)}`;
    assert.equal(finding.outcome === "violated", oracle(each), told);
    if (finding.lasso === null) {
      outcomes.holds += 1;
      continue;
    }
    outcomes.violated += 1;
    if (finding.lasso.cycleFrom < finding.lasso.moves.length) outcomes.cycles += 1;
    const named: Lasso = {
      ...finding.lasso,
      start: reachable[finding.lasso.start] ?? -1,
      moves: finding.lasso.moves.map(({ action, state }) => ({ action, state: reachable[state] ?? -1 })),
    };
    assert.equal(complaint(each, named), null, `${told}: ${JSON.stringify(named)}`);
  }
  // The sample says something only if it has all of them.
  for (const [kind, count] of Object.entries(outcomes)) assert.ok(count > GRAPHS / 20, `only ${count} of ${GRAPHS} ${kind}`);
});
