// Declared SQL without a database: a statement runs only if a stand-in is registered under its name. It never pretends that an
// unknown statement succeeded.
import type { SqlRun } from "../message/changes.ts";
import type { Statements } from "./memory-state.ts";

/** Runs the statements in order; null when all changed the rows they should. */
export function runStatements(
  statements: Statements, runs: readonly SqlRun[],
): { readonly ordinal: number; readonly reason: string } | null {
  for (const [ordinal, run] of runs.entries()) {
    const statement = Object.hasOwn(statements, run.name) ? statements[run.name] : undefined;
    if (statement === undefined) {
      const what = `The in-memory store has no stand-in for the statement '${run.name}'`;
      return { ordinal, reason: `${what}: give memoryStore one in 'statements', or use a database.` };
    }
    let rows: number;
    try {
      rows = statement(run.values);
    } catch (error) {
      return { ordinal, reason: `The statement '${run.name}' failed: ${error instanceof Error ? error.message : String(error)}` };
    }
    if (run.rows !== null && run.rows !== rows) {
      return { ordinal, reason: `The statement '${run.name}' changed ${String(rows)} rows instead of ${String(run.rows)}.` };
    }
  }
  return null;
}
