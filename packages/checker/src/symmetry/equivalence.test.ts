// The reduced search against the full one, on random small models whose rules treat their workers alike: the same verdict, the same length
// of the shortest counterexample, and exactly the orbits of the full set of states, counted by trying every permutation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../model/check.ts";
import type { ModelDefinition } from "../model/definition.ts";
import { model } from "../model/model.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { permutations } from "./permutations.ts";
import { renamed } from "./renaming.ts";

const seed = Number(process.env["SEED"] ?? 20_260_402);
const MODELS = 120;
const LIMIT = 1_500;

interface State {
  readonly phase: Readonly<Record<string, number>>;
  readonly owner: string | null;
  readonly queue: readonly string[];
  readonly marked: ReadonlySet<string>;
  /** Who follows whom. */
  readonly follows: ReadonlyMap<string, string>;
  readonly room: Readonly<Record<string, string>>;
  readonly turn: number;
}

/** `room`: one of them, where the worker is its own other; else null. */
type Rule = (s: State, worker: string, other: string, room: string | null) => State | null;

function randomGuard(random: (below: number) => number): (s: State, worker: string, other: string) => boolean {
  const phase = random(3);
  const kind = random(7);
  return (s, worker, other) => {
    if (s.phase[worker] !== phase) return false;
    switch (kind) {
      case 0: return s.owner === null;
      case 1: return s.owner === worker;
      case 2: return s.marked.has(other);
      case 3: return s.queue[0] === worker;
      case 4: return !s.follows.has(worker) && s.follows.get(other) !== worker;
      case 5: return s.room[worker] === s.room[other];
      default: return s.turn === 0;
    }
  };
}

function randomEffect(random: (below: number) => number): Rule {
  const phase = random(3);
  const kind = random(8);
  return (s, worker, other, room) => {
    const next: State = { ...s, phase: { ...s.phase, [worker]: phase } };
    switch (kind) {
      case 0: return { ...next, owner: worker };
      case 1: return { ...next, owner: null, turn: 1 - s.turn };
      case 2: return { ...next, marked: new Set([...s.marked, worker]) };
      case 3: return { ...next, marked: new Set([...s.marked].filter((name) => name !== other)) };
      case 4: return s.queue.length > 1 ? null : { ...next, queue: [...s.queue, other] };
      case 5: return { ...next, queue: s.queue.slice(1) };
      case 6: return { ...next, follows: new Map(s.follows).set(worker, other) };
      default: return room === null ? null : { ...next, room: { ...s.room, [worker]: room } };
    }
  };
}

function randomModel(random: (below: number) => number, workers: readonly string[], rooms: readonly string[]): ModelDefinition<State> {
  const rules = Array.from({ length: 3 + random(5) }, (): Rule => {
    const guard = randomGuard(random);
    const effect = randomEffect(random);
    return (s, worker, other, room) => (guard(s, worker, other) ? effect(s, worker, other, room) : null);
  });
  const phase = 1 + random(2);
  const bound = 1 + random(workers.length);
  const start: State = {
    phase: Object.fromEntries(workers.map((worker) => [worker, 0])), owner: null, queue: [], marked: new Set(), follows: new Map(), room: {}, turn: 0,
  };
  const invariants: readonly ((s: State) => boolean)[] = [
    () => true,
    () => true,
    (s) => s.queue.length < bound || s.queue[0] !== s.queue[1],
    (s) => s.turn === 0 || s.marked.size < bound,
    (s) => Object.values(s.phase).filter((each) => each === phase).length < bound,
    (s) => s.owner === null || !s.marked.has(s.owner) || s.phase[s.owner] !== phase,
    (s) => s.follows.size < bound || s.queue.length < 2,
  ];
  const holds = invariants[random(invariants.length)] ?? (() => true);
  return {
    name: "random",
    init: [start],
    actions: Object.fromEntries(rules.map((rule, index) => [`rule ${index}`, (s: State, next: (state: State) => void) => {
      for (const worker of workers) for (const other of workers) for (const room of other === worker ? rooms : [null]) {
        const to = rule(s, worker, other, room);
        if (to !== null) next(to);
      }
    }])),
    invariants: { "what was drawn": holds },
    ...(random(4) > 0 ? { deadlock: "allowed" as const } : {}),
    constraint: (s) => s.follows.size < 3,
  };
}

/** A text that is equal for equal states. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (value instanceof Set) return `<${[...value].map(written).sort().join()}>`;
  if (value instanceof Map) return `<${[...value].map(([key, item]) => `${written(key)}=${written(item)}`).sort().join()}>`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([key, item]) => `${key}:${written(item)}`).sort().join()}}`;
  return String(value);
}

test(`${MODELS} random symmetric models: the reduced search says what the full one says (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const seen = { pass: 0, violated: 0, deadlock: 0 };
  let merged = 0;
  for (let round = 0; round < MODELS; round += 1) {
    const workers = ["w1", "w2", "w3"].slice(0, 2 + random(2));
    const rooms = ["r1", "r2"].slice(0, 1 + random(2));
    const definition = randomModel(random, workers, rooms);
    const states = new Map<string, State>();
    const collect = (s: State): boolean => {
      if (definition.constraint?.(s) !== false) states.set(written(s), s);
      return true;
    };
    const full = await check(model({ ...definition, invariants: { collect, ...definition.invariants } }), { maxStates: LIMIT });
    if (full.verdict === "bounded") continue; // too large to count by hand
    const reduced = await check(model({ ...definition, symmetry: [workers, rooms] }), { doubleCheck: 0.2, seed: round });
    const told = `seed ${seed}, round ${round}: full ${full.verdict} (${full.reason}), reduced ${reduced.verdict} (${reduced.reason})`;
    assert.equal(reduced.verdict, full.verdict, told);
    assert.equal(reduced.trace?.property, full.trace?.property, told);
    assert.equal(reduced.trace?.steps.length, full.trace?.steps.length, told);
    if (full.verdict === "violated") seen.violated += 1;
    if (full.verdict === "deadlock") seen.deadlock += 1;
    if (full.verdict !== "pass") continue;
    seen.pass += 1;
    assert.equal(states.size, full.distinct, told);
    const renamings = permutations(workers).flatMap((others) => permutations(rooms).map((places) => new Map([
      ...workers.map((name, index) => [name, others[index] ?? ""] as const),
      ...rooms.map((name, index) => [name, places[index] ?? ""] as const),
    ])));
    const orbits = new Set([...states.values()].map((state) => renamings.map((renaming) => written(renamed(state, renaming))).sort()[0]));
    assert.equal(reduced.distinct, orbits.size, told);
    assert.equal(reduced.depth, full.depth, told);
    if (orbits.size < full.distinct) merged += 1;
  }
  for (const [verdict, count] of Object.entries(seen)) assert.ok(count >= 4, `only ${count} of ${MODELS} models were ${verdict}`);
  assert.ok(merged >= 20, `symmetry merged states of only ${merged} models`);
});
