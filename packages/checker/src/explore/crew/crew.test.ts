// Several threads say what one says: every count, the verdict, the trace. And what they cannot do is refused, never done by one instead.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { named } from "../../ground-truth/persistent.ts";
import { check } from "../../model/check.ts";
import type { Model } from "../../model/model.ts";
import { model } from "../../model/model.ts";
import type { Report } from "../../report.ts";
import type { ExploreOptions, WorkersOptions } from "../options.ts";

const managers = named("r", 5);

/** A module below the reference models, what it exports, what that is called with, and how it is explored. */
const cases: readonly (readonly [module: string, name: string, given: unknown, options?: ExploreOptions])[] = [
  ["ground-truth/models/two-phase-commit", "twoPhaseCommit", { managers }],
  ["ground-truth/models/two-phase-commit", "twoPhaseCommit", { managers }, { fingerprintBits: 128, seed: 7 }],
  ["ground-truth/models/termination-detection", "terminationDetection", { nodes: 5 }],
  ["ground-truth/models/readers-writers", "readersWriters", { actors: 2 }],
  ["ground-truth/models/saga", "saga", { workers: named("w", 3) }],
  ["ground-truth/models/sliding-puzzle", "slidingPuzzle", { solve: true }],
  ["ground-truth/models/coffee-can", "coffeeCan", { maxBeans: 100 }],
  ["ground-truth/models/token-ring", "tokenRing", { nodes: 4, values: 5 }],
  ["ground-truth/models/simple-regular", "simpleRegular", { processes: 5 }],
  ["ground-truth/models/lamport-mutex", "lamportMutex", { processes: 3, maxClock: 3 }],
  ["explore/crew/testing/grid", "grid", {}],
  ["explore/crew/testing/grid", "grid", {}, { maxStates: 3_000 }],
  ["explore/crew/testing/grid", "grid", {}, { maxDepth: 25 }],
  ["explore/crew/testing/grid", "grid", { symmetric: true }],
  ["explore/crew/testing/grid", "grid", { breaks: "invariant" }],
  ["explore/crew/testing/grid", "grid", { breaks: "step" }],
  ["explore/crew/testing/grid", "grid", { breaks: "deadlock" }],
  ["explore/crew/testing/grid", "grid", { breaks: "action" }],
  ["explore/crew/testing/grid", "grid", { breaks: "predicate" }],
  ["explore/crew/testing/grid", "grid", { breaks: "determinism" }],
  ["explore/crew/testing/grid", "grid", { breaks: "symmetry", symmetric: true }],
];

const comparable = ({ seconds: _s, peakMemoryBytes: _m, ...report }: Report): unknown => report;

async function made(module: string, name: string, given: unknown): Promise<Model<unknown>> {
  const exported = await import(`../../${module}.ts`) as Readonly<Record<string, (given: unknown) => Model<unknown>>>;
  const factory = exported[name];
  assert.ok(factory !== undefined);
  return factory(given);
}

for (const [module, name, given, options = {}] of cases) {
  const count = name === "simpleRegular" ? 3 : 2;
  test(`${count} threads say of ${name} ${JSON.stringify(given)} ${JSON.stringify(options)} what one says`, async () => {
    const subject = await made(module, name, given);
    const one = await check(subject, options);
    const workers = { count, module: new URL(`../../${module}.ts`, import.meta.url), export: name, arguments: [given] };
    assert.deepEqual(comparable(await check(subject, { ...options, workers })), comparable(one));
  });
}

const grid: WorkersOptions = { count: 2, module: new URL("./testing/grid.ts", import.meta.url), export: "grid", arguments: [{}] };

test("what several threads cannot explore is refused", async () => {
  const subject = await made("explore/crew/testing/grid", "grid", {});
  const refused = async (wanted: RegExp, options: ExploreOptions, of: Model<unknown> = subject): Promise<void> => {
    await assert.rejects(check(of, options), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID" && wanted.test(error.message));
  };
  await refused(/functions cannot be handed to a thread/, { workers: 2 });
  await refused(/whole number/, { workers: 0 });
  await refused(/exports nothing of this name/, { workers: { ...grid, export: "cube" } });
  await refused(/not what model\(\) makes/, { workers: { ...grid, export: "SIDE" } });
  await refused(/differs in the name/, { workers: { ...grid, arguments: [{ name: "another" }] } });
  await refused(/what its first states lead to/, { workers: { ...grid, arguments: [{ side: 3 }] } });
  await refused(/checkpoint/, { workers: grid, checkpoint: { file: "/nowhere" } });
  await refused(/maxMemoryMb/, { workers: grid, maxMemoryMb: 100 });
  await refused(/random runs/, { workers: grid, strategy: { simulate: {} } });
  await refused(/endless runs/, { workers: grid }, model({ name: "m", init: [0], actions: { stay: (s, next) => next(s) }, eventually: { zero: (s) => s === 0 } }) as Model<unknown>);
  assert.deepEqual(comparable(await check(subject, { workers: 1 })), comparable(await check(subject)));
});

test("a module that checks itself while a thread imports it is told so", async () => {
  const { subject } = await import("./testing/recursive.ts") as { subject: Model<unknown> };
  const workers = { count: 2, module: new URL("./testing/recursive.ts", import.meta.url), export: "subject" };
  await assert.rejects(check(subject, { workers }), /define it in a module of its own/);
});

test("a thread that ends early ends the search with an error, and none is left behind", async () => {
  const subject = await made("explore/crew/testing/grid", "grid", { exits: true });
  await assert.rejects(check(subject, { workers: { ...grid, arguments: [{ exits: true }] } }), (error) => isEvenkeelError(error) && error.code === "CHECK_WORKER_FAILED");
});

test("what only a thread sees makes the verdict nondeterministic", async () => {
  const subject = await made("explore/crew/testing/grid", "grid", { differs: true });
  const report = await check(subject, { workers: { ...grid, arguments: [{ differs: true }] } });
  assert.deepEqual([report.verdict, report.trace?.property], ["nondeterministic", "within the grid"]);
  assert.match(report.reason, /in a worker thread/);
});
