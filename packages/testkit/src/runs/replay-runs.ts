// replayRuns: recorded runs of a workflow as a test of its code, before that is deployed. What is replayed is runs that really were; for
// counterexamples of the checker, see `@evenkeel/testkit/replay`.
import { setImmediate } from "node:timers/promises";
import type { AnyWorkflow } from "@evenkeel/core";
import { checkHistory, otherWorkflow, readHistories, replayReport, replayRun, type ReplayedRun, type ReplayReport, type RunHistory } from "@evenkeel/core/engine";

export interface ReplayRunsOptions {
  /** Whether a run that goes on differently after all that its journal says is a failure, too. Default false: it breaks nothing. */
  readonly strict?: boolean;
}

/**
 * Replays recorded runs with the code of a workflow, in memory: nothing is performed, and nothing is read. An ended run is replayed to its end, one
 * under way to where it stands.
 *
 * Guarantees: a run that this code cannot take over from the code that recorded it is found: `diverged`, `broken` or `versionUnknown`. Does
 * not: find what only runs of another kind than these would show, or values that are computed differently and that no step depends on.
 *
 * @param histories the text of a file of `evenkeel runs export`, or recorded runs: `{ workflow: "checkout", id, run: await app.read(checkout.run, id) }`.
 * @throws EvenkeelError `HISTORY_INVALID` with the line, for what is no recorded run of this workflow, and where there is none at all.
 * @example
 * const report = await replayRuns(checkout, readFileSync("runs.jsonl", "utf8"));
 * assert.ok(report.passed, report.text);
 */
export async function replayRuns(workflow: AnyWorkflow, histories: string | readonly RunHistory[], options: ReplayRunsOptions = {}): Promise<ReplayReport> {
  const read = typeof histories === "string" || histories.length === 0
    ? readHistories(typeof histories === "string" ? histories : "") : histories.map((one, at) => checkHistory(one, at + 1));
  const runs: ReplayedRun[] = [];
  for (const [at, history] of read.entries()) {
    if (history.workflow !== workflow.name) throw otherWorkflow(history, at + 1, [workflow.name]);
    runs.push(await replayRun(workflow, history, setImmediate));
  }
  return replayReport(runs, options.strict ?? false);
}
