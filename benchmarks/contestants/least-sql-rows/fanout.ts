// fanout: one append-only log, five readers with a cursor and a connection each, row by row. Each batch is a transaction that ends with
// the cursor's update, so that what a handler writes in it counts once per group. One appending connection, or ids were not in the order
// of commits and a cursor would skip.
import { setTimeout as sleep } from "node:timers/promises";
import { append, connect, count, run } from "../least-sql/connection.ts";
import { batch, idleMs } from "./batch.ts";
import type { Context, FanoutTask, Payload, Running } from "../../harness/contract.ts";

export const fanout: FanoutTask = {
  traits: {
    version: "none",
    settings: `append-only log, one cursor and one connection per group, ${batch} rows per transaction, appends of 10,000`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once per group for effects in the same transaction",
  },
  prepare: (context) =>
    run(
      context,
      `create table message (id bigint generated always as identity primary key, payload text not null);
       create table cursor (name text primary key, position bigint not null)`,
    ),
  produce: (context, range) => append(context, range),
  async work(context, groups, handle) {
    await run(context, `insert into cursor values ${groups.map((g) => `('${g}', 0)`).join(", ")} on conflict do nothing`);
    const readers = await Promise.all(groups.map((group) => startReader(context, group, (payload) => handle(group, payload))));
    return {
      async stop() {
        await Promise.all(readers.map((r) => r.stop()));
      },
    };
  },
  pending: (context) =>
    count(context, "select coalesce(sum((select count(*) from message where id > position)), 0) as n from cursor"),
};

async function startReader(context: Context, group: string, handle: (payload: Payload) => void | Promise<void>): Promise<Running> {
  const client = await connect(context);
  let stopping = false;
  const loop = async (): Promise<void> => {
    for (let found = 0; found > 0 || !stopping; ) {
      await client.query("begin");
      const { rows } = await client.query<{ id: string; payload: string }>(
        "select id, payload from message where id > (select position from cursor where name = $1) order by id limit $2",
        [group, batch],
      );
      for (const row of rows) {
        const payload: Payload = JSON.parse(row.payload);
        const pending = handle(payload);
        if (pending !== undefined) await pending;
      }
      const last = rows.at(-1);
      if (last !== undefined) {
        await client.query({ name: "save", text: "update cursor set position = $2 where name = $1", values: [group, last.id] });
      }
      await client.query("commit");
      found = rows.length;
      if (found === 0) await sleep(idleMs);
    }
  };
  const finished = loop();
  return {
    async stop() {
      stopping = true;
      await finished;
      await client.end();
    },
  };
}
