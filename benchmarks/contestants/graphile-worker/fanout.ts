// fanout: the library has no subscriptions; the publisher adds one job per group, in one call and commit.
import { addJobs, countJobs, inWords, migrate, start, throughput, toPayload, version } from "./runner.ts";
import type { FanoutTask } from "../../harness/contract.ts";

export const fanout: FanoutTask = {
  traits: {
    version,
    settings: `a job per event and group, added in one call; ${inWords(throughput)}`,
    validation: false,
    perMessageFailure: true,
    guarantee: "at least once per group",
  },
  prepare: migrate,
  produce: (context, range, groups) => addJobs(context, range, groups),
  work: (context, groups, handle) =>
    start(
      context,
      throughput,
      Object.fromEntries(groups.map((group) => [group, (payload: unknown) => handle(group, toPayload(payload))])),
    ),
  pending: countJobs,
};
