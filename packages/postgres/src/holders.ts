// Who holds a table for long. Housekeeping asks before it asks for a lock: a request that has to wait makes everybody who comes later
// wait behind it, and a detach that is interrupted must be finished under harder conditions than it began.
import { text, type Sql } from "./connection.ts";

interface Readers { readonly database: Sql }

const LOOK_AGAIN_MS = 20;

/**
 * Resolves to true once every transaction that holds a lock on one of the tables now has ended, to false if one still lives after
 * `patienceMs`. Transactions that come later are not waited for. A virtual transaction id names a transaction to every role, also where
 * the role may not see whose it is or how old.
 */
export async function holdersGone(scope: Readers, tables: readonly string[], patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  let before = await holders(scope, tables);
  while (before.size > 0) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    const now = await holders(scope, tables);
    before = new Set([...before].filter((one) => now.has(one)));
  }
  return true;
}

async function holders(scope: Readers, tables: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await scope.database.query(`
    select distinct virtualtransaction from pg_locks
    where locktype = 'relation' and granted and database = (select oid from pg_database where datname = current_database())
      and relation = any(array(select to_regclass(u)::oid from unnest($1::text[]) u)) and pid is distinct from pg_backend_pid()`, [[...tables]]);
  return new Set(rows.map((row) => text(row[0])));
}
