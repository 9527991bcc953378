// The front door's policy: core's, on the clocks and timers of Node.js.
import { policyOn, type Policy, type PolicyOptions } from "@evenkeel/core";
import type { Log } from "@evenkeel/core/spi";
import { nodeHost } from "@evenkeel/postgres";
import { consoleLog } from "./console-log.ts";

export interface NodePolicyOptions extends PolicyOptions {
  /** Receives structured log lines, as when the breaker opens; default: warnings and errors on standard error. */
  readonly log?: Log;
}

/**
 * Makes a policy for calls of one dependency, around any function. The order is fixed: fallback, bulkhead, deadline, retry with its budget,
 * breaker, timeout, call. Each part is there if it is named; `{}` takes its defaults.
 *
 * Guarantees: a run settles at its deadline at the latest; an attempt's signal aborts when its time is up. Does not stop a function that
 * ignores its signal, and does not make repeats harmless: with `retry`, hand it only what may be repeated. An attempt that timed out may
 * have had its effect: where that matters, request a call of a port instead. State is of this process alone.
 *
 * Errors of `run`: whatever the function throws, `CIRCUIT_OPEN`, `BULKHEAD_FULL`, `CALL_TIMEOUT`, `DEADLINE_EXCEEDED`, the reason of the
 * caller's signal. When attempts, time or the budget end the retries it is the last failure. Of this function: `CONFIG_INVALID`.
 *
 * @example
 * const rates = policy({ name: "rates", timeoutMs: 500, deadlineMs: 2_000, retry: {}, breaker: {}, bulkhead: {} });
 * const rate = await rates.run(({ signal }) => fetchRate("EUR", signal));
 */
export function policy(options: NodePolicyOptions): Policy {
  const { log, ...rest } = options;
  return policyOn(nodeHost(log ?? consoleLog()), rest);
}
