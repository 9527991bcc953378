// Ends of calls, as their runner offers them to a commit of the service's messages: plain data, without a word on what becomes of them.
import type { CallUpdate, Fence } from "../spi/store.ts";

export interface CallEnds {
  /** The ownership that they rest on. */
  readonly fences: readonly Fence[];
  readonly updates: readonly CallUpdate[];
  /** Calls that end here and whose outcomes may be handled in the same commit. */
  readonly direct: ReadonlySet<string>;
  /** Calls without a row: nothing is removed, and an outcome that is appended is a message of the commit. */
  readonly unrecorded: ReadonlySet<string>;
}
