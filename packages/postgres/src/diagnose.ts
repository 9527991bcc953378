// What the server itself says about the things that harm a log: a pinned horizon, idle transactions, hints that do not arrive.
// It states facts; what is too much, and the cure, is for whoever shows them.
import { number, storeError, text, type Row } from "./connection.ts";
import type { Hints } from "./hints.ts";
import type { Scope } from "./scope.ts";

export interface Diagnosis {
  /** As the server writes it: "18.1". */
  readonly serverVersion: string;
  /** Whether this user may see what sessions of other users do. */
  readonly seesAllSessions: boolean;
  /** What keeps dead rows of this database from being vacuumed, oldest first. */
  readonly holds: readonly Hold[];
  readonly idleTransactions: readonly OpenTransaction[];
  /** Whether a notification sent through one connection reached another within two seconds. */
  readonly hintsArrive: boolean;
}

export interface Hold {
  readonly kind: "session" | "standby" | "slot" | "prepared";
  /** The slot, the prepared transaction's gid, or the session's application. */
  readonly name: string;
  readonly pid: number | null;
  readonly user: string;
  /** Transactions begun since. */
  readonly transactions: number;
  /** null where the server does not record a time (slots). */
  readonly forMs: number | null;
  readonly query: string;
}

export interface OpenTransaction {
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  readonly client: string;
  /** How long it has been idle. */
  readonly forMs: number;
  /** The last statement. */
  readonly query: string;
}

const HINT_WITHIN_MS = 2_000;
const LOOK_MS = 20;

export async function diagnose(scope: Scope, hints: Hints): Promise<Diagnosis> {
  const { database } = scope;
  try {
    const arriving = hear(hints);
    const [server] = await database.query("select current_setting('server_version'), pg_has_role('pg_read_all_stats', 'member')");
    // Sessions of other databases do not hold back this one's tables; a lazy vacuum holds back nobody.
    const holds = await database.query(`
      select kind, name, pid, usename, age, ms, query from (
        select case when backend_type = 'walsender' then 'standby' else 'session' end as kind, application_name as name, pid, usename::text,
          greatest(age(backend_xmin), age(backend_xid)) as age, round(extract(epoch from clock_timestamp() - xact_start) * 1000) as ms,
          left(query, 200) as query
        from pg_stat_activity where (backend_xmin is not null or backend_xid is not null) and pid <> pg_backend_pid()
          and backend_type <> 'autovacuum worker' and (datname is null or datname = current_database())
        union all select 'slot', slot_name, active_pid, '', age(xmin), null, '' from pg_replication_slots where xmin is not null
        union all select 'prepared', gid, null, owner::text, age(transaction),
          round(extract(epoch from clock_timestamp() - prepared) * 1000), ''
        from pg_prepared_xacts where database = current_database()
      ) h order by age desc, ms desc nulls first limit 100`);
    const idle = await database.query(`
      select pid, usename, application_name, coalesce(client_addr::text, 'local'),
        round(extract(epoch from clock_timestamp() - state_change) * 1000), left(query, 200)
      from pg_stat_activity where state like 'idle in transaction%' and datname = current_database() and pid <> pg_backend_pid()
      order by state_change limit 100`);
    return {
      serverVersion: text(server?.[0]).split(" ")[0] ?? "",
      seesAllSessions: server?.[1] === "t",
      holds: holds.map(holdOf),
      idleTransactions: idle.map((row): OpenTransaction => ({
        pid: number(row[0]), user: text(row[1]), application: text(row[2]), client: text(row[3]), forMs: number(row[4]),
        query: text(row[5]),
      })),
      hintsArrive: await arriving,
    };
  } catch (error) {
    throw storeError(error, "examining the server");
  }
}

function holdOf(row: Row): Hold {
  const kind = row[0] === "standby" || row[0] === "slot" || row[0] === "prepared" ? row[0] : "session";
  return {
    kind, name: text(row[1]), pid: row[2] == null ? null : number(row[2]), user: text(row[3]), transactions: number(row[4]),
    forMs: row[5] == null ? null : number(row[5]), query: text(row[6]),
  };
}

async function hear(hints: Hints): Promise<boolean> {
  const stop = hints.onHint(() => undefined);
  const until = performance.now() + HINT_WITHIN_MS;
  while (!hints.arrive() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  stop();
  return hints.arrive();
}
