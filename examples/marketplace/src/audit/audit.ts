// The audit after a run: every invariant, over everything that was stored and over the provider's own ledger, in one transaction.
// It refuses to repair anything, and to pass on half a ledger.
import type { LedgerEntry } from "../provider/contract.ts";
import type { Style } from "../marketplace.ts";
import type { Database, Sql } from "../run/tables.ts";
import { auditedTables, checksOf, LEDGER_TABLE, sources } from "./checks.ts";
import { REPLAYS, replayCheck } from "./replayCheck.ts";
import type { Violation } from "./violation.ts";

export interface AuditReport {
  /** How many things each invariant was checked on. */
  readonly checked: Readonly<Record<string, number>>;
  /** At most `MOST_VIOLATIONS` per invariant. */
  readonly violations: readonly Violation[];
}

const MOST_VIOLATIONS = 100;
const LINES_PER_INSERT = 1_000;

/** The shop's tenant: the audit looks at one. */
const TENANT = "default";

/** @param ledger what the provider did, from `readLedger` */
export async function audit(database: Database, schema: string, style: Style, ledger: AsyncIterable<LedgerEntry>): Promise<AuditReport> {
  return database.transaction(async (sql) => {
    await loadLedger(sql, ledger);
    // A run is over before autovacuum has counted anything, and plans made without counts join in loops.
    for (const table of auditedTables(schema, style)) await sql.query(`analyze ${table}`);
    const checked: Record<string, number> = {};
    const violations: Violation[] = [];
    const read = sources(schema, style, TENANT);
    for (const { invariant, count, violations: query } of checksOf(style)) {
      const [row] = await sql.query(`${read} ${count}`);
      checked[invariant] = Number(Object.values(row ?? {})[0] ?? 0);
      for (const found of await sql.query(`${read} ${query} limit ${MOST_VIOLATIONS}`)) {
        violations.push({ invariant, key: String(found["key"]), what: String(found["what"]) });
      }
    }
    const replayed = await replayCheck(sql, style, read);
    checked[REPLAYS] = replayed.checked;
    violations.push(...replayed.violations.slice(0, MOST_VIOLATIONS));
    return { checked, violations };
  });
}

async function loadLedger(sql: Sql, ledger: AsyncIterable<LedgerEntry>): Promise<void> {
  await sql.query(LEDGER_TABLE);
  let lines: object[] = [];
  const flush = async (): Promise<void> => {
    const rows = "json_to_recordset($1) as l(kind text, key text, order_id text, pence bigint)";
    await sql.query(`insert into ledger select kind, key, order_id, pence from ${rows}`, [JSON.stringify(lines)]);
    lines = [];
  };
  for await (const entry of ledger) {
    // Every key of the shop begins with its tenant and the order: other tenants are not looked at.
    const [tenant, orderId] = entry.key.split("/");
    if (tenant !== TENANT) continue;
    lines.push({ kind: entry.kind, key: entry.key, order_id: orderId, pence: entry.pence });
    if (lines.length >= LINES_PER_INSERT) await flush();
  }
  if (lines.length > 0) await flush();
  await sql.query("analyze ledger");
}
