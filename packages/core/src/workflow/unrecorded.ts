// Steps whose calls have no row: their journal alone tells of them, so a new owner of their run must hear of it.
import type { Entry } from "./journal.ts";

/** The places of steps whose call was begun without a row, and is neither over nor goes on with one. Whoever tries again does so with a row. */
export function openUnrecorded(journal: readonly Entry[]): readonly number[] {
  const open = new Set<number>();
  for (const [at, entry] of journal.entries()) {
    if (entry.kind === "requested" && entry.what === "step" && entry.unrecorded !== undefined) open.add(at);
    else if (entry.kind === "settled" || entry.kind === "revived" || entry.kind === "again") open.delete(entry.of);
  }
  return [...open];
}
