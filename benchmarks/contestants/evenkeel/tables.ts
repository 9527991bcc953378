// What Evenkeel's tables say about work that is not done. Parked messages count as passed: a benchmark has none, or fails elsewhere.
import pg from "pg";
import type { Context } from "../../harness/contract.ts";

export const lagSql = `
  select coalesce(sum((select count(*) from evenkeel.log l where l.name = any(g.names) and l.position > coalesce(
    (select max(p.to_position) from evenkeel.progress p where p.consumer_group = g.number and p.partition = l.partition), 0))), 0)
  from evenkeel.consumer_group g`;

/** Deliveries that are not behind their group's progress. */
export const lag = (context: Context): Promise<number> => numberOf(context, `select (${lagSql}) as n`);

/** The same, and calls that still stand. */
export const lagAndCalls = (context: Context): Promise<number> =>
  numberOf(context, `select (${lagSql}) + (select count(*) from evenkeel.call) as n`);

async function numberOf(context: Context, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: context.url });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(sql);
  await client.end();
  return Number(rows[0]?.n);
}
