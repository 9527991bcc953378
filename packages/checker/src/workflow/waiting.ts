// Whether a run that has not ended, where nothing can happen any more, shows why: it waits for something that the outside may never send, for a
// run or a service that waits itself, or for a person. Timers have all fired there, so that whatever had a deadline is over.
import type { Entry } from "@evenkeel/core";
import { isAwaited } from "@evenkeel/core/engine";
import { hasEnded, isSettled, type CheckedRun } from "./run-calls.ts";
import type { WorkflowView } from "./workflow-world.ts";

export function showsWhatItWaitsFor(view: WorkflowView, run: CheckedRun): boolean {
  if (hasEnded(run) || run.status === "awaited" || view.isBeforeAPerson(run)) return true;
  const { journal } = run;
  const isCancelled = journal.some(({ kind }) => kind === "cancelled");
  const open = journal.filter((entry, at) => isOpen(entry, isCancelled) && !isSettled(journal, at));
  return open.length > 0 && open.every((entry) => mayStayOpen(view, run, entry, journal.indexOf(entry)));
}

function isOpen(entry: Entry, isCancelled: boolean): boolean {
  if (entry.kind === "undo" || entry.kind === "undoAsk") return true;
  if (entry.kind !== "requested") return false;
  switch (entry.what) {
    case "step":
    case "child": return true;
    // A run that is being cancelled waits for none of these; a request that can be undone is waited for, and says so by what it is told.
    case "ask":
    case "sleep":
    case "wait":
    case "callback": return !isCancelled;
    default: return false;
  }
}

function mayStayOpen(view: WorkflowView, run: CheckedRun, entry: Entry, at: number): boolean {
  if (entry.kind === "undoAsk") return view.someoneMustLook;
  if (entry.kind !== "requested") return false;
  const { key, tenant, inbox } = run;
  const othersWait = (): boolean => view.someoneMustLook || view.runs.some((one) => one.key !== key && !hasEnded(one));
  switch (entry.what) {
    // Where it is known at every other key by which its messages come, what comes there is forwarded to it.
    case "wait": {
      const isKnownAt = (other: string | null): boolean => other === null || view.waitsAt(other, run).some(({ request }) => request === at);
      const isKnown = view.someoneMustLook || (entry.keys ?? []).every(isKnownAt);
      return entry.until === null && isKnown && !inbox.some((message) => isAwaited(entry, message));
    }
    case "callback": return entry.until === null;
    case "ask": return entry.until === null && othersWait();
    case "child": return view.isUnderWay(entry.workflow, entry.id, tenant);
    default: return false;
  }
}
