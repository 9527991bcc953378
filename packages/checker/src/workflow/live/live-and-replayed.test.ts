// A run that stays in memory between two messages comes to the same as one that is replayed from its journal, byte for byte: in every order in which
// ends of calls, messages, timers, lost workers and refused commits can come, and for what processes presume to be absent.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { event, port, terminal, workflow, type AnyWorkflow } from "@evenkeel/core";
import { z } from "zod";
import { seededRandom } from "../../testing/seeded-random.ts";
import { everyLife, someLives } from "./lives.ts";
import { Life, type Faults, type Subject } from "./life.ts";
import { LivingProcess } from "./process.ts";

const Thing = z.object({ id: z.string() });
const works = port("works", {
  a: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoA: { input: Thing, ok: Thing, reconcile: "repeat" },
  b: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoB: { input: Thing, ok: Thing, reconcile: "repeat" },
  decide: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  ask: { input: Thing.extend({ token: z.string() }), ok: Thing, reconcile: "repeat" },
});
const Came = event("came", { key: (one) => one.id, data: Thing.extend({ again: z.number().optional() }) });
const Token = z.object({ token: z.string() });
const options = { input: Thing, ports: { works }, maxAttempts: 2 } as const;
const input = { id: "o" };
const id = "o";

/** How often functions were begun. */
let begun = 0;

const VALUE = JSON.stringify(input);
const FAILING = new Set(["works.a", "works.b", "works.decide"]);

function subjectOf(service: AnyWorkflow & { readonly start: (of: { id: string; input: typeof input }) => Subject["start"] }, arrivals: Subject["arrivals"], failing = FAILING): Subject {
  return {
    service, start: service.start({ id, input }), arrivals, begun: () => begun,
    ends: ({ operation }) => [{ name: "ok", value: VALUE }, ...(failing.has(operation) ? [{ name: "no", value: "{}" }] : [])],
  };
}

const trip = workflow("trip", { ...options, waitsFor: [Came] }, async (one, w) => {
  begun++;
  await w.step("a", works.a, one, { undo: works.undoA });
  const came = await w.waitFor(Came, { within: { hours: 1 } });
  if (came === undefined) throw terminal("LATE", `It is ${String(w.now)}.`);
  await w.pivot("decide", works.decide, one);
  await w.retriable("b", works.b, { id: w.newId() });
  return { at: w.now, by: w.random() };
});

const beside = workflow("beside", options, async (one, w) => {
  begun++;
  const order: string[] = [];
  const noted = async (name: string, work: Promise<unknown>): Promise<void> => { await work; order.push(name); };
  await Promise.all([
    noted("a", w.step("a", works.a, one, { undo: works.undoA })), noted("b", w.step("b", works.b, one, { undo: works.undoB })),
  ]);
  await w.pivot("decide", works.decide, one);
  return { order, at: w.now };
});

const mapped = workflow("mapped", options, async (one, w) => {
  begun++;
  const results = await w.map(["x", "y", "z"], { atMost: 2 }, async (name) => {
    await w.readonly(`look ${name}`, works.undoA, { id: name });
    await w.retriable(`a ${name}`, works.a, { id: name });
    return { name, at: w.now };
  });
  await Promise.race([w.retriable("b", works.b, one), w.sleep({ hours: 1 })]);
  return { results, at: w.now };
});

const raced = workflow("raced", options, async (one, w) => {
  begun++;
  const results = await w.map(["x", "y"], { atMost: 2 }, async (name) => {
    await w.retriable(`a ${name}`, works.a, { id: name });
    return { name, at: w.now };
  });
  await Promise.race([w.retriable("b", works.b, one), w.sleep({ hours: 1 })]);
  return { results, at: w.now };
});

const rounds = workflow("rounds", { ...options, waitsFor: [Came] }, async (one, w) => {
  begun++;
  await w.readonly("look", works.undoA, one);
  const came = await w.waitFor(Came, { within: { hours: 1 } });
  const look = w.readonly("look again", works.undoB, one);
  if (came === undefined) return { at: w.now, was: await look };
  await look;
  return w.continueAsNew({ id: came.id });
});

