// What must hold of undoing: in reverse, one after the other, once, all of it where a run gave up, and nothing once its pivot took effect. Each
// is asked of one run, by its journal and by what the provider did.
import { callsOf, type CheckedRun, type RunCall } from "./run-calls.ts";
import type { WorkflowView } from "./workflow-world.ts";

/** Steps that can be undone and took effect, in the order in which they ended. */
export function toUndo(view: WorkflowView, run: CheckedRun): readonly RunCall[] {
  return callsOf(run.journal).filter((call) => call.type === "compensatable" && view.applied(run, call) > 0).sort((a, b) => a.endedAt - b.endedAt);
}

export function gaveUp({ status }: CheckedRun): boolean {
  return status === "compensated" || status === "cancelled";
}

function undosOf(run: CheckedRun, { at }: RunCall): readonly RunCall[] {
  return callsOf(run.journal).filter(({ of }) => of === at);
}

/** Whether some undo of this run took effect. */
export function undoesSomething(view: WorkflowView, run: CheckedRun): boolean {
  return callsOf(run.journal).some((call) => call.type === "undo" && view.applied(run, call) > 0);
}

/** All that a run did that gave up is undone, each by one undo that took effect once. */
export function isUndone(view: WorkflowView, run: CheckedRun): boolean {
  return toUndo(view, run).every((step) => {
    const undos = undosOf(run, step);
    return undos.length === 1 && undos.every((undo) => view.applied(run, undo) === 1);
  });
}

/** What is undone by now is what was done last, and no undo began before the one before it had ended. */
export function isInReverse(view: WorkflowView, run: CheckedRun): boolean {
  const undone = toUndo(view, run).map((step) => undosOf(run, step).some((undo) => view.applied(run, undo) > 0));
  const first = undone.indexOf(true);
  if (first !== -1 && undone.slice(first).includes(false)) return false;
  const { journal } = run;
  let before = Infinity;
  for (const [at, entry] of journal.entries()) {
    if (entry.kind !== "undo" && entry.kind !== "undoAsk") continue;
    const doneAt = journal.findIndex((one) => one.kind === "settled" && one.of === entry.of);
    if (doneAt === -1 || doneAt > before) return false;
    before = doneAt;
    const isOpen = (earlier: number): boolean => !journal.slice(0, at).some((one) => one.kind === "settled" && one.of === earlier);
    if (journal.slice(0, at).some((one, earlier) => (one.kind === "undo" || one.kind === "undoAsk") && isOpen(earlier))) return false;
  }
  return true;
}

/** Whether the run's pivot took effect: from there on it stands. */
export function isPastPivot(view: WorkflowView, run: CheckedRun): boolean {
  return callsOf(run.journal).some((call) => call.type === "pivot" && view.applied(run, call) > 0);
}

export function undoesNothing(view: WorkflowView, run: CheckedRun): boolean {
  return !gaveUp(run) && run.status !== "compensating" && !run.journal.some(({ kind }) => kind === "undo" || kind === "undoAsk");
}

/** Every step that must succeed has, or a person sees that it has not. */
export function isCarriedOut(view: WorkflowView, run: CheckedRun): boolean {
  return view.isBeforeAPerson(run)
    || callsOf(run.journal).every((call) => call.type !== "retriable" || (call.end?.kind === "ok" && view.applied(run, call) > 0));
}
