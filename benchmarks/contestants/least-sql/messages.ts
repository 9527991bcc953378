// The queue of kill and of the rows: one table of messages. And how rows of it are handled, one after the other.
import { append, count, parsePayload, run } from "./connection.ts";
import type { Handle, QueueTask } from "../../harness/contract.ts";

export const messageTable: Pick<QueueTask, "prepare" | "produce" | "pending"> = {
  prepare: (context) =>
    run(context, "create table message (id bigint generated always as identity primary key, payload text not null)"),
  produce: append,
  pending: (context) => count(context, "select count(*) as n from message"),
};

export async function handleRows(rows: readonly { readonly payload: string }[], handle: Handle): Promise<void> {
  for (const row of rows) {
    const pending = handle(parsePayload(row.payload));
    if (pending !== undefined) await pending;
  }
}
