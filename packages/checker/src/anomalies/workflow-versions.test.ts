// Anomalies of changing a workflow while runs are under way (A25): processes with the code of before and of after, side by side, each message taken
// by either. A process that does not know what a run began with leaves it alone, and says so: nothing is lost, and no way is taken twice.
import test from "node:test";
import { port, workflow, type AnyWorkflow, type WorkflowContext } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, workflowInvariants } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const Trip = z.object({ id: z.string() });
const agency = port("agency", {
  hotel: { input: Trip, ok: Trip, reconcile: "repeat" },
  leave: { input: Trip, ok: Trip, reconcile: "repeat" },
  pay: { input: Trip, ok: Trip, reconcile: "repeat" },
});
const agents = answers(agency, { hotel: { ok: ({ input }) => input }, leave: { ok: ({ input }) => input }, pay: { ok: ({ input }) => input } });
const options = { input: Trip, ports: { agency } };
type Trips = WorkflowContext<{ ports: typeof options.ports; emits: readonly []; waitsFor: readonly []; statements: readonly []; children: readonly [] }>;
type Input = z.infer<typeof Trip>;

const before = workflow("trip", options, async (trip: Input, w: Trips) => {
  await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
  await w.pivot("pay", agency.pay, trip);
});
const insured = async (trip: Input, w: Trips): Promise<void> => {
  await w.step("insurance", agency.hotel, trip, { undo: agency.leave });
  await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
  await w.pivot("pay", agency.pay, trip);
};
const patched = workflow("trip", options, async (trip: Input, w: Trips) => {
  if (w.patched("insurance")) await w.step("insurance", agency.hotel, trip, { undo: agency.leave });
  await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
  await w.pivot("pay", agency.pay, trip);
});
const next = workflow("trip", { ...options, version: 2, previous: [before] }, insured);

/** Both at once, and a person who redrives a dead letter once the deployment is through. */
function sideBySide(after: AnyWorkflow) {
  return check({
    system: [before], versions: [after], ports: [agents], faults: { redrives: 1 }, when: [before.start({ id: "t", input: { id: "t" } })],
    invariants: {
      ...workflowInvariants(before, { without: ["undo"] }),
      "a run is left alone where it is not known": (s) => s.deadLetters.every(({ code }) => code === "WORKFLOW_VERSION_UNKNOWN"),
    },
    eventually: { "a run is over, or waits for the deployment": (s) => s.trip.runs.every(({ status }) => status === "completed") || s.deadLetters.length === 1 },
    sometimes: {
      "it goes the old way": (s) => s.isQuiet && s.provider["agency.hotel"].length === 1 && s.provider["agency.pay"].length === 1,
      "it goes the new way, and on after it was left alone": (s) => s.isQuiet && s.provider["agency.hotel"].length === 2 && s.provider["agency.pay"].length === 1,
    },
  });
}

test("A25, by a workflow: changed without a word, its runs diverge; a patch or a new version has each run go its own way, and be left alone where it is not known", async () => {
  assertBroken(await sideBySide(workflow("trip", options, insured)), "a run is left alone where it is not known", 4);
  assertFixed(await sideBySide(patched), 40);
  assertFixed(await sideBySide(next), 40);
});
