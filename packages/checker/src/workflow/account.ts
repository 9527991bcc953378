// What must hold between a run's journal and the provider's record: an effect happens once, under the key of its step, and the run takes for
// done what was done and nothing else. Each answer is given once, and a run that has ended owes nothing.
import { callsOf, isSettled, type CheckedRun, type RunCall } from "./run-calls.ts";
import type { WorkflowView } from "./workflow-world.ts";

export function hasEffects(view: WorkflowView, run: CheckedRun): boolean {
  return callsOf(run.journal).some((call) => view.applied(run, call) > 0);
}

/** What the run takes for done was done once, and what it takes for failed was not done. */
export function isTrue(view: WorkflowView, run: CheckedRun): boolean {
  return callsOf(run.journal).every((call) => {
    const applied = view.applied(run, call);
    return call.end === null || call.end.kind === "lapsed" ? applied <= 1 : applied === (call.end.kind === "ok" ? 1 : 0);
  });
}

/**
 * No effect of a run that its journal does not know of: none under a key that is made as the keys of its steps are, and none that was asked for in
 * its place (under its routing key) and is the same as one of its steps but for the key.
 */
export function knowsItsEffects(view: WorkflowView, run: CheckedRun): boolean {
  const known = view.runs.flatMap((one) => callsOf(one.journal).map((call) => idOf(one, call.operation, call.key)));
  const ids = new Set(known);
  const own = callsOf(run.journal).filter(({ type }) => type !== "readonly");
  const effects = view.effects().filter(({ effect }) => effect.tenant === run.tenant);
  const isOwn = (operation: string, key: string, call: RunCall): boolean => call.operation === operation && call.key === key;
  const done = effects.filter(({ operation, effect }) => own.some((call) => isOwn(operation, effect.key, call)));
  return effects.every(({ operation, effect }) => {
    if (ids.has(idOf(run, operation, effect.key))) return true;
    if (effect.key.startsWith(view.ownKeys(run))) return false;
    // What it did before it began anew may be done again.
    if (effect.routingKey !== run.key || run.generation > 0) return true;
    return !done.some((one) => one.operation === operation && JSON.stringify(one.effect.input) === JSON.stringify(effect.input));
  });
}

function idOf({ tenant }: CheckedRun, operation: string, key: string): string {
  return `${tenant}\u0000${operation}\u0000${key}`;
}

export function wasAnswered({ journal }: CheckedRun): boolean {
  return journal.some(({ kind }) => kind === "settled");
}

/** Steps, waits, callbacks, children and undos have one end each, and nothing is undone twice. */
export function isAnsweredOnce({ journal }: CheckedRun): boolean {
  const ends = journal.flatMap((entry) => (entry.kind === "settled" ? [entry.of] : []));
  const undos = journal.flatMap((entry) => (entry.kind === "undo" || entry.kind === "undoAsk" ? [entry.of] : []));
  return new Set(ends).size === ends.length && new Set(undos).size === undos.length;
}

/** No call, timer, undo or child of a run that has ended is under way, nothing is kept for it, and at rest no other key knows it any more. */
export function owesNothing(view: WorkflowView, run: CheckedRun): boolean {
  const { journal, inbox } = run;
  const isOpen = (at: number): boolean => {
    const entry = journal[at];
    const isOwed = entry?.kind === "undo" || entry?.kind === "undoAsk" || (entry?.kind === "requested" && (entry.what === "step" || entry.what === "child"));
    return isOwed && !isSettled(journal, at);
  };
  const isLeft = !view.facts.isQuiet || view.someoneMustLook || view.waitsAt(null, run).length === 0;
  return isLeft && !journal.some((_entry, at) => isOpen(at)) && view.calls(run).length === 0 && !view.hasTimer(run) && inbox.length === 0;
}
