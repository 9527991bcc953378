// How often work had to be tried again in this process: handlers, and calls to the provider beyond the one that each outcome needs.
import type { AppStats } from "evenkeel";

export function retriesOf(stats: AppStats): number {
  const handlers = Object.values(stats.groups).reduce((sum, group) => sum + group.retries, 0);
  const calls = Object.values(stats.calls).reduce((sum, one) => sum + Math.max(0, one.performed + one.asked - one.outcomes - one.underWay), 0);
  return handlers + calls;
}
