// Where a run stands, read from its journal alone: what is settled, what is still open, how often it was tried. Nothing here changes anything.
import type { Entry } from "./journal.ts";

type Journal = readonly Entry[];

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

/** The place of the pivot, or -1. */
export function pivotOf(journal: Journal): number {
  return journal.findIndex((entry) => entry.kind === "requested" && entry.what === "step" && entry.type === "pivot");
}