const called = workflow("called", options, async (one, w) => {
  begun++;
  const { token, answer } = w.callback("word", Thing, { within: { days: 1 } });
  await w.step("ask", works.ask, { ...one, token }, { undo: works.undoA, undoInput: (value) => value });
  const both = await Promise.all([answer, w.step("a", works.a, one, { undo: works.undoA })]);
  if (both[0] === undefined) throw terminal("SILENT", "Nobody answered.");
  return both[0];
});

const came = Came({ id });
const NONE: Faults = { takeovers: 0, refusals: 0, unknowns: 0 };
const LARGE = 1_000_000;

function processesOf({ service }: Subject, cacheLength: number): readonly LivingProcess[] {
  return [new LivingProcess(service, cacheLength, 3), new LivingProcess(service, cacheLength, 3)];
}

interface Seen { readonly lives: number; readonly live: number }

/** Every life, again and again with the same processes, which replay some runs all the same, until nothing more has stood in memory. */
async function assertEveryLife(t: TestContext, subject: Subject, faults: Faults, seen: Seen): Promise<void> {
  const processes = processesOf(subject, LARGE);
  const live = new Set<string>();
  let lives = 0;
  let conflicts = 0;
  for (let before = -1; before < live.size;) {
    before = live.size;
    const lived = await everyLife(() => new Life(subject, processes, faults));
    for (const way of lived.live) live.add(way);
    ({ lives, conflicts } = lived);
    t.diagnostic(`figures: ${String(lives)} lives, in ${String(live.size)} ways to a step of a run in memory, ${String(conflicts)} conflicts`);
  }
  assert.deepEqual({ lives, live: live.size }, seen);
  assert.ok(conflicts > 0, "nothing was presumed wrongly, so nothing was refused and decided again");
}

test("A run that stays in memory comes to what its replay comes to, in every order, while a person cancels it", async (t) => {
  await assertEveryLife(t, subjectOf(trip, [came, trip.cancel({ id, reason: "no" })]), NONE, { lives: 2_301, live: 1_560 });
});

test("The same while its worker is lost, a commit is refused, and an attempt's end is not known", async (t) => {
  await assertEveryLife(t, subjectOf(trip, [came], new Set(["works.decide"])), { takeovers: 1, refusals: 1, unknowns: 1 }, { lives: 3_948, live: 3_252 });
});

test("The same of steps beside each other, whose ends come in any order, and together", async (t) => {
  await assertEveryLife(t, subjectOf(beside, []), { ...NONE, takeovers: 1 }, { lives: 102, live: 76 });
});

test("The same of work for each of several things, and of a race", async (t) => {
  await assertEveryLife(t, subjectOf(raced, [], new Set()), NONE, { lives: 36, live: 27 });
});

test("The same of a run that goes on as new", async (t) => {
  await assertEveryLife(t, subjectOf(rounds, [came]), NONE, { lives: 28, live: 67 });
});

const seed = Number(process.env["EVENKEEL_SEED"] ?? 1);

test("The same of lives by chance, with every fault, with much memory for documents and with none", async (t) => {
  t.diagnostic(`EVENKEEL_SEED=${String(seed)}`);
  const below = seededRandom(seed);
  const faults = { takeovers: 3, refusals: 3, unknowns: 2 };
  const asked: Subject = {
    ...subjectOf(called, [called.cancel({ id, reason: "no" })]),
    reacts: ({ operation, input: text }) => operation === "works.ask" ? called.callback({ token: Token.parse(JSON.parse(text)).token, data: input }) : undefined,
  };
  const more = [came, Came({ id, again: 1 })];
  for (const subject of [subjectOf(trip, [came, trip.cancel({ id, reason: "no" })]), subjectOf(beside, [beside.retry({ id })]), subjectOf(mapped, []), subjectOf(rounds, more), asked]) {
    for (const cacheLength of [LARGE, 0]) {
      const processes = processesOf(subject, cacheLength);
      const { live, conflicts } = await someLives(() => new Life(subject, processes, faults), 150, below);
      t.diagnostic(`figures: ${subject.service.name}: ${String(live.size)} ways to a step of a run in memory, ${String(conflicts)} conflicts`);
      assert.ok(live.size > 10, `${subject.service.name} was almost never in memory`);
    }
  }
});
