// The standard invariants of a workflow: they hold of one that ships, under every fault there is, and each is broken by the one defect of an
// engine that it is there for, while all others hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { workflow, type Entry, type RunDocument } from "@evenkeel/core";
import { z } from "zod";
import { check, optional, workflowInvariants, type SystemReport, type WorkflowInvariantOptions } from "../index.ts";
import { withDefect, type Defect } from "./testing/broken-engine.ts";
import { Given, visa, visaDesk } from "./testing/visa.ts";
import { agency, Confirmed, trip, trips } from "./testing/trip.ts";

const start = trip.start({ id: "t", input: { trip: "t" } });
const confirmed = Confirmed({ trip: "t" });

test("A workflow that ships keeps them all: failures at every step, a cancellation at any time, lost answers and a dying worker", async () => {
  const report = await check({
    system: [trip], ports: [trips], when: [start, confirmed, optional(trip.cancel({ id: "t", reason: "no" }))],
    faults: {
      crashes: 1,
      ports: {
        "agency.car": ["ok", "none", "unknown-applied", "unknown-not-applied"], "agency.pay": ["ok", "refused"], "agency.mail": ["ok", "bounced"],
        "agency.returnCar": ["ok", "notPerformed"],
      },
    },
    invariants: { ...workflowInvariants(trip) },
    sometimes: {
      "completed": (s) => s.trip.runs.some(({ status }) => status === "completed"),
      "compensated": (s) => s.trip.runs.some(({ status }) => status === "compensated"),
      "cancelled": (s) => s.trip.runs.some(({ status }) => status === "cancelled"),
      "attention": (s) => s.trip.runs.some(({ status }) => status === "attention"),
    },
  });
  assert.deepEqual([report.verdict, report.distinct], ["pass", 2_635], report.reason);
});

/** What the standard invariants say of a trip, those left out that end so. */
function explored(of: typeof trip, leftOut: readonly string[] = [], options?: WorkflowInvariantOptions): Promise<SystemReport> {
  return check({
    system: [of], ports: [trips], when: [start, optional(confirmed)],
    faults: { ports: { "agency.car": ["ok", "none"], "agency.pay": ["ok", "refused"], "agency.mail": ["ok", "bounced"] } },
    invariants: Object.fromEntries(Object.entries(workflowInvariants(of, options)).filter(([name]) => !leftOut.some((one) => name.endsWith(one)))),
  });
}

/** The invariant is broken, and it alone, or it first. */
async function assertFinds(property: string, of: typeof trip, besides: readonly string[] = []): Promise<void> {
  const broken = await explored(of);
  assert.deepEqual([broken.verdict, broken.trace?.property], ["violated", `trip: ${property}`], broken.reason);
  const others = await explored(of, [property, ...besides]);
  assert.notEqual(others.verdict, "violated", others.reason);
}

type Run = RunDocument<unknown, unknown>;

function undoOf(run: Run, operation: string): number {
  return run.journal.findIndex((entry) => entry.kind === "undo" && entry.operation === operation);
}

function stepOf(run: Run, name: string): number {
  return run.journal.findIndex((entry) => entry.kind === "requested" && entry.what === "step" && entry.name === name);
}

function settled(run: Run, at: number): boolean {
  return run.journal.some((entry) => entry.kind === "settled" && entry.of === at);
}

test("An undo that is left out is found", async () => {
  const forgets: Defect = {
    call: (operation, request, context) => { if (operation.name !== "agency.leaveHotel") context.call(operation, request); },
    stored: (run, { now }) => {
      const at = undoOf(run, "agency.leaveHotel");
      if (at === -1) return run;
      return { ...run, status: "compensated", endedAt: now, inbox: [], journal: [...run.journal.slice(0, at)] };
    },
  };
  await assertFinds("what a run did that gave up is undone, each step once", withDefect(trip, forgets));
});

test("Steps that are undone in the order in which they were done are found", async () => {
  const isFirst = (name: string): boolean => !name.endsWith("leaveHotel.outcome");
  const swaps: Defect = {
    call: (operation, request, context) => {
      const isSwapped = operation.name === "agency.returnCar" && isFirst(context.message.name);
      if (isSwapped) context.call(agency.leaveHotel, { key: "trip/t/hotel/undo", input: { trip: "t" } });
      else context.call(operation, request);
    },
    stored: (run) => (undoOf(run, "agency.leaveHotel") !== -1 ? run : {
      ...run,
      journal: run.journal.map((entry): Entry => (entry.kind === "undo"
        ? { ...entry, of: stepOf(run, "hotel"), operation: "agency.leaveHotel", key: "trip/t/hotel/undo" } : entry)),
    }),
  };
  await assertFinds("steps are undone in reverse, one after the other", withDefect(trip, swaps));
});

test("A step that is undone after the pivot is found", async () => {
  const repents: Defect = {
    stored: (run, context) => {
      if (run.status !== "completed" || undoOf(run, "agency.returnCar") !== -1) return run;
      context.call(agency.returnCar, { key: "trip/t/car/undo", input: { trip: "t" } });
      const undo: Entry = { kind: "undo", of: stepOf(run, "car"), operation: "agency.returnCar", key: "trip/t/car/undo" };
      return { ...run, status: "compensating", endedAt: null, journal: [...run.journal, undo] };
    },
  };
  await assertFinds("nothing is undone once the pivot took effect", withDefect(trip, repents));
});

