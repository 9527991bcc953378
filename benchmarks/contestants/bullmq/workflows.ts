// workflows: one job per run that keeps in its data which step comes next, BullMQ's pattern "process step jobs"; each `updateData` is durable before
// the next step, as Redis appends and flushes its file with every write (appendfsync always).
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { Waiting } from "../../harness/waiting.ts";
import type { WorkflowStep, WorkflowTask } from "../../harness/contract.ts";

const version = "6.7.0";
const steps: readonly WorkflowStep[] = ["reserve", "charge", "book"];

interface Order { readonly id: string; readonly step: number }

/** As many as runs are open; others were not tried. */
const concurrency = Number(process.env["BENCH_BULLMQ_CONCURRENCY"] ?? 50);

export const workflows: WorkflowTask = {
  store: "redis",
  traits: {
    version,
    settings: `one job per run, updateData after each step, concurrency ${concurrency}; blocks for new jobs; the end is the worker's event "completed"; Redis with appendfsync always`,
    validation: false,
    perMessageFailure: true,
    guarantee: "steps at least once",
  },
  definition: new URL(import.meta.url),
  async prepare(context) {
    const redis = new Redis(context.url);
    await redis.flushall();
    await redis.quit();
  },
  async open(context, perform) {
    const waiting = new Waiting();
    const connection = { path: context.url, maxRetriesPerRequest: null };
    const queue = new Queue<Order>("order", { connection });
    // definition begins
    const worker = new Worker<Order>("order", async (job) => {
      for (let { id, step } = job.data; step < steps.length; step++) {
        await perform(steps[step] ?? "book", id);
        if (step + 1 < steps.length) await job.updateData({ id, step: step + 1 });
      }
    }, { connection, concurrency });
    // definition ends
    worker.on("completed", (job) => { waiting.end(job.data.id); });
    worker.on("error", (error) => process.stderr.write(`bullmq: ${error.message}\n`));
    await worker.waitUntilReady();
    return {
      run: (id) => ({ ended: waiting.for(id), published: queue.add("order", { id, step: 0 }) }),
      async stop() {
        await worker.close();
        await queue.close();
      },
    };
  },
  async completed(context) {
    const queue = new Queue<Order>("order", { connection: { path: context.url } });
    const count = await queue.getCompletedCount();
    await queue.close();
    return count;
  },
};
