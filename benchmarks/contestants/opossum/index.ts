// opossum with what it has: breaker, timeout, capacity. No queue, no retries, no deadline; percentiles and snapshots are off, as its
// documentation advises where nobody reads them. One signal serves all calls of a breaker.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import CircuitBreaker from "opossum";
import { parseObject, stringAt } from "../../harness/json.ts";
import type { Contestant } from "../../harness/contract.ts";

const manifest = createRequire(import.meta.url).resolve("opossum/package.json");

const contestant: Contestant = {
  name: "opossum",
  policy: {
    traits: {
      version: stringAt(parseObject(readFileSync(manifest, "utf8")), "version"), validation: false, perMessageFailure: true,
      settings: "capacity 16, breaker over 10 s in 10 buckets, timeout 10 s, percentiles and snapshots off",
      guarantee: "no queue, deadline, retry or budget; one signal for all calls",
    },
    settleMs: 11_000,
    async open(fn) {
      const abortController = new AbortController();
      const breaker = new CircuitBreaker(() => fn(() => abortController.signal), {
        timeout: 10_000, capacity: 16, errorThresholdPercentage: 50, volumeThreshold: 20, resetTimeout: 5_000,
        rollingCountTimeout: 10_000, rollingCountBuckets: 10, rollingPercentilesEnabled: false, enableSnapshots: false, abortController,
      });
      return { call: () => breaker.fire(), close: () => breaker.shutdown() };
    },
  },
};
export default contestant;
