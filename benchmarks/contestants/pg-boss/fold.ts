// fold: a transactional worker; the batch's update and its completion commit together, so each event counts exactly once.
import pg from "pg";
import { createQueues, dbOf, open, openProducer, partition, stop, throughputWork, version } from "./boss.ts";
import type { FoldEvent, FoldTask } from "../../harness/contract.ts";

// Two transactions that update overlapping keys could wait for each other; one local worker folds one batch at a time.
const { batchSize } = throughputWork;

export const fold: FoldTask = {
  traits: {
    version,
    settings: [
      `work() with transactional, one UPDATE per batch of ${batchSize}, localConcurrency 1, burstWhenBatchFull, notify`,
      "insert() of the appender's batch",
    ].join("; "),
    validation: false,
    perMessageFailure: false,
    guarantee: "exactly once (update and completion in one transaction)",
  },
  async prepare(context) {
    await createQueues(context, ["fold"], { partition, notify: true });
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
    const boss = await openProducer(context);
    const db = dbOf(client);
    return {
      async append(events) {
        await boss.insert(
          "fold",
          events.map((data) => ({ data })),
          { returnId: false, db },
        );
      },
      async close() {
        await stop(boss);
        await client.end();
      },
    };
  },
  async work(context, folded) {
    const boss = await open(context, { useListenNotify: true });
    let uncounted = 0;
    // The handler returns before the commit; what it folded counts when the next batch begins or the queue is empty.
    const settle = (): void => {
      if (uncounted > 0) folded(uncounted);
      uncounted = 0;
    };
    await boss.work<
      FoldEvent,
      unknown,
      {
        transactional: true;
        batchSize: number;
        burstWhenBatchFull: true;
        pollingIntervalSeconds: number;
        notifyPollingIntervalSeconds: number;
      }
    >(
      "fold",
      {
        transactional: true,
        batchSize,
        burstWhenBatchFull: true,
        pollingIntervalSeconds: 0.5,
        notifyPollingIntervalSeconds: 0.5,
      },
      async (jobs, tx) => {
        settle();
        await tx.executeSql(
          `insert into total select key, count(*), sum(amount) from unnest($1::text[], $2::integer[]) as e(key, amount) group by key
           on conflict (key) do update set count = total.count + excluded.count, total = total.total + excluded.total`,
          [jobs.map((j) => j.data.key), jobs.map((j) => j.data.amount)],
        );
        uncounted += jobs.length;
      },
    );
    const timer = setInterval(() => {
      // `count` is the number of jobs in hand: zero means that the last batch has been settled.
      if (uncounted > 0 && boss.getWipData().every((w) => w.count === 0)) settle();
    }, 5);
    return {
      async stop() {
        clearInterval(timer);
        await stop(boss);
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
