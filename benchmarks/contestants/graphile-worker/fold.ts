// fold: one job per event. A task cannot commit together with its job's completion, so a crash in between counts an event
// twice: a weaker guarantee than the question asks for, printed in the row. Handlers that run at the same time share one
// UPDATE, as a careful user would write it: each waits for the commit of the update its event is in.
import pg from "pg";
import { addLines, inWords, migrate, start, throughput, version } from "./runner.ts";
import type { FoldEvent, FoldTask } from "../../harness/contract.ts";

const concurrentJobs = 500;
const settings = { ...throughput, concurrentJobs };

export const fold: FoldTask = {
  traits: {
    version,
    settings: `a job per event, concurrent handlers share one UPDATE; ${inWords(settings)}`,
    validation: false,
    perMessageFailure: true,
    guarantee: "WEAKER: at least once, a crash between the update and the job's completion counts twice",
  },
  async prepare(context) {
    await migrate(context);
    const client = new pg.Client(context.url);
    await client.connect();
    await client.query(
      "create table total (key text primary key, count bigint not null, total bigint not null) with (fillfactor = 50)",
    );
    await client.end();
  },
  async appender(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    return {
      append: (events) =>
        addLines(
          client,
          events.map((e) => JSON.stringify(e)),
          ["fold"],
        ),
      close: () => client.end(),
    };
  },
  async work(context, folded) {
    const client = new pg.Client(context.url);
    await client.connect();
    let waiting: FoldEvent[] = [];
    let flush: Promise<void> | null = null;
    let writing: Promise<void> = Promise.resolve();
    const write = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      await writing; // one update at a time: two could lock the same keys in another order
      const events = waiting;
      waiting = [];
      flush = null;
      writing = client
        .query({
          name: "fold",
          text: `insert into total select key, count(*), sum(amount) from unnest($1::text[], $2::integer[]) as e(key, amount) group by key
                 on conflict (key) do update set count = total.count + excluded.count, total = total.total + excluded.total`,
          values: [events.map((e) => e.key), events.map((e) => e.amount)],
        })
        .then(() => folded(events.length));
      await writing;
    };
    const running = await start(context, settings, {
      fold: (payload) => {
        waiting.push(toEvent(payload));
        flush ??= write();
        return flush;
      },
    });
    return {
      async stop() {
        await running.stop();
        await client.end();
      },
    };
  },
  async totals(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ key: string; count: string; total: string }>("select key, count, total from total");
    await client.end();
    return rows.map((r) => ({ key: r.key, count: Number(r.count), total: Number(r.total) }));
  },
};

function toEvent(value: unknown): FoldEvent {
  if (
    typeof value === "object" &&
    value !== null &&
    "key" in value &&
    typeof value.key === "string" &&
    "amount" in value &&
    typeof value.amount === "number"
  ) {
    return { key: value.key, amount: value.amount };
  }
  throw new Error(`not an event: ${JSON.stringify(value)}`);
}
