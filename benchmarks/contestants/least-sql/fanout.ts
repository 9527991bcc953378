// fanout: the log is written once; each group has its own cursor, its own connection and its own loop.
import { append, count, run } from "./connection.ts";
import { readLog } from "./reader.ts";
import type { FanoutTask } from "../../harness/contract.ts";

/** The task, by how a group's reader is started. */
export function fanoutBy(startReader: typeof readLog, traits: FanoutTask["traits"]): FanoutTask {
  return {
    traits,
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
}

export const fanout = fanoutBy(readLog, {
  version: "none",
  settings: "append-only log, one cursor and one connection per group, 5,000 per read, appends of 10,000",
  validation: false,
  perMessageFailure: false,
  guarantee: "at least once per group",
});
