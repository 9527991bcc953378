// Rotation: progress, calls and timers live in two generations. The survivors of the active one are copied into the other, and it is
// truncated: spent rows go at once, also while an old snapshot keeps vacuum from removing them. It refuses to wait for a lock behind
// which others would have to wait for long.
//
// TRUNCATE is not MVCC-safe: under a snapshot older than a rotation both generations may look empty. The store's statements take their
// locks before their snapshots, so they never meet that; a REPEATABLE READ session that reads these tables may.
import { number, text } from "./connection.ts";
import { holdersGone } from "./holders.ts";
import type { Retention } from "./retention.ts";
import type { Scope } from "./scope.ts";

export type Rotating = "progress" | "call" | "timer";

/** About; pages are a cheap measure of rows. */
const ROWS_PER_PAGE: Readonly<Record<Rotating, number>> = { progress: 100, call: 25, timer: 25 };
/** Rows that must be spent for each that is copied. */
const WORTH = 4;
const PATIENCE_MS = 60;

/** @param waitFor rows at which to look again, kept by the caller: a table full of live rows is not counted at every look. */
export async function rotate(scope: Scope, name: Rotating, { rotateRows }: Pick<Retention, "rotateRows">, waitFor: Map<Rotating, number>): Promise<void> {
  const { s } = scope;
  const database = scope.database.patient;
  const [size] = await database.query(`select active, pg_relation_size(to_regclass('${s}.${name}_' || active)) / 8192 from ${s}.generation where name = $1`, [name]);
  const old = number(size?.[0]);
  const rows = number(size?.[1]) * ROWS_PER_PAGE[name];
  if (rows < Math.max(rotateRows, waitFor.get(name) ?? 0)) return;
  const table = `${s}.${name}_${String(old)}`;
  if (name !== "progress") {
    const [live] = await database.query(`select count(*) from ${table}`);
    const worthAt = number(live?.[0]) * WORTH;
    waitFor.set(name, worthAt);
    if (rows < worthAt) return;
  }
  if (!(await holdersGone(scope, [table], PATIENCE_MS))) {
    scope.log("debug", "rotation.postponed", { table: name, reason: "a transaction that has used it is still open" });
    return;
  }
  await database.session(async (client) => {
    try {
      await client.query("begin isolation level read committed");
      await client.query("set local lock_timeout = '100ms'");
      // The strongest lock at once: with a weaker one, a commit that has read would wait to write, and this would wait for that commit.
      await client.query(`lock table ${table} in access exclusive mode`);
      const columns = (await client.query("select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum", [`${s}.${name}`]))
        .map((row) => text(row[0])).filter((column) => column !== "generation").join(", ");
      const next = 1 - old;
      await client.query(`insert into ${s}.${name}_${String(next)} (generation, ${columns}) select ${String(next)}, ${columns} from (${survivors(scope, name, old)}) x`);
      await client.query(`update ${s}.generation set active = $2 where name = $1`, [name, next]);
      await client.query(`truncate ${table}`);
      await client.query("commit");
      scope.log("debug", "rotation.done", { table: name, rows });
    } catch (error) {
      await client.command("rollback").catch(() => undefined);
      scope.log("debug", "rotation.postponed", { table: name, reason: error instanceof Error ? error.message : String(error) });
    }
  });
}

/** Of progress only the last row of each group and partition counts, wherever it stands: found by the index, one look each. */
function survivors({ s, partitions }: Scope, name: Rotating, old: number): string {
  const table = `${s}.${name}_${String(old)}`;
  if (name !== "progress") return `select * from ${table} order by ${name === "call" ? "sequence" : "timer"}`;
  return `
    select o.* from ${s}.consumer_group g cross join generate_series(0, ${String(partitions - 1)}) p
    cross join lateral (select * from ${table} o where o.consumer_group = g.number and o.partition = p order by o.from_position desc limit 1) o
    where not exists (
      select 1 from ${s}.progress_${String(1 - old)} n where n.consumer_group = o.consumer_group and n.partition = o.partition and n.from_position >= o.to_position)`;
}
