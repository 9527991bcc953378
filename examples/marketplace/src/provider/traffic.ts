// Counts what reaches the provider: requests per tenth of a second, and how many about charges were under way at once. Operators' requests are
// not counted.
import type { ServerResponse } from "node:http";
import type { Traffic } from "./contract.ts";

const TRAFFIC_BUCKET_MS = 100;

interface TrafficCount {
  /** A request has arrived; it is under way until its answer is out or its connection gone. */
  arrived(path: string, response: ServerResponse): void;
  read(): Traffic;
}

export function countTraffic(): TrafficCount {
  const buckets: { at: number; requests: number; atOnce: number }[] = [];
  let underWay = 0;
  return {
    arrived(path, response) {
      if (path.startsWith("/charges")) {
        underWay += 1;
        response.once("close", () => { underWay -= 1; });
      }
      const at = Math.floor(Date.now() / TRAFFIC_BUCKET_MS) * TRAFFIC_BUCKET_MS;
      const last = buckets.at(-1);
      // A clock that was set back counts on in the newest bucket.
      if (last === undefined || at > last.at) buckets.push({ at, requests: 1, atOnce: underWay });
      else {
        last.requests += 1;
        last.atOnce = Math.max(last.atOnce, underWay);
      }
    },
    read: () => ({ kind: "traffic", bucketMs: TRAFFIC_BUCKET_MS, buckets: buckets.map(({ at, requests, atOnce }) => [at, requests, atOnce]) }),
  };
}
