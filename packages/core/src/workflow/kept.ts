// A value as a journal keeps it: what comes back from storage. A function is given nothing else, so that what it sees, and what it may change,
// is the same at its first run and at every replay.
import { valueOf } from "../decide/documents.ts";

/** The value as plain JSON, frozen: nobody changes it behind the journal. */
export function kept<T extends object>(value: T): T {
  return valueOf({ version: null, body: JSON.stringify(value) }) as T;
}
