// Watches a run with an outage from inside the database: when each message was appended and when the commit that handled it was made, by the
// database's clock; and when calls began and ended. Triggers write that to tables of the run's schema; a run without an outage has none of it.
import type { Database, Rows } from "./tables.ts";
import type { OutageTimes } from "./outage.ts";

interface OutageWatch {
  read(times: OutageTimes): Promise<Watched>;
}

interface Watched {
  /** Messages of the services without the port, of the kinds that flow before and during: from append to handler's commit, in ms. */
  readonly otherServices: { readonly before: Spread; readonly during: Spread };
  /** Calls that had no outcome a second after their deadline. */
  readonly lateCalls: number;
  /** From the provider's return to the last outcome of a call requested before it; null where there was none. */
  readonly settledMs: number | null;
}

interface Spread { readonly messages: number; readonly p50: number | null; readonly p99: number | null }

const LATE_MS = 1_000;
/** A kind of message counts if there were so many of it before, and so many during: of what does not flow both times nothing can be said. */
const LEAST = 20;

/** @param services those that use the port */
export async function watchOutage(database: Database, schema: string, services: readonly string[]): Promise<OutageWatch> {
  const s = `"${schema}"`;
  const offsetMs = await database.transaction(async (sql) => {
    for (const statement of triggers(s)) await sql.query(statement);
    const before = Date.now();
    const [row] = await sql.query("select extract(epoch from clock_timestamp()) * 1000 as now");
    return Number(row?.["now"]) - (before + Date.now()) / 2;
  });
  const atDatabase = (ms: number): number => (ms + offsetMs) / 1_000;
  return {
    read: (times) => database.transaction(async (sql) => {
      const [normalFrom, from, until] = [times.normalFrom, times.from, times.until].map(atDatabase);
      for (const table of ["outage_append", "outage_handled", "outage_requested", "outage_ended", "log", "progress"]) await sql.query(`analyze ${s}.${table}`);
      const spreads = await sql.query(spreadsOf(s), [normalFrom, from, until, services]);
      const [calls] = await sql.query(callsOf(s), [until, services]);
      const open = await sql.query(`select 1 from ${s}.call where state = 'due' and deadline_at + interval '${LATE_MS} ms' < clock_timestamp()`);
      return {
        otherServices: { before: spreadIn(spreads, "before"), during: spreadIn(spreads, "during") },
        lateCalls: Number(calls?.["late"]) + open.length,
        settledMs: calls?.["settled"] == null ? null : Math.max(0, Math.round(Number(calls["settled"]))),
      };
    }),
  };
}

function triggers(s: string): string[] {
  const stamp = (name: string, table: string, columns: string, when: "insert" | "delete" = "insert"): string[] => [
    `create unlogged table ${s}.${name} as select ${columns}, clock_timestamp() as at from ${s}.${table} limit 0`,
    `create function ${s}.${name}() returns trigger language plpgsql as
      $$ begin insert into ${s}.${name} select ${columns}, clock_timestamp() from appended; return null; end $$`,
    `create trigger ${name} after ${when} on ${s}.${table} referencing ${when === "insert" ? "new" : "old"} table as appended for each statement execute function ${s}.${name}()`,
  ];
  return [
    ...stamp("outage_append", "log", "position"),
    ...stamp("outage_requested", "call", "id, consumer_group, deadline_ms"),
    ...stamp("outage_ended", "call", "id", "delete"),
    ...stamp("outage_handled", "progress", "consumer_group, partition, from_position, to_position"),
  ];
}

/** What each service handled: when it was appended, and when the handler's commit was made. */
const handled = (s: string): string => `
  handled as (
    select g.name as service, l.name, l.id, a.at as appended, p.at as handled
    from ${s}.outage_handled p
    join ${s}.consumer_group g on g.number = p.consumer_group
    join ${s}.log l on l.partition = p.partition and l.position > p.from_position and l.position <= p.to_position and l.name = any(g.names)
    join ${s}.outage_append a on a.position = l.position)`;

const spreadsOf = (s: string): string => `
  with ${handled(s)},
  timed as (
    select service, name, extract(epoch from handled - appended) * 1000 as ms,
      case when appended < to_timestamp($2) then 'before' else 'during' end as period
    from handled where service <> all($4::text[]) and appended >= to_timestamp($1) and appended < to_timestamp($3)),
  kinds as (
    select service, name from timed group by service, name
    having count(*) filter (where period = 'before') >= ${LEAST} and count(*) filter (where period = 'during') >= ${LEAST})
  select period, count(*)::int as messages,
    percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
  from timed join kinds using (service, name) group by period`;

/**
 * A call is requested with its row, and ends with it: with an outcome in the log, or handled in the commit that removes the row. The first that tells
 * of it counts against its deadline, the last one settles it. (What a workflow's step has no row for was over at its first attempt.)
 */
const callsOf = (s: string): string => `
  with told as (
    select (l.body->'call'->>'id')::uuid as id, a.at from ${s}.log l join ${s}.outage_append a on a.position = l.position
    where split_part(l.name, '.', 1) = any($2::text[]) and l.name like '%.outcome'
    union all select id, at from ${s}.outage_ended),
  ended as (select id, min(at) as first, max(at) as last from told group by id),
  requested as (
    select r.id, min(r.at) as requested, max(r.deadline_ms) as deadline_ms
    from ${s}.outage_requested r join ${s}.consumer_group g on g.number = r.consumer_group where g.name = any($2::text[]) group by r.id)
  select count(*) filter (where extract(epoch from first - requested) * 1000 > deadline_ms + ${LATE_MS})::int as late,
    extract(epoch from max(last) filter (where requested < to_timestamp($1)) - to_timestamp($1)) * 1000 as settled
  from requested join ended using (id)`;

function spreadIn(rows: Rows, period: string): Spread {
  const row = rows.find((one) => one["period"] === period);
  const ms = (value: unknown): number | null => typeof value === "number" ? Math.round(value * 100) / 100 : null;
  return { messages: Number(row?.["messages"] ?? 0), p50: ms(row?.["p50"]), p99: ms(row?.["p99"]) };
}
