// fanout: a queue per group. `publish()` copies one event at a time to the subscribed queues; inserting batches into each
// queue in one transaction does the same for many events at a fraction of the price.
import { countOpen, createQueues, insert, open, partition, stop, throughputWords, throughputWork, version } from "./boss.ts";
import type { FanoutTask, Payload } from "../../harness/contract.ts";

const groupsKnown = ["billing", "shipping", "stock", "mail", "audit"];

export const fanout: FanoutTask = {
  traits: {
    version,
    settings: `a queue per group, insert() into each in one transaction; ${throughputWords}`,
    validation: false,
    perMessageFailure: false,
    guarantee: "at least once per group",
  },
  prepare: (context) => createQueues(context, groupsKnown, { partition, notify: true }),
  produce: insert,
  async work(context, groups, handle) {
    const boss = await open(context, { useListenNotify: true });
    for (const group of groups) {
      await boss.work<Payload>(group, throughputWork, async (jobs) => {
        for (const job of jobs) {
          const pending = handle(group, job.data);
          if (pending !== undefined) await pending;
        }
      });
    }
    return { stop: () => stop(boss) };
  },
  pending: countOpen,
};
