// kill: the transaction is the lease. A worker deletes its messages, handles them and commits; when it dies, the server
// rolls back at once and the rows are there for the next one. The price is a transaction as long as the slowest handler,
// which holds back vacuum for the whole database: right for a second, wrong for an hour.
import { setTimeout as sleep } from "node:timers/promises";
import { append, connect, count, run } from "./connection.ts";
import type { Payload, QueueTask } from "../../harness/contract.ts";

const idleMs = 20;

export const kill: QueueTask = {
  traits: {
    version: "none",
    settings: `one transaction around all handlers in flight, poll each ${idleMs} ms`,
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
      while (!stopping) {
        await client.query("begin");
        const { rows } = await client.query<{ payload: string }>(
          `delete from message where id in (select id from message order by id limit ${context.concurrency} for update skip locked)
           returning payload`,
        );
        await Promise.all(
          rows.map((row) => {
            const payload: Payload = JSON.parse(row.payload);
            return handle(payload);
          }),
        );
        await client.query("commit");
        if (rows.length === 0) await sleep(idleMs);
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
