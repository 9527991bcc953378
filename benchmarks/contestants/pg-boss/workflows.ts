// workflows: a chain of three queues, as pg-boss has no workflows of code: the transactional worker of one step inserts the next step's jobs, so
// that a result and the job that follows from it are durable together. The last step tells the client by NOTIFY within its own
// transaction, which is told with the commit.
import pg from "pg";
import { createQueues, open, stop, version } from "./boss.ts";
import { Waiting } from "../../harness/waiting.ts";
import type { WorkflowStep, WorkflowTask } from "../../harness/contract.ts";

interface Order { readonly id: string }

/** Tried with 2,000 runs, 50 open: batches of 25 and 50, one and two local workers, the shared table and partitions. */
const batchSize = Number(process.env["BENCH_PGBOSS_CHAIN_BATCH"] ?? 50);
const localConcurrency = Number(process.env["BENCH_PGBOSS_CHAIN_WORKERS"] ?? 1);
const partition = process.env["BENCH_PGBOSS_CHAIN_PARTITION"] === "on";
const CHANNEL = "bench_ended";

export const workflows: WorkflowTask = {
  traits: {
    version,
    settings: [
      `three queues ${partition ? "in partitions of their own" : "in the shared table"}`,
      `transactional work() with batchSize ${batchSize}, localConcurrency ${localConcurrency}, burstWhenBatchFull`,
      "woken by NOTIFY, polls of 0.5 s beside; the end is seen by NOTIFY of the last step's transaction",
    ].join("; "),
    validation: false,
    perMessageFailure: false,
    guarantee: "a batch of steps at least once, its results and next steps together",
  },
  definition: new URL(import.meta.url),
  prepare: (context) => createQueues(context, ["reserve", "charge", "book"], { partition, notify: true }),
  async open(context, perform) {
    const waiting = new Waiting();
    const listener = new pg.Client(context.url);
    await listener.connect();
    listener.on("notification", ({ payload }) => { for (const id of (payload ?? "").split(" ")) waiting.end(id); });
    await listener.query(`listen ${CHANNEL}`);
    const boss = await open(context, { useListenNotify: true });
    const options = {
      transactional: true, batchSize, localConcurrency, burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5,
    } as const;
    type Options = { transactional: true; batchSize: number; localConcurrency: number; burstWhenBatchFull: true;
      pollingIntervalSeconds: number; notifyPollingIntervalSeconds: number };
    const step = (name: WorkflowStep, ids: readonly string[]): Promise<unknown> => Promise.all(ids.map((id) => perform(name, id)));
    // definition begins
    const order = (name: WorkflowStep, next: WorkflowStep | null) => boss.work<Order, unknown, Options>(name, options, async (jobs, tx) => {
      const ids = jobs.map((job) => job.data.id);
      await step(name, ids);
      if (next !== null) await boss.insert(next, ids.map((id) => ({ data: { id } })), { returnId: false, db: tx });
      else await tx.executeSql("select pg_notify($1, $2)", [CHANNEL, ids.join(" ")]);
    });
    await order("reserve", "charge");
    await order("charge", "book");
    await order("book", null);
    // definition ends
    return {
      run: (id) => ({ ended: waiting.for(id), published: boss.send("reserve", { id }) }),
      async stop() {
        await stop(boss);
        await listener.end();
      },
    };
  },
  async completed(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ n: string }>("select count(*) as n from pgboss.job where name = 'book' and state = 'completed'");
    await client.end();
    return Number(rows[0]?.n);
  },
};
