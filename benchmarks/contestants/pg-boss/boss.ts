// Starts pg-boss and fills its queues; the settings of the throughput questions are chosen here.
import { PgBoss } from "pg-boss";
import type { ConstructorOptions, Db } from "pg-boss";
import pg from "pg";
import type { Context, Payload, Range } from "../../harness/contract.ts";

export const version = "12.38.0";

/** Tried with 50,000 jobs on two cores: batches of 100, 500, 1,000, 2,000, 5,000 and 10,000 with one, two and four local
 *  workers, the queue in the shared table and in a partition of its own; 500 and 1,000 with two workers were the best pair.
 *  Try again with BENCH_PGBOSS_BATCH, BENCH_PGBOSS_WORKERS and BENCH_PGBOSS_PARTITION=off. `burstWhenBatchFull` fetches on
 *  without a pause. */
const batchSize = Number(process.env["BENCH_PGBOSS_BATCH"] ?? 1_000);
const localConcurrency = Number(process.env["BENCH_PGBOSS_WORKERS"] ?? 2);
export const partition = process.env["BENCH_PGBOSS_PARTITION"] !== "off";

export const throughputWords = [
  `work() with batchSize ${batchSize}, localConcurrency ${localConcurrency}, burstWhenBatchFull, notify`,
  `queue ${partition ? "in its own partition" : "in the shared table"}`,
  "insert() of 5,000",
].join("; ");

/** What `work()` gets in the throughput questions. */
export const throughputWork = {
  batchSize,
  localConcurrency,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
} as const;

export async function open(context: Context, more: ConstructorOptions = {}): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: context.url, schedule: false, ...more });
  boss.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  return boss;
}

/** For processes that only insert: no maintenance, no migration. */
export const openProducer = (context: Context): Promise<PgBoss> =>
  open(context, { supervise: false, migrate: false, registerInstance: false });

export const stop = (boss: PgBoss): Promise<void> => boss.stop({ graceful: true, close: true, timeout: 30_000 });

export async function createQueues(
  context: Context,
  names: readonly string[],
  options: Parameters<PgBoss["createQueue"]>[1],
): Promise<void> {
  const boss = await open(context);
  for (const name of names) await boss.createQueue(name, options);
  await stop(boss);
}

/** 5,000 per call and commit; with several queues one transaction holds the calls, so an event is in all queues or none. */
export async function insert(context: Context, range: Range, queues: readonly string[]): Promise<void> {
  const boss = await openProducer(context);
  const client = new pg.Client(context.url);
  await client.connect();
  const db = dbOf(client);
  const size = 5_000;
  for (let first = range.first; first < range.first + range.count; first += size) {
    const jobs: { data: Payload }[] = [];
    for (let n = first; n < Math.min(first + size, range.first + range.count); n++) jobs.push({ data: context.payload(n) });
    if (queues.length > 1) await client.query("begin");
    for (const queue of queues) await boss.insert(queue, jobs, { returnId: false, db });
    if (queues.length > 1) await client.query("commit");
  }
  await client.end();
  await stop(boss);
}

export const dbOf = (client: pg.Client): Db => ({
  executeSql: (text, values) => client.query(text, values === undefined ? [] : [...values]),
});

export async function countOpen(context: Context): Promise<number> {
  const client = new pg.Client(context.url);
  await client.connect();
  const { rows } = await client.query<{ n: string }>("select count(*) as n from pgboss.job where state < 'completed'");
  await client.end();
  return Number(rows[0]?.n);
}
