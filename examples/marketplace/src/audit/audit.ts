// The audit after a run: every invariant, over everything that was stored and over the provider's own ledger, in one transaction.
// It refuses to repair anything, and to pass on half a ledger.
import type { LedgerEntry } from "../provider/contract.ts";
import type { Marketplace } from "../run/openMarketplace.ts";
import type { Sql } from "../run/tables.ts";
import { checks, LEDGER_TABLE } from "./checks.ts";
import { REPLAYS, replayCheck } from "./replayCheck.ts";

export interface Violation {
  readonly invariant: string;
  /** The order, return, SKU or call at fault. */
  readonly key: string;
  readonly what: string;
}

export interface AuditReport {
  /** How many things each invariant was checked on. */
  readonly checked: Readonly<Record<string, number>>;
  /** At most `MOST_VIOLATIONS` per invariant. */
  readonly violations: readonly Violation[];
}

export const MOST_VIOLATIONS = 100;
const LINES_PER_INSERT = 1_000;

/** @param ledger what the provider did, from `readLedger` */
export async function audit(app: Marketplace, schema: string, ledger: AsyncIterable<LedgerEntry>): Promise<AuditReport> {
  return app.transaction(async (sql) => {
    await loadLedger(sql, ledger);
    const checked: Record<string, number> = {};
    const violations: Violation[] = [];
    for (const { invariant, count, violations: query } of checks(schema)) {
      const [row] = await sql.query(count);
      checked[invariant] = Number(Object.values(row ?? {})[0] ?? 0);
      for (const found of await sql.query(`${query} limit ${MOST_VIOLATIONS}`)) violations.push({ invariant, key: String(found["key"]), what: String(found["what"]) });
    }
    const replayed = await replayCheck(sql, schema);
    checked[REPLAYS] = replayed.checked;
    violations.push(...replayed.violations.slice(0, MOST_VIOLATIONS));
    return { checked, violations };
  });
}

async function loadLedger(sql: Sql, ledger: AsyncIterable<LedgerEntry>): Promise<void> {
  await sql.query(LEDGER_TABLE);
  let lines: object[] = [];
  const flush = async (): Promise<void> => {
    await sql.query("insert into ledger select kind, key, order_id, pence from json_to_recordset($1) as l(kind text, key text, order_id text, pence bigint)", [JSON.stringify(lines)]);
    lines = [];
  };
  for await (const entry of ledger) {
    const orderId = entry.kind === "captured" ? entry.orderId : entry.chargeKey.slice(0, entry.chargeKey.lastIndexOf("/"));
    lines.push({ kind: entry.kind, key: entry.key, order_id: orderId, pence: entry.pence });
    if (lines.length >= LINES_PER_INSERT) await flush();
  }
  if (lines.length > 0) await flush();
  await sql.query("analyze ledger");
}
