// Where a run stands, read from its journal alone: what is settled, what is still open, how often it was tried. Nothing here changes anything.
import type { Entry, StepEnd } from "./journal.ts";

export type Journal = readonly Entry[];

/** A request or an undo that is a call. */
export interface OpenCall { readonly at: number; readonly operation: string; readonly key: string; readonly mustSucceed: boolean }

/** What was read of a journal so far: it only grows, and is asked after every entry. */
interface Index {
  /** Entries before this place were read. */
  read: number;
  readonly settled: Set<number>;
  /** Places of calls that are not settled, in order. */
  open: number[];
  /** Places of what was tried again or revived. */
  readonly again: Set<number>;
  cancelled: boolean;
}

/** By the array: whoever has another journal has another array, and none becomes shorter (see `Replay`). */
const indexes = new WeakMap<Journal, Index>();

function indexOf(journal: Journal): Index {
  let index = indexes.get(journal);
  if (index === undefined) {
    index = { read: 0, settled: new Set(), open: [], again: new Set(), cancelled: false };
    indexes.set(journal, index);
  }
  for (; index.read < journal.length; index.read++) readEntry(index, journal[index.read]);
  return index;
}

function readEntry(index: Index, entry: Entry | undefined): void {
  switch (entry?.kind) {
    case "settled":
      index.settled.add(entry.of);
      index.open = index.open.filter((at) => at !== entry.of);
      return;
    case "requested":
      if (entry.what === "step") index.open.push(index.read);
      return;
    case "undo":
      index.open.push(index.read);
      return;
    case "again": case "revived":
      index.again.add(entry.of);
      return;
    case "cancelled":
      index.cancelled = true;
      return;
    case "undoAsk": case "childCancelled": case "retried": case undefined:
      return;
  }
}

export function isSettled(journal: Journal, at: number): boolean {
  return indexOf(journal).settled.has(at);
}

export function wasCancelled(journal: Journal): boolean {
  return indexOf(journal).cancelled;
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

/** The places of calls that are not settled. */
export function openPlaces(journal: Journal): readonly number[] {
  return indexOf(journal).open;
}

export function openCalls(journal: Journal): OpenCall[] {
  return openPlaces(journal).flatMap((at) => {
    const entry = journal[at];
    if (entry?.kind !== "undo" && (entry?.kind !== "requested" || entry.what !== "step")) return [];
    const { operation, key } = entry;
    return [{ at, operation, key, mustSucceed: entry.kind === "undo" || entry.type === "retriable" }];
  });
}

/** Whether what was asked for there was tried again, or goes on with a row. */
export function wasBegunAgain(journal: Journal, at: number): boolean {
  return indexOf(journal).again.has(at);
}

/** Failed attempts of what must succeed, since a person last had it tried again. */
export function attempts(journal: Journal, of: number): number {
  if (!wasBegunAgain(journal, of)) return 0;
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
  if (indexOf(journal).again.size === 0) return [];
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
