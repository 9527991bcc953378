// workflows: client and worker in one process. A handle's `result()` polls once a second, which would hold 50 open runs below 50 a second; so the
// client sees an end when the backend's `completeWorkflowRun` has resolved in this process, which is the earliest moment at which it is durable.
import { OpenWorkflow } from "openworkflow";
import { BackendPostgres } from "openworkflow/postgres";
import pg from "pg";
import postgres from "postgres";
import { Waiting } from "../../harness/waiting.ts";
import type { WorkflowTask } from "../../harness/contract.ts";

const version = "0.10.1";

/** Tried with 2,000 runs, 50 open: concurrency of 60 and 100 (a look at the table for every free slot, each in turn). */
const concurrency = Number(process.env["BENCH_OPENWORKFLOW_CONCURRENCY"] ?? 60);
const connections = Number(process.env["BENCH_OPENWORKFLOW_POOL"] ?? 20);

export const workflows: WorkflowTask = {
  traits: {
    version,
    settings: `worker concurrency ${concurrency}, ${connections} connections; the worker polls at once while it finds runs, else after 50 to 1,000 ms (constants); the end is seen when completeWorkflowRun has resolved in the same process`,
    validation: false,
    perMessageFailure: true,
    guarantee: "steps at least once",
  },
  definition: new URL(import.meta.url),
  async prepare(context) {
    await (await BackendPostgres.connect(urlOf(context.url))).stop();
  },
  async open(context, perform) {
    const waiting = new Waiting();
    const sql = postgres(urlOf(context.url), { max: connections, transform: { column: { from: postgres.toCamel } } });
    const backend = BackendPostgres.fromPool(sql);
    const complete = backend.completeWorkflowRun.bind(backend);
    backend.completeWorkflowRun = async (params) => {
      const run = await complete(params);
      if (typeof run.input === "string") waiting.end(run.input);
      return run;
    };
    const ow = new OpenWorkflow({ backend });
    // definition begins
    const order = ow.defineWorkflow<string, unknown>({ name: "order" }, async ({ input: id, step }) => {
      await step.run({ name: "reserve" }, () => perform("reserve", id));
      await step.run({ name: "charge" }, () => perform("charge", id));
      await step.run({ name: "book" }, () => perform("book", id));
    });
    // definition ends
    const worker = ow.newWorker({ concurrency });
    await worker.start();
    return {
      run: (id) => ({ ended: waiting.for(id), published: order.run(id) }),
      async stop() {
        await worker.stop();
        await sql.end();
      },
    };
  },
  async completed(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ n: string }>("select count(*) as n from openworkflow.workflow_runs where status = 'completed'");
    await client.end();
    return Number(rows[0]?.n);
  },
};

/** postgres.js takes the folder of a socket from the environment, not from a URL. */
function urlOf(text: string): string {
  const url = new URL(text);
  const folder = url.searchParams.get("host");
  if (folder === null) return text;
  Object.assign(process.env, { PGHOST: folder, PGPORT: url.port, PGUSER: url.username });
  return `postgres://${url.pathname}`;
}
