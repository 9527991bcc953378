// kill: the transaction is the lease. A worker deletes its messages, handles them and commits; when it dies, the server
// rolls back at once and the rows are there for the next one. The price is a transaction as long as the slowest handler,
// which holds back vacuum for the whole database: right for a second, wrong for an hour.
import { parsePayload } from "./connection.ts";
import { repeat } from "./loop.ts";
import { messageTable } from "./messages.ts";
import type { QueueTask } from "../../harness/contract.ts";

const idleMs = 20;

export const kill: QueueTask = {
  traits: {
    version: "none",
    settings: `one transaction around all handlers in flight, poll each ${idleMs} ms`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once for effects in the same transaction",
  },
  ...messageTable,
  work: (context, handle) =>
    repeat(context, idleMs, async (client) => {
      await client.query("begin");
      const { rows } = await client.query<{ payload: string }>(
        `delete from message where id in (select id from message order by id limit ${context.concurrency} for update skip locked)
         returning payload`,
      );
      await Promise.all(rows.map((row) => handle(parsePayload(row.payload))));
      await client.query("commit");
      return rows.length > 0;
    }),
};
