// drain and together: an append-only table and one cursor. No row is ever updated or deleted, so nothing is left for
// vacuum; a log's old parts are dropped as whole tables, which costs nothing worth measuring.
import { append, count, run } from "./connection.ts";
import { readLog } from "./reader.ts";
import type { QueueTask } from "../../harness/contract.ts";

export const drain: QueueTask = {
  traits: {
    version: "none",
    settings: "append-only log, one cursor, 5,000 per read, next read on its way while handling, appends of 10,000",
    validation: false,
    perMessageFailure: false,
    guarantee: "at least once",
  },
  prepare: (context) =>
    run(
      context,
      `create table message (id bigint generated always as identity primary key, payload text not null);
       create table cursor (name text primary key, position bigint not null);
       insert into cursor values ('worker', 0)`,
    ),
  produce: append,
  work: (context, handle) => readLog(context, "worker", handle),
  pending: (context) =>
    count(context, "select count(*) as n from message where id > (select position from cursor where name = 'worker')"),
};

export const together: QueueTask = drain;
