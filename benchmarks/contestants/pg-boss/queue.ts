// drain, together and kill: one queue, one job per message, handlers that get a batch.
import { countOpen, createQueues, insert, open, partition, stop, throughputWords, throughputWork, version } from "./boss.ts";
import type { Payload, QueueTask } from "../../harness/contract.ts";

export const drain: QueueTask = {
  // The handler's batch fails or succeeds as a whole; `perJobResults` would settle jobs apart at a higher price.
  traits: { version, settings: throughputWords, validation: false, perMessageFailure: false, guarantee: "at least once" },
  prepare: (context) => createQueues(context, ["bench"], { partition, notify: true }),
  produce: (context, range) => insert(context, range, ["bench"]),
  async work(context, handle) {
    const boss = await open(context, { useListenNotify: true });
    await boss.work<Payload>("bench", throughputWork, async (jobs) => {
      for (const job of jobs) {
        const pending = handle(job.data);
        if (pending !== undefined) await pending;
      }
    });
    return { stop: () => stop(boss) };
  },
  pending: countOpen,
};

export const together: QueueTask = drain;

/** The shortest heartbeat pg-boss accepts, and its monitor every second. */
export const kill: QueueTask = {
  ...drain,
  traits: {
    version,
    settings:
      "batchSize = messages in flight, heartbeatSeconds 10 (the least allowed), supervise and monitor each second, retryLimit 2",
    validation: false,
    perMessageFailure: false,
    guarantee: "at least once",
  },
  prepare: (context) => createQueues(context, ["bench"], { partition, notify: true, heartbeatSeconds: 10, retryLimit: 2 }),
  async work(context, handle) {
    const boss = await open(context, {
      useListenNotify: true,
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      maintenanceIntervalSeconds: 1,
    });
    await boss.work<Payload>(
      "bench",
      { batchSize: context.concurrency, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 },
      async (jobs) => {
        await Promise.all(jobs.map((job) => handle(job.data)));
      },
    );
    return { stop: () => stop(boss) };
  },
};
