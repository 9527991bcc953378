// drain, together and kill: one task, one job per message.
import { addJobs, countJobs, inWords, migrate, start, throughput, toPayload, version } from "./runner.ts";
import type { Settings } from "./runner.ts";
import type { Context, QueueTask } from "../../harness/contract.ts";

const task = (settings: (context: Context) => Settings, words: string): QueueTask => ({
  traits: { version, settings: words, validation: false, perMessageFailure: true, guarantee: "at least once" },
  prepare: migrate,
  produce: (context, range) => addJobs(context, range, ["bench"]),
  work: (context, handle) => start(context, settings(context), { bench: (payload) => handle(toPayload(payload)) }),
  pending: countJobs,
});

export const drain = task(() => throughput, inWords(throughput));
export const together = drain;

/** A dead worker's jobs stay locked until they are four hours old, a constant of the library; sweeps every 8 to 10 minutes
 *  are an option, here made every second. Its remedy for a known dead worker, `forceUnlockWorkers`, is a call by hand. */
export const kill: QueueTask = {
  ...task(
    (context) => ({
      concurrentJobs: context.concurrency,
      maxPoolSize: 25,
      localQueue: { size: context.concurrency },
      minResetLockedInterval: 1_000,
      maxResetLockedInterval: 1_000,
    }),
    "concurrentJobs = localQueue = messages in flight, reset of old locks every second; locks of a dead worker expire after 4 h (constant)",
  ),
};
