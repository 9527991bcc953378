// Housekeeping by the owner of maintenance: segments ahead, old segments dropped, spent rows rotated out by TRUNCATE, door records expired.
// Every lock is asked for briefly and given up: a worker must never queue behind this.
import { number, run, text } from "./connection.ts";
import { ensureSegments } from "./log.ts";
import type { Scope } from "./scope.ts";
import type pg from "pg";

export interface Retention {
  /** How long a segment of the log stays after it was closed. */
  readonly logMs: number;
  /** How long the door remembers a publish. */
  readonly dedupeMs: number;
  /** Spent rows of progress, calls or timers that start a rotation. */
  readonly rotateRows: number;
}

export async function maintain(scope: Scope, retention: Retention): Promise<void> {
  await ensureSegments(scope);
  await closeSegments(scope);
  await dropSegments(scope, retention);
  for (const name of ["progress", "call", "timer"] as const) await rotate(scope, name, retention);
  await expireDoor(scope, retention);
}

async function closeSegments(scope: Scope): Promise<void> {
  const { s, database } = scope;
  await database.query(`update ${s}.segment set closed_at = clock_timestamp() where closed_at is null and to_position <= coalesce(pg_sequence_last_value('${s}.log_position'), 0)`);
}

/** Drops segments that are old enough and wholly behind every group's progress in every partition. */
async function dropSegments(scope: Scope, retention: Retention): Promise<void> {
  const { s, database } = scope;
  // Nearly always nothing is old enough: only then is it worth to look whether every group has passed it.
  const [old] = await database.query(`select 1 from ${s}.segment where closed_at < clock_timestamp() - $1 * interval '1 millisecond' limit 1`, [retention.logMs]);
  if (old === undefined) return;
  const rows = await database.query(`
    select name, detaching from ${s}.segment seg where closed_at < clock_timestamp() - $1 * interval '1 millisecond'
      and not exists (
        select 1 from ${s}.consumer_group g cross join generate_series(0, $2::int - 1) p
        where g.name not like '@%' and cardinality(g.names) > 0
          and exists (select 1 from ${s}.log l where l.partition = p and l.position between seg.from_position and seg.to_position and l.name = any(g.names)
            and l.position > coalesce((select r.to_position from ${s}.progress r where r.consumer_group = g.number and r.partition = p order by r.from_position desc limit 1), 0)))
    order by from_position limit 1`, [retention.logMs, scope.partitions]);
  const [segment] = rows;
  if (segment === undefined) return;
  const name = text(segment[0]);
  await database.session(async (client) => {
    await client.query("set lock_timeout = '100ms'");
    try {
      await detach(client, s, name);
      await client.query(`drop table if exists ${s}."${name}"`);
      await run(client, `delete from ${s}.segment where name = $1`, [name]);
    } catch (error) {
      // Somebody holds the log: the next look tries again, and finishes a detach that was begun.
      scope.log("debug", "segment.drop-postponed", { segment: name, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      await client.query("reset lock_timeout").catch(() => undefined);
    }
  });
}

async function detach(client: pg.ClientBase, s: string, name: string): Promise<void> {
  const [row] = await run(client, `select i.inhdetachpending from pg_inherits i where i.inhrelid = to_regclass($1)`, [`${s}."${name}"`]);
  if (row === undefined) return;
  // DETACH CONCURRENTLY cannot run in a transaction block, and only one may be pending.
  await client.query(`alter table ${s}.log detach partition ${s}."${name}" ${row[0] === "t" ? "finalize" : "concurrently"}`);
}

const KEY_OF = { progress: "(consumer_group, partition, from_position)", call: "sequence", timer: "timer" } as const;

/**
 * Copies the survivors of the active generation into the other one and truncates: deleted and superseded rows go at once, also while a
 * long-running snapshot keeps vacuum from touching them. TRUNCATE is not MVCC-safe, but nobody reads these tables under an old snapshot.
 */
async function rotate(scope: Scope, name: "progress" | "call" | "timer", retention: Retention): Promise<void> {
  const { s, database } = scope;
  const [size] = await database.query(`
    select g.active, c.relname, pg_relation_size(c.oid) / 8192 from ${s}.generation g join pg_class c on c.oid = to_regclass('${s}.${name}_' || g.active) where g.name = $1`, [name]);
  // About 60 rows a page for progress, 20 for the others: pages are a cheap measure of rows.
  const pages = number(size?.[2]);
  const perPage = name === "progress" ? 80 : 20;
  if (pages * perPage < retention.rotateRows) return;
  await database.session(async (client) => {
    const old = number(size?.[0]);
    const next = 1 - old;
    try {
      await run(client, "begin");
      await run(client, "set local lock_timeout = '100ms'");
      await run(client, `lock table ${s}.${name}_${String(old)} in share row exclusive mode`);
      const survivors = name === "progress"
        ? `select distinct on (consumer_group, partition) * from ${s}.progress_${String(old)} o where not exists (select 1 from ${s}.progress_${String(next)} n where n.consumer_group = o.consumer_group and n.partition = o.partition and n.from_position >= o.to_position) order by consumer_group, partition, from_position desc`
        : `select * from ${s}.${name}_${String(old)}`;
      const [live] = await run(client, `select count(*) from (${survivors}) x`);
      // Copying more than it frees would be work for nothing.
      if (name !== "progress" && number(live?.[0]) * 2 > pages * perPage) {
        await run(client, "rollback");
        return;
      }
      const columns = (await run(client, "select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum", [`${s}.${name}`])).map((row) => text(row[0])).filter((column) => column !== "generation").join(", ");
      await run(client, `insert into ${s}.${name}_${String(next)} (generation, ${columns}) select ${String(next)}, ${columns} from (${survivors}) x order by ${KEY_OF[name]}`);
      await run(client, `update ${s}.generation set active = $2 where name = $1`, [name, next]);
      await run(client, `truncate ${s}.${name}_${String(old)}`);
      await run(client, "commit");
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      scope.log("debug", "rotation.postponed", { table: name, reason: error instanceof Error ? error.message : String(error) });
    }
  });
}

async function expireDoor(scope: Scope, retention: Retention): Promise<void> {
  await scope.database.query(`
    delete from ${scope.s}.door where ctid = any(array(select ctid from ${scope.s}.door where created_at < clock_timestamp() - $1 * interval '1 millisecond' limit 5000))`, [retention.dedupeMs]);
}
