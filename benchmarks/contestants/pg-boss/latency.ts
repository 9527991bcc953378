// latency: `send` to a queue with notify, LISTEN on; behind the pooler a poll each 500 ms, the least pg-boss takes.
import { createQueues, open, openProducer, stop, version } from "./boss.ts";
import type { LatencyTask, Payload } from "../../harness/contract.ts";

export const latency: LatencyTask = {
  traits: {
    version,
    settings: "send(), queue with notify, useListenNotify, batchSize 100; behind the pooler polling only",
    validation: false,
    perMessageFailure: false,
    guarantee: "at least once",
  },
  prepare: (context) => createQueues(context, ["bench"], { notify: true }),
  async publisher(context) {
    const boss = await openProducer(context);
    return {
      async publish(payload) {
        await boss.send("bench", payload);
      },
      close: () => stop(boss),
    };
  },
  async work(context, handle) {
    const boss = await open(context, { useListenNotify: !context.pooled });
    const seconds = context.pollIntervalMs / 1000;
    await boss.work<Payload>(
      "bench",
      { batchSize: 100, pollingIntervalSeconds: seconds, ...(context.pooled ? {} : { notifyPollingIntervalSeconds: 30 }) },
      async (jobs) => {
        for (const job of jobs) await handle(job.data);
      },
    );
    return { stop: () => stop(boss) };
  },
};
