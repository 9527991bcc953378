// What must hold of undoing: in reverse, one after the other, once, all of it where a run gave up, and nothing once its pivot took effect. Each
// is asked of one run, by its journal and by what the provider did.
import { callsOf, isSettled, type CheckedRun, type RunCall } from "./run-calls.ts";
import type { WorkflowView } from "./workflow-world.ts";

/** Steps that can be undone and took effect, in the order in which they ended. */
function toUndo(view: WorkflowView, run: CheckedRun): readonly RunCall[] {
  return callsOf(run.journal).filter((call) => call.type === "compensatable" && view.applied(run, call) > 0).sort((a, b) => a.endedAt - b.endedAt);
}

function gaveUp({ status }: CheckedRun): boolean {
  return status === "compensated" || status === "cancelled";
}

function undosOf(run: CheckedRun, { at }: RunCall): readonly RunCall[] {
  return callsOf(run.journal).filter(({ of }) => of === at);
}

/** Whether something of a run that gave up has been done: a step, or what it asked of a service and has asked to undo. */
export function hadToUndo(view: WorkflowView, run: CheckedRun): boolean {
  return gaveUp(run) && (toUndo(view, run).length > 0 || asksToUndo(run));
}

function asksToUndo({ journal }: CheckedRun): boolean {
  return journal.some(({ kind }) => kind === "undoAsk");
}

/** Whether some undo of this run took effect, or was asked of a service. */
export function undoesSomething(view: WorkflowView, run: CheckedRun): boolean {
  return asksToUndo(run) || callsOf(run.journal).some((call) => call.type === "undo" && view.applied(run, call) > 0);
}

/** All that a run did that gave up is undone, each by one undo that took effect once. */
export function isUndone(view: WorkflowView, run: CheckedRun): boolean {
  const { journal } = run;
  const asks = journal.flatMap((entry, at) => (entry.kind === "undoAsk" ? [{ of: entry.of, at }] : []));
  return toUndo(view, run).every((step) => {
    const undos = undosOf(run, step);
    return undos.length === 1 && undos.every((undo) => view.applied(run, undo) === 1);
  }) && asks.every(({ at }) => isSettled(journal, at)) && new Set(asks.map(({ of }) => of)).size === asks.length;
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

/** Nothing was asked to be undone, and nothing would have had to be. */
export function undoesNothing(view: WorkflowView, run: CheckedRun): boolean {
  return !hadToUndo(view, run) && !run.journal.some(({ kind }) => kind === "undo" || kind === "undoAsk");
}

/** Nothing was asked to be undone, and the run has not ended as if it had been. One that failed beside its pivot may yet say that it compensates. */
export function stands(view: WorkflowView, run: CheckedRun): boolean {
  return undoesNothing(view, run) && !gaveUp(run);
}

/** Every step that must succeed has, or a person sees that it has not. */
export function isCarriedOut(view: WorkflowView, run: CheckedRun): boolean {
  return view.isBeforeAPerson(run)
    || callsOf(run.journal).every((call) => call.type !== "retriable" || (call.end?.kind === "ok" && view.applied(run, call) > 0));
}
