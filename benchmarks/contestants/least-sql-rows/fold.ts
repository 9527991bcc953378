// fold: a log with one cursor; each batch is read row by row, added up in JavaScript, and written with one statement, all in the
// transaction that moves the cursor. All appends of the process go through one connection, one after the other, each its own commit:
// with several, a small id could become visible after the cursor had passed a larger one, and its event would be lost.
import { connect, run } from "../least-sql/connection.ts";
import { appendEvents, totals } from "../least-sql/events.ts";
import { repeat } from "../least-sql/loop.ts";
import { batch, idleMs } from "./batch.ts";
import type pg from "pg";
import type { FoldTask } from "../../harness/contract.ts";

let shared: Promise<pg.Client> | null = null;
let users = 0;

export const fold: FoldTask = {
  traits: {
    version: "none",
    settings: `one appending connection for all appenders, ${batch} rows per transaction, one update from unnest for their keys`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once (one transaction)",
  },
  prepare: (context) =>
    run(
      context,
      `create table event (id bigint generated always as identity primary key, key text not null, amount integer not null);
       create table total (key text primary key, count bigint not null, total bigint not null) with (fillfactor = 50);
       create table cursor (position bigint not null);
       insert into cursor values (0)`,
    ),
  async appender(context) {
    users++;
    shared ??= connect(context);
    const client = await shared;
    return {
      append: (events) => appendEvents(client, events),
      async close() {
        if (--users === 0) await client.end();
      },
    };
  },
  work: (context, folded) =>
    repeat(context, idleMs, async (client) => {
      const count = await foldBatch(client);
      if (count > 0) folded(count);
      return count > 0;
    }),
  totals,
};

async function foldBatch(client: pg.Client): Promise<number> {
  await client.query("begin");
  const { rows } = await client.query<{ id: string; key: string; amount: number }>(
    "select id, key, amount from event where id > (select position from cursor) order by id limit $1",
    [batch],
  );
  const last = rows.at(-1);
  if (last !== undefined) {
    const sums = new Map<string, { count: number; total: number }>();
    for (const { key, amount } of rows) {
      const sum = sums.get(key) ?? { count: 0, total: 0 };
      sum.count += 1;
      sum.total += amount;
      sums.set(key, sum);
    }
    const values = [[...sums.keys()], [...sums.values()].map((s) => s.count), [...sums.values()].map((s) => s.total)];
    const added = await client.query({
      name: "add",
      text: `update total t set count = t.count + u.count, total = t.total + u.total
             from unnest($1::text[], $2::bigint[], $3::bigint[]) as u(key, count, total) where t.key = u.key`,
      values,
    });
    // Keys that are seen for the first time; soon there are none.
    if (added.rowCount !== sums.size) {
      await client.query({
        name: "begin-keys",
        text: `insert into total select u.key, u.count, u.total from unnest($1::text[], $2::bigint[], $3::bigint[]) as u(key, count, total)
               on conflict do nothing`,
        values,
      });
    }
    await client.query({ name: "save", text: "update cursor set position = $1", values: [last.id] });
  }
  await client.query("commit");
  return rows.length;
}
