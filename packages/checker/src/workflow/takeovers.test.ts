// Workflows whose first attempts have no row, as an application runs them, while workers are lost at any time and others take their keys over:
// what holds of calls with rows holds of them, and what the engine does for it is found where it is left out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { workflow, type Entry, type RunDocument } from "@evenkeel/core";
import { check, optional, workflowInvariants } from "../index.ts";
import { exploreSystem } from "../system/check-system.ts";
import type { Mutation } from "../mutation/mutation.ts";
import { withDefect, type Defect } from "./testing/broken-engine.ts";
import { agency, Confirmed, Trip, trip, trips } from "./testing/trip.ts";

const start = trip.start({ id: "t", input: { trip: "t" } });
const confirmed = Confirmed({ trip: "t" });
const cancelled = optional(trip.cancel({ id: "t", reason: "no" }));

function isDone(effects: readonly { readonly applied: number }[]): boolean {
  return effects.some(({ applied }) => applied > 0);
}

function isToldOnce(runs: readonly { readonly strays: readonly { readonly why: string }[] }[]): boolean {
  return runs.every(({ strays }) => strays.every(({ why }) => why !== "no step waits for this outcome"));
}

test("A workflow without rows keeps all standard invariants while its worker is lost at any time, with every end that an attempt can have", async () => {
  const checked = (takeovers?: number) => check({
    system: [trip], ports: [trips], when: [start, confirmed],
    faults: {
      ...(takeovers === undefined ? {} : { takeovers }),
      ports: {
        "agency.car": ["ok", "none", "unknown-applied", "unknown-not-applied", "late-applied"], "agency.pay": ["ok", "refused"],
        "agency.mail": ["ok", "notPerformed"],
      },
    },
    invariants: { ...workflowInvariants(trip) },
    eventually: {
      "nothing is a defect": (s) => s.deadLetters.length === 0,
      "no end of a call is told twice": (s) => isToldOnce(s.trip.runs),
    },
  });
  const reports = [await checked(), await checked(0), await checked(1)];
  assert.deepEqual(reports.map(({ verdict, distinct }) => [verdict, distinct]), [["pass", 337], ["pass", 662], ["pass", 5_960]], reports.map(({ reason }) => reason).join("; "));
});

test("One that is cancelled at any time keeps them, too, and so does one whose start comes twice", async () => {
  const report = await check({
    system: [trip], ports: [trips], when: [start, cancelled], faults: { takeovers: 1, duplicates: 1, ports: { "agency.car": ["ok", "none"] } },
    invariants: { ...workflowInvariants(trip) },
    eventually: { "nothing is a defect": (s) => s.deadLetters.length === 0 },
    sometimes: { "it is cancelled": (s) => s.trip.runs.some(({ status }) => status === "cancelled") },
  });
  assert.deepEqual([report.verdict, report.distinct], ["pass", 4_853], report.reason);
});

test("A call whose owner is lost waits for ever where nobody revives it, or where its revival does nothing", async () => {
  const broken = async (mutation: Mutation): Promise<unknown> => {
    const { trace, mutated } = await exploreSystem({
      system: [trip], ports: [trips], when: [start, confirmed], faults: { takeovers: 1 }, invariants: workflowInvariants(trip, { without: ["undo"] }), mutation,
    }, {});
    return [trace?.property, mutated > 0];
  };
  const waits = ["trip: at rest a run has ended, or shows what it waits for", true];
  assert.deepEqual(await broken({ kind: "revivesNothing", service: "trip" }), waits);
  assert.deepEqual(await broken({ kind: "ignores", service: "trip", message: "trip.revive" }), waits);
});

type Run = RunDocument<unknown, unknown>;

function withEntries(change: (entry: Entry) => Entry): (run: Run) => Run {
  return (run) => ({ ...run, journal: run.journal.map(change) });
}

async function assertFinds(properties: readonly string[], defect: Defect): Promise<void> {
  const of = withDefect(trip, defect);
  for (const property of properties) {
    const asked = { ...workflowInvariants(of, { without: ["undo"] }) };
    const report = await check({
      system: [of], ports: [trips], when: [start, confirmed], faults: { takeovers: 1 },
      invariants: Object.fromEntries(Object.entries(asked).filter(([name]) => name === property)),
      eventually: { "no end of a call is told twice": (s) => property !== "no end of a call is told twice" || isToldOnce(s.trip.runs) },
    });
    assert.deepEqual([report.verdict, report.trace?.property], ["violated", property], report.reason);
  }
}

test("A journal that does not keep which calls have no row loses them", async () => {
  await assertFinds(["trip: at rest a run has ended, or shows what it waits for"], {
    stored: withEntries((entry) => {
      if (entry.kind !== "requested" || entry.what !== "step") return entry;
      const { unrecorded: _unrecorded, ...rest } = entry;
      return rest;
    }),
  });
});

test("A revival that asks anew for what the new owner has begun itself brings its end twice", async () => {
  await assertFinds(["trip: a run that has ended owes nothing", "no end of a call is told twice"], {
    given: withEntries((entry) => (entry.kind === "requested" && entry.what === "step" && entry.unrecorded !== undefined ? { ...entry, unrecorded: 0 } : entry)),
  });
});

test("Steps beside each other are under way together when their worker is lost: any of them may have had its effect, and either may end first", async () => {
  const both = workflow("both", { input: Trip, ports: { agency }, maxAttempts: 2 }, async (input, w) => {
    await Promise.all([
      w.step("hotel", agency.hotel, input, { undo: agency.leaveHotel }), w.step("car", agency.car, input, { undo: agency.returnCar }),
    ]);
    await w.pivot("pay", agency.pay, input);
  });
  const checked = (takeovers: number) => check({
    system: [both], ports: [trips], when: [both.start({ id: "t", input: { trip: "t" } }), optional(both.cancel({ id: "t", reason: "no" }))],
    faults: { takeovers, ports: { "agency.car": ["ok", "none"] } },
    invariants: { ...workflowInvariants(both) },
    eventually: { "nothing is a defect": (s) => s.deadLetters.length === 0, "no end of a call is told twice": (s) => isToldOnce(s.both.runs) },
    sometimes: {
      "what was requested later ends first": (s) => s.both.runs.some(({ journal }) => journal.find((entry) => entry.kind === "settled")?.of === 1),
      "both have had their effect when their worker is lost, and nobody has heard of either": (s) => takeovers === 0
        || (isDone(s.provider["agency.hotel"]) && isDone(s.provider["agency.car"]) && s.both.runs.some(({ journal }) =>
          journal.filter(({ kind }) => kind === "revived").length === 2 && !journal.some(({ kind }) => kind === "settled"))),
    },
  });
  const reports = [await checked(0), await checked(1)];
  assert.deepEqual(reports.map(({ verdict, distinct }) => [verdict, distinct]), [["pass", 148], ["pass", 858]], reports.map(({ reason }) => reason).join("; "));
});
