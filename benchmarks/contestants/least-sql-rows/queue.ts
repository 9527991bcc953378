// drain and together: `delete … returning` with `skip locked`, handled inside the transaction, so that a crash gives the rows back and
// several workers never take the same one. What is written to the database by the handler commits with the deletion: exactly once, as
// with the products. The deleted rows are left to vacuum.
import { setTimeout as sleep } from "node:timers/promises";
import { append, connect, count, run } from "../least-sql/connection.ts";
import { batch, idleMs } from "./batch.ts";
import type { Payload, QueueTask } from "../../harness/contract.ts";

export const drain: QueueTask = {
  traits: {
    version: "none",
    settings: `delete … returning of ${batch} rows for update skip locked, a transaction around each batch, appends of 10,000`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once for effects in the same transaction",
  },
  prepare: (context) =>
    run(context, "create table message (id bigint generated always as identity primary key, payload text not null)"),
  produce: append,
  async work(context, handle) {
    const client = await connect(context);
    let stopping = false;
    const loop = async (): Promise<void> => {
      for (let found = 0; found > 0 || !stopping; ) {
        await client.query("begin");
        // Planned anew each time: a plan that was made while the table was empty would scan it whole for each batch.
        const { rows } = await client.query<{ payload: string }>(
          "delete from message where id in (select id from message order by id limit $1 for update skip locked) returning payload",
          [batch],
        );
        for (const row of rows) {
          const payload: Payload = JSON.parse(row.payload);
          const pending = handle(payload);
          if (pending !== undefined) await pending;
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
  },
  pending: (context) => count(context, "select count(*) as n from message"),
};

export const together: QueueTask = drain;
