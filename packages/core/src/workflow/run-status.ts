// How a run stands when its function has gone as far as it can: it waits, needs a person, is being undone, or is over. It begins the next undo where
// there is one, and refuses what cannot be: a run that nothing could wake, and one that fails past its pivot.
import { EvenkeelError } from "../errors.ts";
import type { Definition } from "./definition.ts";
import { isCancelled, isOfTheBusiness, stalled } from "./failures.ts";
import type { RunStatus } from "./journal.ts";
import type { Replay } from "./replay.ts";
import { givenUp, isOpenChild, isOpenWait, openPlaces, pivotWasDone } from "./standing.ts";
import type { Undoing } from "./undo.ts";

export function statusOf({ name, maxAttempts }: Definition, run: string, { journal, end }: Replay, undoing: Undoing): RunStatus {
  const calls = openPlaces(journal).length;
  if (end === null) {
    if (calls === 0 && !journal.some((_entry, at) => isOpenWait(journal, at))) throw stalled(name, run);
    return givenUp(journal, maxAttempts).length > 0 ? "attention" : "running";
  }
  if (end.kind === "threw" && !isOfTheBusiness(end.error)) throw end.error;
  // What was begun is waited for: it may have to be undone.
  if (givenUp(journal, maxAttempts).length > 0) return "attention";
  if (calls > 0 || undoing.isAnswerOwed()) return end.kind === "returned" ? "running" : "compensating";
  // A child that it has not waited for is waited for now, as its steps are.
  if (end.kind === "returned") return journal.some((_entry, at) => isOpenChild(journal, at)) ? "running" : "completed";
  if (pivotWasDone(journal)) throw failedAfterPivot(name, run, end.error);
  if (undoing.cancelChildren() || undoing.begin()) return "compensating";
  return isCancelled(end.error) ? "cancelled" : "compensated";
}

function failedAfterPivot(workflow: string, run: string, cause: unknown): EvenkeelError {
  return new EvenkeelError(
    "WORKFLOW_FAILED_AFTER_PIVOT",
    `Run '${run}' of workflow '${workflow}' failed after its pivot, where nothing is undone (${String(cause)}): correct the code so that it goes on, then redrive.`,
    { details: { workflow, run }, cause },
  );
}
