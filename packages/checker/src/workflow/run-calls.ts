// What a run's journal says of its calls: its steps, their undos, and how each ended. It reads; what must hold of it stands in the invariants.
import type { Entry, RunStatus } from "@evenkeel/core";

/** A run as a check sees it: its document with its key. */
export interface CheckedRun {
  readonly key: string;
  readonly tenant: string;
  readonly status: RunStatus;
  /** How often it began anew: what it did before then is no longer in its journal. */
  readonly generation: number;
  readonly journal: readonly Entry[];
  readonly inbox: readonly { readonly name: string; readonly key?: string }[];
}

type Settled = Extract<Entry, { readonly kind: "settled" }>;

/** A call that a run made: a step, or the undo of one. */
export interface RunCall {
  /** Its place in the journal. */
  readonly at: number;
  readonly type: "compensatable" | "pivot" | "retriable" | "readonly" | "undo";
  readonly operation: string;
  readonly key: string;
  /** The place where its end stands; -1: it has none yet. */
  readonly endedAt: number;
  readonly end: Settled["end"] | null;
  /** Of an undo: the place of what it undoes. */
  readonly of: number | null;
}

/** In the order in which they were asked for. */
export function callsOf(journal: readonly Entry[]): readonly RunCall[] {
  return journal.flatMap((entry, at): readonly RunCall[] => {
    if (entry.kind !== "undo" && (entry.kind !== "requested" || entry.what !== "step")) return [];
    const { operation, key } = entry;
    const endedAt = journal.findIndex((one) => one.kind === "settled" && one.of === at);
    const ending = journal[endedAt];
    const end = ending?.kind === "settled" ? ending.end : null;
    return [{ at, type: entry.kind === "undo" ? "undo" : entry.type, operation, key, endedAt, end, of: entry.kind === "undo" ? entry.of : null }];
  });
}

export function isSettled(journal: readonly Entry[], at: number): boolean {
  return journal.some((entry) => entry.kind === "settled" && entry.of === at);
}

export function hasEnded({ status }: CheckedRun): boolean {
  return status === "completed" || status === "compensated" || status === "cancelled";
}
