// What a process had to do beyond its work: what it tried again (handlers, and calls to the provider beyond the one that each outcome needs),
// and how often it went to see whether the provider was back.
import type { AppStats } from "evenkeel";
import { z } from "zod";

export const Work = z.object({ retries: z.int(), probes: z.int() });
export type Work = z.infer<typeof Work>;

export function workOf(stats: AppStats): Work {
  let retries = Object.values(stats.groups).reduce((sum, group) => sum + group.retries, 0);
  let probes = 0;
  for (const calls of Object.values(stats.calls)) {
    retries += Math.max(0, calls.performed + calls.asked - calls.outcomes - calls.underWay);
    probes += calls.probes;
  }
  return { retries, probes };
}
