// Evenkeel's policy with all its parts at their defaults.
import { policy as policyOf } from "evenkeel";
import { traits } from "./app.ts";
import type { PolicyTask } from "../../harness/contract.ts";

export const policy: PolicyTask = {
  traits: {
    ...traits, validation: false,
    settings: "bulkhead 16 and 64, deadline 30 s, 3 attempts with budget, breaker over 10 s in 10 buckets, timeout 10 s",
    guarantee: "all parts; a signal per attempt, made when it is read",
  },
  settleMs: 200,
  async open(fn) {
    const policy = policyOf({ name: "bench", bulkhead: { concurrency: 16, queue: 64 }, deadlineMs: 30_000, retry: {}, breaker: {}, timeoutMs: 10_000 });
    return { call: () => policy.run((attempt) => fn(() => attempt.signal)), close: () => undefined };
  },
};
