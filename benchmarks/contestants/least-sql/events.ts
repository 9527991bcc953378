// What the two folds share: how an appender writes, and how the totals are read afterwards.
import type pg from "pg";
import { connect } from "./connection.ts";
import type { FoldEvent, FoldTask } from "../../harness/contract.ts";

export async function appendEvents(client: pg.Client, events: readonly FoldEvent[]): Promise<void> {
  await client.query({
    name: "append",
    text: "insert into event (key, amount) select * from unnest($1::text[], $2::integer[])",
    values: [events.map((e) => e.key), events.map((e) => e.amount)],
  });
}

export const totals: FoldTask["totals"] = async (context) => {
  const client = await connect(context);
  const { rows } = await client.query<{ key: string; count: string; total: string }>("select key, count, total from total");
  await client.end();
  return rows.map((r) => ({ key: r.key, count: Number(r.count), total: Number(r.total) }));
};
