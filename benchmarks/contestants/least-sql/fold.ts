// fold: the whole task in the server. Events carry the id of the transaction that wrote them; a fold takes all events of
// transactions from the last horizon up to the oldest one still running, adds them up per key and moves the horizon, in
// one statement and so in one transaction: each event counts exactly once, whatever crashes.
//
// Why not a cursor over ids: ids are drawn before commits, so with several appenders a small id may become visible after a
// larger one was passed. Why not "delete … returning": it writes every row a second time and leaves it to vacuum; the
// first rows of the table would be dead and be stepped over in each batch.
import { setTimeout as sleep } from "node:timers/promises";
import { connect, run } from "./connection.ts";
import { appendEvents, totals } from "./events.ts";
import { looping } from "./loop.ts";
import type { FoldTask } from "../../harness/contract.ts";

/** Between two folds: fewer, larger folds cost less; more than this would only add to the end. */
const pauseMs = 50;

export const fold: FoldTask = {
  traits: {
    version: "none",
    settings: `append-only table in columns (no JSON), folded in the server up to the transaction horizon each ${pauseMs} ms`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once (one transaction)",
  },
  prepare: (context) =>
    run(
      context,
      `create table event (xid xid8 not null default pg_current_xact_id(), key text not null, amount integer not null);
       create index on event (xid);
       create table total (key text primary key, count bigint not null, total bigint not null) with (fillfactor = 50);
       create table horizon (xid xid8 not null);
       insert into horizon values (pg_current_xact_id())`,
    ),
  async appender(context) {
    const client = await connect(context);
    return {
      append: (events) => appendEvents(client, events),
      close: () => client.end(),
    };
  },
  work: (context, folded) =>
    looping(context, async (client, stopping) => {
      const { rows } = await client.query<{ xid: string }>("select xid from horizon");
      let horizon = rows[0]?.xid ?? "0";
      while (!stopping()) {
        const result = await client.query<{ xid: string; n: string }>({
          name: "fold",
          text: `with upto as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xid),
                 sums as (select key, count(*) as n, sum(amount) as amount from event
                           where xid >= $1::xid8 and xid < (select xid from upto) group by key),
                 added as (insert into total select key, n, amount from sums
                           on conflict (key) do update set count = total.count + excluded.count, total = total.total + excluded.total),
                 moved as (update horizon set xid = (select xid from upto) where exists (select from sums))
                 select (select xid from upto) as xid, coalesce(sum(n), 0) as n from sums`,
          values: [horizon],
        });
        const row = result.rows[0];
        if (row !== undefined && row.n !== "0") {
          horizon = row.xid;
          folded(Number(row.n));
        }
        await sleep(pauseMs);
      }
    }),
  totals,
};
