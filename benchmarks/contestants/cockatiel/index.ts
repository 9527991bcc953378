// cockatiel with the same parts in the same order: an outer timeout is the deadline, its sampling breaker has a rolling window. It has no
// retry budget. A signal is made per timeout and handed to the function, read or not.
import {
  bulkhead, circuitBreaker, ExponentialBackoff, handleAll, retry, SamplingBreaker, timeout, TimeoutStrategy, wrap,
} from "cockatiel";
import { createRequire } from "node:module";
import { parseObject, stringAt } from "../../harness/json.ts";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Contestant } from "../../harness/contract.ts";

const manifest = join(dirname(createRequire(import.meta.url).resolve("cockatiel")), "..", "package.json");

const contestant: Contestant = {
  name: "cockatiel",
  policy: {
    traits: {
      version: stringAt(parseObject(readFileSync(manifest, "utf8")), "version"), validation: false, perMessageFailure: true,
      settings: "bulkhead 16 and 64, timeout 30 s, 3 attempts with exponential backoff, sampling breaker over 10 s, timeout 10 s",
      guarantee: "no retry budget; a signal per timeout",
    },
    settleMs: 200,
    async open(fn) {
      const policy = wrap(
        bulkhead(16, 64),
        timeout(30_000, TimeoutStrategy.Aggressive),
        retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
        circuitBreaker(handleAll, { halfOpenAfter: 5_000, breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 2 }) }),
        timeout(10_000, TimeoutStrategy.Aggressive),
      );
      return { call: () => policy.execute(({ signal }) => fn(() => signal)), close: () => undefined };
    },
  },
};
export default contestant;
