// Runs that go on as new, and runs that a person restarts from a step, under second arrivals, dying workers and takeovers: nothing is done twice,
// no message is lost, and what the engine does for it is found where it is left out.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunDocument } from "@evenkeel/core";
import { outcomeName } from "@evenkeel/core/engine";
import { check, optional, workflowInvariants, type SystemReport } from "../index.ts";
import { withDefect, type Defect } from "./testing/broken-engine.ts";
import { depots, Ordered, rounds, sale } from "./testing/rounds.ts";

type Run = RunDocument<unknown, unknown>;

const input = { id: "o", round: 0 };

function assertExhausted({ verdict, distinct, reason, trace }: SystemReport, states: number): void {
  assert.deepEqual([verdict, distinct], ["pass", states], `${reason} ${JSON.stringify(trace?.steps.map(({ action }) => action))}`);
}

/** Two rounds, and what is ordered in each; the messages may all be there before the run is. */
function going(of: typeof rounds, faults: { readonly duplicates?: number; readonly takeovers?: number; readonly crashes?: number }) {
  const asked = {
    "what is ordered is shipped, or it is said that it came too late": (s: Seen) => s.provider["depot.ship"].length + tooLate(s) >= 2,
    "it is over": (s: Seen) => s.rounds.runs.every(({ status }) => status === "completed"),
    "each round is shipped once": (s: Seen) => s.provider["depot.ship"].every(({ applied, input: shipped }) =>
      applied === 1 && s.provider["depot.ship"].filter((one) => one.input.round === shipped.round).length === 1),
    "nothing is a defect": (s: Seen) => s.deadLetters.length === 0,
  };
  return check({
    system: [of], ports: [depots], faults,
    when: [of.start({ id: "o", input }), Ordered({ id: "o", what: "a" }), Ordered({ id: "o", what: "b" })],
    invariants: { ...workflowInvariants(of, { without: ["undo", "pivot"] }) },
    eventually: asked,
    sometimes: { "both rounds are shipped": (s) => s.provider["depot.ship"].length === 2 },
  });
}

interface Seen {
  readonly rounds: { readonly runs: readonly { readonly status: string; readonly strays: readonly { readonly name: string }[] }[] };
  readonly provider: { readonly "depot.ship": readonly { readonly applied: number; readonly input: { readonly round: number } }[] };
  readonly deadLetters: readonly unknown[];
}

function tooLate({ rounds: { runs } }: Seen): number {
  return runs.flatMap(({ strays }) => strays.filter(({ name }) => name === "ordered")).length;
}

test("A run that goes on as new loses no message and ships each round once, whatever comes twice and whoever is lost", async () => {
  assertExhausted(await going(rounds, { duplicates: 1, crashes: 1 }), 9_344);
  assertExhausted(await going(rounds, { takeovers: 2 }), 1_449);
});

async function assertGoingFinds(property: string, defect: Defect): Promise<void> {
  const report = await going(withDefect(rounds, defect), { takeovers: 1 });
  assert.deepEqual([report.verdict, report.trace?.property], ["violated", property], report.reason);
}

test("A generation that loses the messages of the one before it is found", async () => {
  await assertGoingFinds("what is ordered is shipped, or it is said that it came too late", {
    // With this outcome it goes on as new.
    given: (run, { message }) => (message.name === outcomeName("rounds", "depot.ship") ? { ...run, inbox: [] } : run),
  });
});

test("A generation that asks under the keys of the one before it is found", async () => {
  await assertGoingFinds("rounds: an effect happens once, and what a run takes for done is what was done", { stored: (run) => ({ ...run, generation: 0 }) });
});

test("A timer that an earlier generation leaves behind is found", async () => {
  await assertGoingFinds("rounds: a run that has ended owes nothing", { unschedulesNothing: true });
});

// --- restarts -------------------------------------------------------------------------------------------------------------------------

const who = { by: "ann", reason: "the card was topped up" } as const;

/** A sale whose payment may be refused, restarted at any time and from any step, twice. */
function restarted(of: typeof sale, froms: readonly string[], faults: { readonly takeovers?: number; readonly crashes?: number }) {
  return check({
    system: [of], ports: [depots], faults: { ...faults, ports: { "depot.pay": ["ok", "refused"] } },
    when: [of.start({ id: "o", input }), Ordered({ id: "o", what: "a" }), ...froms.map((from) => optional(of.restart({ id: "o", from, ...who })))],
    invariants: { ...workflowInvariants(of) },
    eventually: {
      "nothing is a defect": (s) => s.deadLetters.length === 0,
      "who has paid is shipped to, once": (s) => s.provider["depot.ship"].length === s.provider["depot.pay"].filter(({ applied }) => applied > 0).length,
      "nobody pays twice": (s) => s.provider["depot.pay"].filter(({ applied }) => applied > 0).length <= 1,
      "it is over": (s) => s.sale.runs.every(({ endedAt }) => endedAt !== null),
    },
    sometimes: { "a restart has helped": (s) => s.sale.runs.some(({ status, restarts }) => status === "completed" && restarts !== undefined) },
  });
}

test("A run that is restarted from any step keeps all that holds of runs, whatever comes twice and whoever is lost", async () => {
  assertExhausted(await restarted(sale, ["hold", "look"], { crashes: 1 }), 1_467);
  assertExhausted(await restarted(sale, ["hold"], { takeovers: 1 }), 2_440);
});

async function assertRestartFinds(property: string, defect: Defect): Promise<void> {
  const report = await restarted(withDefect(sale, defect), ["hold"], {});
  assert.deepEqual([report.verdict, report.trace?.property], ["violated", property], report.reason);
}

/** Changes what is stored of a run by its restart. */
function restarts(change: (run: Run) => Run): Defect {
  return { stored: (run, { message }) => (message.name === "sale.restart" && run.endedAt === null ? change(run) : run) };
}

test("A restart that forgets what was asked for in which generation is found", async () => {
  await assertRestartFinds("nothing is a defect", restarts((run) => ({ ...run, cuts: [] })));
});

test("A restart that does not give the messages back that the run had waited for is found", async () => {
  await assertRestartFinds("it is over", restarts((run) => ({ ...run, inbox: [] })));
});

test("A restart that asks under the keys of what was undone is found", async () => {
  await assertRestartFinds("sale: an effect happens once, and what a run takes for done is what was done", restarts((run) => ({ ...run, generation: 0, cuts: [] })));
});
