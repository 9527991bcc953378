// The figures of a run, read from what it stored: outcomes, times, counts. It refuses to keep anything per order in memory.
import type { Marketplace } from "./openMarketplace.ts";
import { entityTable, logTable, type Sql } from "./tables.ts";

export interface Figures {
  /** How many orders and returns ended how. */
  readonly orders: Readonly<Record<string, number>>;
  /** Messages appended to the log, stocking the shop included. */
  readonly messages: number;
  readonly parked: number;
  /** Orders and returns that reached their end. */
  readonly ended: number;
  /** From the first publish of an order to the last end. */
  readonly seconds: number;
  /** From an order's publish to its end. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export async function readFigures(app: Marketplace, schema: string): Promise<Figures> {
  const summary = await app.deadLetters.summary();
  const parked = summary.reduce((sum, group) => sum + group.waitingKeys + group.deadLetters, 0);
  return app.transaction(async (sql) => {
    const ends = await outcomes(sql, schema);
    return { ...ends, ...(await times(sql, schema)), messages: await messages(sql, schema), parked };
  });
}

async function messages(sql: Sql, schema: string): Promise<number> {
  const [row] = await sql.query(`select count(*)::int as messages from ${logTable(schema)}`);
  return Number(row?.["messages"] ?? 0);
}

async function outcomes(sql: Sql, schema: string): Promise<Pick<Figures, "orders">> {
  const rows = await sql.query(`
    select body->>'status' as outcome, count(*)::int as count from ${entityTable(schema, "order")} group by 1
    union all select 'return ' || (body->>'status'), count(*)::int from ${entityTable(schema, "goods_return")} group by 1
    order by 2 desc, 1`);
  return { orders: Object.fromEntries(rows.map((row) => [String(row["outcome"]), Number(row["count"])])) };
}

async function times(sql: Sql, schema: string): Promise<Pick<Figures, "ended" | "seconds" | "latencyMs">> {
  const [row] = await sql.query(`
    select count(closed)::int as ended, coalesce((max(closed) - min(published)) / 1000, 0) as seconds,
      coalesce(percentile_cont(0.5) within group (order by closed - published), 0) as p50,
      coalesce(percentile_cont(0.99) within group (order by closed - published), 0) as p99
    from (
      select (body->>'publishedAt')::float8 as published, (body->>'closedAt')::float8 as closed from ${entityTable(schema, "order")}
      union all select (body->>'publishedAt')::float8, (body->>'closedAt')::float8 from ${entityTable(schema, "goods_return")}) as one`);
  return {
    ended: Number(row?.["ended"] ?? 0),
    seconds: Number(row?.["seconds"] ?? 0),
    latencyMs: { p50: Math.round(Number(row?.["p50"] ?? 0)), p99: Math.round(Number(row?.["p99"] ?? 0)) },
  };
}
