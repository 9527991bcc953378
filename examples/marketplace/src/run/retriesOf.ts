// How often work had to be tried again in this process: handlers, and calls to the provider beyond the one that each outcome needs.
import type { AppStats } from "evenkeel";

export function retriesOf(stats: AppStats): number {
  const handlers = Object.values(stats.groups).reduce((sum, group) => sum + group.retries, 0);
  let calls = 0;
  for (const { performed, asked, outcomes, underWay } of Object.values(stats.calls)) calls += Math.max(0, performed + asked - outcomes - underWay);
  return handlers + calls;
}
