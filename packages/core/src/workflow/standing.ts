// Where a run stands, read from its journal alone: what is settled, what is still open, how often it was tried. Nothing here changes anything.
import type { Entry, StepEnd } from "./journal.ts";

export type Journal = readonly Entry[];

/** A request or an undo that is a call. */
export interface OpenCall { readonly at: number; readonly operation: string; readonly key: string; readonly mustSucceed: boolean }

export function isSettled(journal: Journal, at: number): boolean {
  return journal.some((entry) => entry.kind === "settled" && entry.of === at);
}

export function wasCancelled(journal: Journal): boolean {
  return journal.some((entry) => entry.kind === "cancelled");
}

/** Whether the run waits for something else than a call at this place. */
export function isOpenWait(journal: Journal, at: number): boolean {
  const entry = journal[at];
  if (entry?.kind !== "requested") return false;
  const waits = entry.what === "sleep" || entry.what === "wait" || entry.what === "ask" || entry.what === "callback" || entry.what === "child";
  return waits && !isSettled(journal, at) && !wasCancelled(journal);
}

/** Whether a child run has not ended, also when its parent no longer waits for its result. */
export function isOpenChild(journal: Journal, at: number): boolean {
  const entry = journal[at];
  return entry?.kind === "requested" && entry.what === "child" && !isSettled(journal, at);
}

export function openCalls(journal: Journal): OpenCall[] {
  const open: OpenCall[] = [];
  for (const [at, entry] of journal.entries()) {
    if (entry.kind !== "undo" && (entry.kind !== "requested" || entry.what !== "step")) continue;
    const { operation, key } = entry;
    if (!isSettled(journal, at)) open.push({ at, operation, key, mustSucceed: entry.kind === "undo" || entry.type === "retriable" });
  }
  return open;
}

/** Failed attempts of what must succeed, since a person last had it tried again. */
export function attempts(journal: Journal, of: number): number {
  const since = journal.findLastIndex((entry) => entry.kind === "retried" && entry.of === of);
  return journal.filter((entry, at) => at > since && entry.kind === "again" && entry.of === of).length;
}

/** How the last failed attempt ended, since a person last had it tried again. */
export function lastAttempt(journal: Journal, of: number): StepEnd | null {
  const since = journal.findLastIndex((entry) => entry.kind === "retried" && entry.of === of);
  const last = journal.findLastIndex((entry) => entry.kind === "again" && entry.of === of);
  const entry = last > since ? journal[last] : undefined;
  return entry?.kind === "again" ? entry.end : null;
}

/** After how many failed attempts a person must look. */
export function limitOf(entry: Entry | undefined, maxAttempts: number): number {
  // A message is not lost on its way: sent once more it would be handled twice. So nobody sends it again but a person.
  return entry?.kind === "undoAsk" ? 1 : maxAttempts;
}

/** What must succeed, has not, and was given up until a person says otherwise. */
export function givenUp(journal: Journal, maxAttempts: number): number[] {
  return [...journal.keys()].filter((at) => {
    const entry = journal[at];
    const must = entry?.kind === "undo" || entry?.kind === "undoAsk" || (entry?.kind === "requested" && entry.what === "step" && entry.type === "retriable");
    return must && !isSettled(journal, at) && attempts(journal, at) >= limitOf(entry, maxAttempts);
  });
}

/** Whether the pivot was done, or may have been: it was requested, and has not failed. */
export function pivotMayStand(journal: Journal): boolean {
  const pivot = pivotOf(journal);
  return pivot !== -1 && !journal.some((entry) => entry.kind === "settled" && entry.of === pivot && entry.end.kind !== "ok");
}

/** Whether the run has decided: its pivot was done. */
export function pivotWasDone(journal: Journal): boolean {
  const pivot = pivotOf(journal);
  return pivot !== -1 && journal.some((entry) => entry.kind === "settled" && entry.of === pivot && entry.end.kind === "ok");
}

/** The place of the pivot, or -1. */
function pivotOf(journal: Journal): number {
  return journal.findIndex((entry) => entry.kind === "requested" && entry.what === "step" && entry.type === "pivot");
}
