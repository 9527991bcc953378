// Starts graphile-worker and fills its queue; the settings of the throughput questions are chosen here.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import type { Task } from "graphile-worker";
import pg from "pg";
import type { Context, Payload, Range, Running } from "../../harness/contract.ts";

export const version = "0.18.0";

/** The library logs each job to the console otherwise, which would be measured as well. */
const logger = new Logger(() => (level, message) => {
  if (level === "error") process.stderr.write(`graphile-worker: ${message}\n`);
});

export interface Settings {
  readonly concurrentJobs: number;
  readonly maxPoolSize: number;
  readonly localQueue?: { readonly size: number };
  readonly completeJobBatchDelay?: number;
  readonly failJobBatchDelay?: number;
  readonly minResetLockedInterval?: number;
  readonly maxResetLockedInterval?: number;
}

/** The project's own performance page uses 24 jobs, 25 connections, a local queue of 500 and both delays 0. Tried with
 *  50,000 jobs on two cores: local queues of 500, 2,000, 5,000 and 10,000, 24 and 100 jobs, delays of 0, 25 and 100 ms;
 *  these cost the least CPU per job. Try again with BENCH_GRAPHILE_QUEUE, BENCH_GRAPHILE_JOBS and BENCH_GRAPHILE_DELAY.
 *  No refetch delay: it saves queries of many idle workers and only holds up a single one. */
export const throughput: Settings = {
  concurrentJobs: Number(process.env["BENCH_GRAPHILE_JOBS"] ?? 24),
  maxPoolSize: 25,
  localQueue: { size: Number(process.env["BENCH_GRAPHILE_QUEUE"] ?? 5_000) },
  completeJobBatchDelay: Number(process.env["BENCH_GRAPHILE_DELAY"] ?? 25),
  failJobBatchDelay: Number(process.env["BENCH_GRAPHILE_DELAY"] ?? 25),
};

export const inWords = (s: Settings): string =>
  [
    `concurrentJobs ${s.concurrentJobs}`,
    `localQueue ${s.localQueue?.size ?? "off"}`,
    `completeJobBatchDelay ${s.completeJobBatchDelay ?? "off"}`,
    `failJobBatchDelay ${s.failJobBatchDelay ?? "off"}`,
    `maxPoolSize ${s.maxPoolSize}`,
  ].join(", ");

export async function migrate(context: Context): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString: context.url, logger });
  await utils.migrate();
  await utils.release();
}

export async function start(context: Context, settings: Settings, tasks: Record<string, Task>): Promise<Running> {
  const runner = await run({
    preset: {
      worker: {
        ...settings,
        connectionString: context.url,
        logger,
        ...(context.pooled ? { preparedStatements: false, pollInterval: context.pollIntervalMs } : {}),
      },
    },
    taskList: tasks,
    crontab: "",
    noHandleSignals: true,
  });
  return { stop: () => runner.stop() };
}

/** The library's SQL function, called with specs that the server builds and with no row sent back: its JavaScript `addJobs`
 *  returns every job and is slower. 10,000 per call and commit. */
export async function addJobs(context: Context, range: Range, identifiers: readonly string[]): Promise<void> {
  const client = new pg.Client(context.url);
  await client.connect();
  const size = Math.ceil(10_000 / identifiers.length);
  for (let first = range.first; first < range.first + range.count; first += size) {
    const lines: string[] = [];
    for (let n = first; n < Math.min(first + size, range.first + range.count); n++)
      lines.push(JSON.stringify(context.payload(n)));
    await addLines(client, lines, identifiers);
  }
  await client.end();
}

export async function addLines(client: pg.Client, lines: readonly string[], identifiers: readonly string[]): Promise<void> {
  await client.query({
    name: "add",
    text: `select count(*) from graphile_worker.add_jobs(array(
             select (identifier, line::json, null, null, null, null, null, null)::graphile_worker.job_spec
               from string_to_table($1, E'\\n') as line, unnest($2::text[]) as identifier))`,
    values: [lines.join("\n"), identifiers],
  });
}

export async function countJobs(context: Context): Promise<number> {
  const client = new pg.Client(context.url);
  await client.connect();
  const { rows } = await client.query<{ n: string }>("select count(*) as n from graphile_worker.jobs");
  await client.end();
  return Number(rows[0]?.n);
}

export function toPayload(value: unknown): Payload {
  if (!isPayload(value)) throw new Error(`not a payload: ${JSON.stringify(value)}`);
  return value;
}

const isPayload = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "number";
