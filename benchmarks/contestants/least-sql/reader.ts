// Reads a log behind one cursor: a statement per batch that commits the cursor over the previous batch and reads the next
// one. The next read is on its way while the current batch is handled, so the cursor is always committed one batch late:
// a crash repeats up to two batches, nothing is skipped. One appending connection only: ids are then in commit order
// (fold.ts shows what several appenders need).
import type pg from "pg";
import { batchOf, parseBatch } from "./connection.ts";
import { looping } from "./loop.ts";
import type { Context, Handle, Running } from "../../harness/contract.ts";

const size = 5_000;
/** Keeps both parameters in the statement that does not save, so that it takes the same values. */
const unused = "where $2::text is not null and $3::bigint is not null";
/** How long to wait when the log has nothing new; nothing wakes this reader. */
const idleMs = 5;

export function readLog(context: Context, cursor: string, handle: Handle): Promise<Running> {
  return looping(context, (client, stopping) => loop(client, cursor, handle, stopping));
}

async function loop(client: pg.Client, cursor: string, handle: Handle, stopping: () => boolean): Promise<void> {
  let handled = 0;
  let read = 0;
  let saved = 0;
  const next = async (): Promise<{ last: number; batch: string } | null> => {
    const position = handled; // it moves on while this statement is on its way
    const save = position > saved ? "moved as (update cursor set position = $3 where name = $2), " : "";
    const { rows } = await client.query<{ last: string | null; batch: string | null }>({
      name: save === "" ? "read" : "save-and-read",
      text: `with ${save}batch as (select id, payload from message where id > $1 order by id limit ${size})
             select max(id) as last, ${batchOf} as batch from batch ${save === "" ? unused : ""}`,
      values: [read, cursor, position],
    });
    saved = position;
    const row = rows[0];
    if (row?.batch == null || row.last === null) return null;
    read = Number(row.last);
    return { last: read, batch: row.batch };
  };
  let current = await next();
  for (;;) {
    if (current === null) {
      if (handled > saved || !stopping()) {
        if (handled === saved) await new Promise((resolve) => setTimeout(resolve, idleMs));
        current = await next();
        continue;
      }
      return;
    }
    const ahead = next();
    for (const payload of parseBatch(current.batch)) {
      const pending = handle(payload);
      if (pending !== undefined) await pending;
    }
    handled = current.last;
    current = await ahead;
  }
}
