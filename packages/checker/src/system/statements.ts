// Declared SQL under check: twins that keep their tables as a value of the world. A statement without a twin is opaque: it is taken to
// succeed, and the report says so.
import type { Cell, World } from "./cell.ts";
import type { Effects } from "./contents.ts";

/** What a twin makes of one run: the tables as they are then, and how many rows it changed. Throws what the database would refuse. */
export type Twin = (tables: unknown, values: readonly (string | null)[]) => { readonly tables: unknown; readonly rows: number };

export interface Twins {
  readonly cell: Cell<unknown>;
  /** What the tables hold before anything has run. */
  readonly initial: unknown;
  readonly byName: ReadonlyMap<string, Twin>;
  /** Statements that were run and have none. */
  readonly opaque: Set<string>;
}

/** Runs the statements of one message in the world that is being made. Returns why the commit is refused, or null. */
export function runStatements({ cell, initial, byName, opaque }: Twins, next: World, statements: Effects["statements"]): string | null {
  let tables = cell.in(next) ?? initial;
  for (const { name, values, rows } of statements) {
    const twin = byName.get(name);
    if (twin === undefined) {
      opaque.add(name);
      continue;
    }
    try {
      const done = twin(tables, values);
      if (rows !== null && rows !== done.rows) return `The statement '${name}' changed ${String(done.rows)} rows instead of ${String(rows)}.`;
      tables = done.tables;
    } catch (error) {
      return `The statement '${name}' failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  if (byName.size === 0) return null;
  const kept = tables;
  next.set(cell, cell.number(JSON.stringify(kept), () => kept));
  return null;
}
