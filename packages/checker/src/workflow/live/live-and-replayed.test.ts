// A run that stays in memory between two messages comes to the same as one that is replayed from its journal, byte for byte: in every order in which
// ends of calls, messages, timers, lost workers and refused commits can come, and for what processes presume to be absent.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { event, port, terminal, workflow, type AnyWorkflow } from "@evenkeel/core";
import { z } from "zod";
import { everyLife } from "./lives.ts";
import { Life, type Faults, type Subject } from "./life.ts";
import { LivingProcess } from "./process.ts";

const Thing = z.object({ id: z.string() });
const works = port("works", {
  a: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoA: { input: Thing, ok: Thing, reconcile: "repeat" },
  b: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoB: { input: Thing, ok: Thing, reconcile: "repeat" },
  decide: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
});
const Came = event("came", { key: (one) => one.id, data: Thing });
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

const came = Came({ id });
const NONE: Faults = { takeovers: 0, refusals: 0, unknowns: 0 };
const LARGE = 1_000_000;

function processesOf({ service }: Subject): readonly LivingProcess[] {
  return [new LivingProcess(service, LARGE, 3), new LivingProcess(service, LARGE, 3)];
}

interface Seen { readonly lives: number; readonly live: number }

/** Every life, again and again with the same processes, which replay some runs all the same, until nothing more has stood in memory. */
async function assertEveryLife(t: TestContext, subject: Subject, faults: Faults, seen: Seen): Promise<void> {
  const processes = processesOf(subject);
  const live = new Set<string>();
  let lives = 0;
  for (let before = -1; before < live.size;) {
    before = live.size;
    const lived = await everyLife(() => new Life(subject, processes, faults));
    for (const way of lived.live) live.add(way);
    lives = lived.lives;
    t.diagnostic(`figures: ${String(lives)} lives, in ${String(live.size)} ways to a step of a run in memory, ${String(lived.conflicts)} conflicts`);
  }
  assert.deepEqual({ lives, live: live.size }, seen);
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
