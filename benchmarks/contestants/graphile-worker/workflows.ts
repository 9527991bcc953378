// workflows: a chain of three tasks, as graphile-worker has no workflows of code: each adds the next job, whose key keeps a repeated step from
// adding it twice. A job's completion is not told when it is durable, so the last task writes the run's end to a table of the user's, and
// the client sees the end when that is committed.
import { makeWorkerUtils, type Task } from "graphile-worker";
import pg from "pg";
import { inWords, migrate, start, version, type Settings } from "./runner.ts";
import { Waiting } from "../../harness/waiting.ts";
import type { WorkflowTask } from "../../harness/contract.ts";

/** Tried with 2,000 runs, 50 open: 24 and 50 jobs, no local queue and ones of 100 and 500. */
const settings: Settings = {
  concurrentJobs: Number(process.env["BENCH_GRAPHILE_CHAIN_JOBS"] ?? 50),
  maxPoolSize: Number(process.env["BENCH_GRAPHILE_CHAIN_POOL"] ?? 25),
  ...(process.env["BENCH_GRAPHILE_CHAIN_QUEUE"] === "off" ? {} : { localQueue: { size: Number(process.env["BENCH_GRAPHILE_CHAIN_QUEUE"] ?? 100) } }),
  completeJobBatchDelay: Number(process.env["BENCH_GRAPHILE_CHAIN_DELAY"] ?? 0),
  failJobBatchDelay: 0,
};

export const workflows: WorkflowTask = {
  traits: {
    version,
    settings: `three tasks, addJob with a key; ${inWords(settings)}; woken by NOTIFY, polls of 2 s beside; the end is the commit of a row that the last task inserts`,
    validation: false,
    perMessageFailure: true,
    guarantee: "steps at least once",
  },
  definition: new URL(import.meta.url),
  async prepare(context) {
    await migrate(context);
    await sql(context.url, "create table run_ended (id text primary key)");
  },
  async open(context, perform) {
    const waiting = new Waiting();
    // definition begins
    const tasks: Record<string, Task> = {
      reserve: async (payload, { addJob }) => {
        await perform("reserve", idOf(payload));
        await addJob("charge", payload, { jobKey: `charge-${idOf(payload)}` });
      },
      charge: async (payload, { addJob }) => {
        await perform("charge", idOf(payload));
        await addJob("book", payload, { jobKey: `book-${idOf(payload)}` });
      },
      book: async (payload, { query }) => {
        await perform("book", idOf(payload));
        await query("insert into run_ended values ($1) on conflict do nothing", [idOf(payload)]);
        waiting.end(idOf(payload));
      },
    };
    // definition ends
    const utils = await makeWorkerUtils({ connectionString: context.url, maxPoolSize: 10 });
    const running = await start(context, settings, tasks);
    return {
      run: (id) => ({ ended: waiting.for(id), published: utils.addJob("reserve", { id }) }),
      async stop() {
        await running.stop();
        await utils.release();
      },
    };
  },
  completed: async (context) => Number((await sql(context.url, "select count(*) as n from run_ended"))?.["n"]),
};

function idOf(payload: unknown): string {
  if (typeof payload === "object" && payload !== null && "id" in payload && typeof payload.id === "string") return payload.id;
  throw new Error(`not an order: ${JSON.stringify(payload)}`);
}

async function sql(url: string, text: string): Promise<Record<string, unknown> | undefined> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows[0];
}
