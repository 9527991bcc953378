// Shared breakers in SQL: a row per operation, changed by one statement that holds only for who knows its version; resets by operators with
// their audit trail. Times are the database's.
import type { BreakerChange, BreakerChanged, BreakerEntry, BreakerReset, BreakerRow } from "@evenkeel/core/spi";
import { number, storeError, text, type Row } from "./connection.ts";
import type { Scope } from "./scope.ts";

// Rounded up: who comes when it is over must not come too early.
export const UNTIL = "ceil(extract(epoch from until - clock_timestamp()) * 1000)";
const ROW = `operation, phase, version, ${UNTIL}, prober`;
const IN = "clock_timestamp() + $4::float8 * interval '1 millisecond'";

/** What each change sets, and where it is allowed. $1 operation, $2 version, $3 who, $4 for how long, where it says so. */
const CHANGES: Readonly<Record<BreakerChange["kind"], { readonly set: string; readonly where: string }>> = {
  open: {
    set: `phase = 'open', until = ${IN}, prober = null, opened = opened + 1, since = case when phase = 'closed' then clock_timestamp() else since end`,
    where: "(phase = 'closed' or prober = $3)",
  },
  probe: { set: `phase = 'halfOpen', until = ${IN}, prober = $3`, where: "phase <> 'closed' and (until <= clock_timestamp() or prober = $3)" },
  close: { set: "phase = 'closed', until = null, prober = null, since = clock_timestamp()", where: "prober = $3" },
  release: { set: "phase = 'open', until = clock_timestamp(), prober = null", where: "prober = $3" },
};

export async function changeBreaker({ s, database }: Scope, change: BreakerChange): Promise<BreakerChanged> {
  const { operation, version, kind, forMs, by } = change;
  const { set, where } = CHANGES[kind];
  const timed = kind === "open" || kind === "probe";
  const statement = kind === "open" && version === 0
    ? `insert into ${s}.breaker (operation, phase, version, since, until, opened, resets, reporter)
       values ($1, 'open', $2::bigint + 1, clock_timestamp(), ${IN}, 1, 0, $3) on conflict do nothing returning ${ROW}`
    : `update ${s}.breaker set ${set}, version = version + 1, reporter = $3 where operation = $1 and version = $2 and ${where} returning ${ROW}`;
  try {
    const [changed] = await database.query(statement, [operation, version, by, ...(timed ? [forMs] : [])]);
    if (changed !== undefined) return { applied: true, row: rowOf(changed) };
    const [found] = await database.query(`select ${ROW} from ${s}.breaker where operation = $1`, [operation]);
    return { applied: false, row: found === undefined ? { operation, phase: "closed", version: 0, untilInMs: null, prober: null } : rowOf(found) };
  } catch (error) {
    throw storeError(error, "changing a shared breaker");
  }
}

export async function listBreakers({ s, database }: Scope): Promise<readonly BreakerEntry[]> {
  try {
    const rows = await database.query(
      `select ${ROW}, round(extract(epoch from since) * 1000), opened, resets, reporter from ${s}.breaker order by operation collate "C"`,
    );
    return rows.map((row) => ({ ...rowOf(row), since: number(row[5]), opened: number(row[6]), resets: number(row[7]), reporter: text(row[8]) }));
  } catch (error) {
    throw storeError(error, "listing the shared breakers");
  }
}

/** By the row's lock, what it was is exact. A reset whose answer got lost may be repeated: then it is recorded twice. */
export async function resetBreaker({ s, database }: Scope, reset: Pick<BreakerReset, "operation" | "actor" | "note">): Promise<BreakerReset | null> {
  const { operation } = reset;
  const actor = clean(reset.actor);
  const note = clean(reset.note);
  try {
    return await database.session(async (client) => {
      await client.query("begin");
      const [found] = await client.query(`select phase from ${s}.breaker where operation = $1 for update`, [operation]);
      if (found === undefined) {
        await client.query("rollback");
        return null;
      }
      await client.query(
        `
        update ${s}.breaker set phase = 'closed', until = null, prober = null, version = version + 1, resets = resets + 1, reporter = $2,
          since = case when phase = 'closed' then since else clock_timestamp() end
        where operation = $1`,
        [operation, actor],
      );
      const [made] = await client.query(
        `insert into ${s}.breaker_reset (operation, was, actor, note) values ($1, $2, $3, $4) returning id, round(extract(epoch from reset_at) * 1000)`,
        [operation, found[0], actor, note],
      );
      await client.query("commit");
      return { id: number(made?.[0]), operation, was: phaseOf(found[0]), actor, note, resetAt: number(made?.[1]) };
    });
  } catch (error) {
    throw storeError(error, "resetting a shared breaker");
  }
}

export async function breakerResets(
  { s, database }: Scope, { operation, limit }: { readonly operation?: string; readonly limit: number },
): Promise<readonly BreakerReset[]> {
  try {
    const rows = await database.query(
      `
      select id, operation, was, actor, note, round(extract(epoch from reset_at) * 1000) from ${s}.breaker_reset
      where $1::text is null or operation = $1 order by id desc limit $2`,
      [operation ?? null, limit],
    );
    return rows.map((row) => ({
      id: number(row[0]), operation: text(row[1]), was: phaseOf(row[2]), actor: text(row[3]), note: text(row[4]), resetAt: number(row[5]),
    }));
  } catch (error) {
    throw storeError(error, "reading the resets of shared breakers");
  }
}

/** Of the columns operation, phase, version, milliseconds until, prober. */
export function rowOf(row: Row): BreakerRow {
  return {
    operation: text(row[0]), phase: phaseOf(row[1]), version: number(row[2]), untilInMs: row[3] == null ? null : Math.max(0, number(row[3])),
    prober: row[4] ?? null,
  };
}

function phaseOf(value: string | null | undefined): BreakerRow["phase"] {
  return value === "open" || value === "halfOpen" ? value : "closed";
}

/** What a person typed may hold what the database keeps in no text. */
function clean(typed: string): string {
  return typed.replaceAll("\u0000", "");
}