test("A step after the pivot that is given up in silence is found", async () => {
  // Its engine does not know the type: it tries the step once, and has the function go on.
  const { input, ports } = { input: z.object({ trip: z.string() }), ports: { agency } };
  const once = workflow("trip", { input, ports, waitsFor: [Confirmed], maxAttempts: 2 }, async (given, w) => {
    await w.step("hotel", agency.hotel, given, { undo: agency.leaveHotel });
    await w.step("car", agency.car, given, { undo: agency.returnCar });
    await w.waitFor(Confirmed, { within: { hours: 1 } });
    await w.pivot("pay", agency.pay, given);
    await w.readonly("mail", agency.mail, given).catch(() => undefined);
  });
  const typed = (from: "retriable" | "readonly", to: "retriable" | "readonly") => (run: Run): Run => ({
    ...run, journal: run.journal.map((entry) => (entry.kind === "requested" && entry.what === "step" && entry.type === from ? { ...entry, type: to } : entry)),
  });
  await assertFinds(
    "what comes after the pivot is done, or a person sees that it is not",
    withDefect(once, { given: typed("retriable", "readonly"), stored: typed("readonly", "retriable") }),
  );
});

test("An effect that happens again under another key is found, also where the key is of another kind", async () => {
  for (const again of [(key: string) => `${key}/again`, (key: string) => `once more ${key}`]) {
    const repeats: Defect = {
      stored: (run, context) => {
        if (context.message.name === "trip.start") context.call(agency.hotel, { key: again("trip/t/hotel"), input: { trip: "t" } });
        return run;
      },
    };
    // Nobody waits for the second one, which may outlive the run.
    await assertFinds("an effect happens once, and what a run takes for done is what was done", withDefect(trip, repeats), ["a run that has ended owes nothing"]);
  }
});

test("A timer that outlives its run is found", async () => {
  await assertFinds("a run that has ended owes nothing", withDefect(trip, { unschedulesNothing: true }));
});

test("A run that waits for a timer that nobody armed is found", async () => {
  const mailed = withDefect(trip, { schedulesNothing: true });
  const report = await check({
    system: [mailed], ports: [trips], when: [start, optional(confirmed)], faults: { ports: { "agency.car": ["ok", "none"] } }, invariants: workflowInvariants(mailed),
  });
  assert.deepEqual([report.verdict, report.trace?.property], ["violated", "trip: at rest a run has ended, or shows what it waits for"]);
});

test("A callback's token that counts twice is found; as the engine ships, the second answer counts for nothing", async () => {
  const checked = (of: typeof visa) => check({
    system: [of, visaDesk], when: [of.start({ id: "v", input: { id: "v" } }), Given({ id: "v", by: "Ada" }), Given({ id: "v", by: "Ben" })],
    invariants: { ...workflowInvariants(of, { without: ["undo", "pivot"] }) },
    sometimes: { "the first answer counts": (s) => s.visa.runs.some(({ result }) => result?.by === "Ada"), "the second one is told": (s) => s.visa.runs.some(({ strays }) => strays.length > 0) },
  });
  const shipped = await checked(visa);
  assert.deepEqual([shipped.verdict, shipped.distinct], ["pass", 438], shipped.reason);
  const twice = await checked(withDefect(visa, {
    handles: async (name, _data, { runs, now }) => {
      const run = name === "visa.callback" ? await runs.get("v") as Run : undefined;
      const at = run?.journal.findIndex((entry) => entry.kind === "requested" && entry.what === "callback") ?? -1;
      if (run === undefined || run.endedAt !== null || !settled(run, at)) return false;
      runs.put("v", { ...run, journal: [...run.journal, { kind: "settled", of: at, at: now, end: { kind: "ok", value: { by: "again" } } }] });
      return true;
    },
  }));
  assert.deepEqual([twice.verdict, twice.trace?.property], ["violated", "visa: each request of a run is answered once"], twice.reason);
});

test("A check that says that nothing is undone, or that no pivot takes effect, is held to it", async () => {
  const nothing = await explored(trip, [], { without: ["undo"] });
  assert.deepEqual([nothing.verdict, nothing.trace?.property], ["violated", "trip: nothing has to be undone"]);
  const decided = await explored(trip, [], { without: ["pivot"] });
  assert.deepEqual([decided.verdict, decided.trace?.property], ["violated", "trip: no pivot takes effect"]);
});

test("A check in which nothing fails and nothing is said of that is vacuous", async () => {
  const report = await check({ system: [trip], ports: [trips], when: [start, confirmed], invariants: { ...workflowInvariants(trip) } });
  assert.equal(report.verdict, "vacuous");
  const said = await check({ system: [trip], ports: [trips], when: [start, confirmed], invariants: { ...workflowInvariants(trip, { without: ["undo"] }) } });
  assert.equal(said.verdict, "pass", said.reason);
});
