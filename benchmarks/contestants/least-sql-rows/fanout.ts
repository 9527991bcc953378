// fanout: one append-only log, five readers with a cursor and a connection each, row by row. Each batch is a transaction that ends with
// the cursor's update, so that what a handler writes in it counts once per group. One appending connection, or ids were not in the order
// of commits and a cursor would skip.
import { fanoutBy } from "../least-sql/fanout.ts";
import { repeat } from "../least-sql/loop.ts";
import { handleRows } from "../least-sql/messages.ts";
import { batch, idleMs } from "./batch.ts";
import type { Context, Handle, Running } from "../../harness/contract.ts";

export const fanout = fanoutBy(startReader, {
  version: "none",
  settings: `append-only log, one cursor and one connection per group, ${batch} rows per transaction, appends of 10,000`,
  validation: false,
  perMessageFailure: false,
  guarantee: "exactly once per group for effects in the same transaction",
});

function startReader(context: Context, group: string, handle: Handle): Promise<Running> {
  return repeat(context, idleMs, async (client) => {
    await client.query("begin");
    const { rows } = await client.query<{ id: string; payload: string }>(
      "select id, payload from message where id > (select position from cursor where name = $1) order by id limit $2",
      [group, batch],
    );
    await handleRows(rows, handle);
    const last = rows.at(-1);
    if (last !== undefined) {
      await client.query({ name: "save", text: "update cursor set position = $2 where name = $1", values: [group, last.id] });
    }
    await client.query("commit");
    return rows.length > 0;
  });
}
