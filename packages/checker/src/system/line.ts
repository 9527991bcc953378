// The calls of one routing key in order, as contents of a cell; or one call, where those of a key go at the same time.
import type { NewCall } from "@evenkeel/core/engine";
import { NOTHING } from "./cell.ts";
import type { CallRow, Line, LineCell } from "./contents.ts";

export function rowOf(row: Omit<CallRow, "content">): CallRow {
  const { call, stimulus, state, attempts, isCrashed } = row;
  const content = [
    call.id, call.operation, call.callKey, call.input, call.causationId, call.correlationId, String(stimulus), state, String(attempts), String(isCrashed),
  ].join("\u0000");
  return { ...row, content };
}

/** What tells apart the lines of one routing key where each call has its own: two calls under one business key join. */
export function ownLineOf({ operation, callKey }: Pick<NewCall, "operation" | "callKey">): string {
  return `${operation}\u0000${callKey}`;
}

/** A row that stands differently. */
export function changed(row: CallRow, change: Partial<Pick<CallRow, "state" | "attempts" | "isCrashed">>): CallRow {
  const { content: _content, ...rest } = row;
  return rowOf({ ...rest, ...change });
}

/** The number of these calls in their cell. */
export function lineOf(cell: LineCell, rows: Line): number {
  return rows.length === 0 ? NOTHING : cell.number(rows.map((row) => row.content).join("\u0002"), () => rows);
}
