// The log's segments: created ahead of the appends, closed when they are full, dropped when they are old and nobody needs them. Nothing
// here makes an append or a read wait, whatever another session has read and holds.
import { text, type Sql } from "./connection.ts";
import { holdersGone } from "./holders.ts";
import type { Retention } from "./retention.ts";
import type { Scope } from "./scope.ts";

/** How long transactions that use the log are waited for before a detach; a later look tries again. */
const PATIENCE_MS = 300;
/** A detach waits without holding anything; one that was interrupted holds its segment while it waits, so it is given up sooner. */
const DETACH_MS = { concurrently: 5_000, finalize: 100 } as const;

/**
 * Creates the segments that the next appends need, two ahead. Safe to run side by side.
 *
 * @param ahead how many rows the append has that found no segment.
 */
export async function ensureSegments(scope: Scope, ahead = 0, sql: Sql = scope.database): Promise<void> {
  await sql.query(`select ${scope.s}.ensure_segments_1($1, $2)`, [scope.segmentLength, ahead]);
}

/** Records when a segment was first seen full: its retention begins then. */
export async function closeSegments({ s, database }: Scope): Promise<void> {
  await database.patient.query(`
    update ${s}.segment set closed_at = clock_timestamp()
    where closed_at is null and to_position <= coalesce(pg_sequence_last_value('${s}.log_position'), 0)`);
}

/** Drops the oldest segment, if it is old enough and wholly behind every group's progress in every partition. */
export async function dropSegment(scope: Scope, { logMs }: Pick<Retention, "logMs">): Promise<void> {
  const { s } = scope;
  const database = scope.database.patient;
  const [oldest] = await database.query(`
    select name, closed_at < now() - $1 * interval '1 millisecond' from ${s}.segment order by from_position limit 1`, [logMs]);
  if (oldest?.[1] !== "t") return;
  const name = text(oldest[0]);
  const state = await attachment(scope, name);
  if (state !== "detached") {
    // An append that drew its positions while the segment was open has ended now: whatever will ever stand in it can be seen below.
    if (!(await holdersGone(scope, [`${s}.log`, `${s}."${name}"`], PATIENCE_MS))) {
      scope.log("debug", "segment.drop-postponed", { segment: name, reason: "a transaction that has used the log is still open" });
      return;
    }
    if (await isNeeded(scope, name)) return;
    if (!(await detach(scope, name, state === "pending" ? "finalize" : "concurrently"))) return;
  }
  await database.query(`drop table if exists ${s}."${name}"`);
  await database.query(`delete from ${s}.segment where name = $1`, [name]);
  scope.log("info", "segment.dropped", { segment: name });
}

/** Does a group have messages of this segment before it? */
async function isNeeded(scope: Scope, name: string): Promise<boolean> {
  const { s, partitions } = scope;
  const database = scope.database.patient;
  const [row] = await database.query(`
    select exists (
      select 1 from ${s}.segment seg cross join ${s}.consumer_group g cross join generate_series(0, $2::int - 1) p
      cross join lateral (
        select coalesce((select r.to_position from ${s}.progress r where r.consumer_group = g.number and r.partition = p order by r.from_position desc limit 1), 0) as position) reached
      where seg.name = $1 and cardinality(g.names) > 0 and reached.position < seg.to_position
        and exists (
          select 1 from ${s}.log l where l.partition = p and l.position >= seg.from_position and l.position <= seg.to_position
            and l.position > reached.position and l.name = any(g.names)))`, [name, partitions]);
  return row?.[0] === "t";
}

async function attachment({ s, database }: Scope, name: string): Promise<"attached" | "pending" | "detached"> {
  const [row] = await database.query(`select inhdetachpending from pg_inherits where inhrelid = to_regclass($1)`, [`${s}."${name}"`]);
  if (row === undefined) return "detached";
  return row[0] === "t" ? "pending" : "attached";
}

/**
 * Only DETACH CONCURRENTLY never waits with a lock that others need, and it may not run in a transaction block; so its time cannot be
 * bounded by a setting without touching the session, which behind a pooler is not ours. It is cancelled instead, by its text.
 */
async function detach(scope: Scope, name: string, how: "concurrently" | "finalize"): Promise<boolean> {
  const { s } = scope;
  const database = scope.database.patient;
  const statement = `alter table ${s}.log detach partition ${s}."${name}" ${how}`;
  const timer = setTimeout(() => {
    database.query("select pg_cancel_backend(pid) from pg_stat_activity where query = $1 and state = 'active' and pid <> pg_backend_pid()", [statement])
      .catch(() => undefined); // the detach then ends when what it waits for ends
  }, DETACH_MS[how]);
  try {
    await database.session((client) => client.query(statement));
    return true;
  } catch (error) {
    // The next look tries again, and finishes what was begun.
    scope.log("debug", "segment.drop-postponed", { segment: name, reason: error instanceof Error ? error.message : String(error) });
    return false;
  } finally {
    clearTimeout(timer);
  }
}

