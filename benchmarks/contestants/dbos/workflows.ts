// workflows: started in the process that runs them, without a queue, which is DBOS's shortest way: the run's row is written, then it begins. The
// handle of a run in this process waits for its promise and polls nothing.
import { DBOS } from "@dbos-inc/dbos-sdk";
import pg from "pg";
import type { Context, WorkflowStep, WorkflowTask } from "../../harness/contract.ts";

const version = "5.3.0";

/** Tried with 2,000 runs, 50 open: 10 (the default), 20 and 50 connections. */
const connections = Number(process.env["BENCH_DBOS_POOL"] ?? 20);

function configure(context: Context): pg.Pool {
  const pool = new pg.Pool({ connectionString: context.url, max: connections });
  pool.on("error", (error) => process.stderr.write(`dbos: ${error.message}\n`));
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: context.url, systemDatabasePool: pool, logLevel: "error", applicationVersion: "1", executorID: "bench" });
  return pool;
}

export const workflows: WorkflowTask = {
  traits: {
    version,
    settings: `startWorkflow without a queue, ${connections} connections, no telemetry; the end is seen by the handle in the same process, which polls nothing`,
    validation: false,
    perMessageFailure: true,
    guarantee: "steps at least once",
  },
  definition: new URL(import.meta.url),
  async prepare(context) {
    const pool = configure(context);
    await DBOS.launch();
    await DBOS.shutdown();
    await pool.end();
  },
  async open(context, perform) {
    const pool = configure(context);
    const step = (name: WorkflowStep, id: string) => () => perform(name, id);
    // definition begins
    const order = DBOS.registerWorkflow(async (id: string) => {
      await DBOS.runStep(step("reserve", id), { name: "reserve" });
      await DBOS.runStep(step("charge", id), { name: "charge" });
      await DBOS.runStep(step("book", id), { name: "book" });
    }, { name: "order" });
    // definition ends
    await DBOS.launch();
    return {
      run(id) {
        const published = DBOS.startWorkflow(order, { workflowID: id })(id);
        return { published, ended: published.then((handle) => handle.getResult()) };
      },
      async stop() {
        await DBOS.shutdown();
        await pool.end();
      },
    };
  },
  async completed(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ n: string }>("select count(*) as n from dbos.workflow_status where status = 'SUCCESS'");
    await client.end();
    return Number(rows[0]?.n);
  },
};
