// Steps whose calls have no row: their journal alone tells of them, so a new owner of their run must hear of it.
import { openPlaces, wasBegunAgain, type Journal } from "./standing.ts";

/** The places of steps whose call was begun without a row, and is neither over nor goes on with one. Whoever tries again does so with a row. */
export function openUnrecorded(journal: Journal): readonly number[] {
  return openPlaces(journal).filter((at) => !hasRow(journal, at));
}

function hasRow(journal: Journal, at: number): boolean {
  const entry = journal[at];
  return entry?.kind !== "requested" || entry.what !== "step" || entry.unrecorded === undefined || wasBegunAgain(journal, at);
}
