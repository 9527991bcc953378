// latency: `addJob`, no local queue and no batched completion (both trade latency for throughput).
import { makeWorkerUtils } from "graphile-worker";
import { inWords, migrate, start, toPayload, version } from "./runner.ts";
import type { LatencyTask } from "../../harness/contract.ts";

const settings = { concurrentJobs: 4, maxPoolSize: 10 };

export const latency: LatencyTask = {
  traits: {
    version,
    settings: `addJob; ${inWords(settings)}; behind the pooler without prepared statements`,
    validation: false,
    perMessageFailure: true,
    guarantee: "at least once",
  },
  prepare: migrate,
  async publisher(context) {
    const utils = await makeWorkerUtils({ connectionString: context.url });
    return {
      async publish(payload) {
        await utils.addJob("bench", payload);
      },
      async close() {
        await utils.release();
      },
    };
  },
  work: (context, handle) => start(context, settings, { bench: (payload) => handle(toPayload(payload)) }),
};
