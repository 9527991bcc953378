// drain and together: `delete … returning` with `skip locked`, handled inside the transaction, so that a crash gives the rows back and
// several workers never take the same one. What is written to the database by the handler commits with the deletion: exactly once, as
// with the products. The deleted rows are left to vacuum.
import { repeat } from "../least-sql/loop.ts";
import { handleRows, messageTable } from "../least-sql/messages.ts";
import { batch, idleMs } from "./batch.ts";
import type { QueueTask } from "../../harness/contract.ts";

export const drain: QueueTask = {
  traits: {
    version: "none",
    settings: `delete … returning of ${batch} rows for update skip locked, a transaction around each batch, appends of 10,000`,
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once for effects in the same transaction",
  },
  ...messageTable,
  work: (context, handle) =>
    repeat(context, idleMs, async (client) => {
      await client.query("begin");
      // Planned anew each time: a plan that was made while the table was empty would scan it whole for each batch.
      const { rows } = await client.query<{ payload: string }>(
        "delete from message where id in (select id from message order by id limit $1 for update skip locked) returning payload",
        [batch],
      );
      await handleRows(rows, handle);
      await client.query("commit");
      return rows.length > 0;
    }),
};

export const together: QueueTask = drain;
