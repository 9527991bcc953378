// An operation's policy with its defaults filled in: the one place that knows them.
import type { OperationSpec } from "../decide/port.ts";

export interface CallPolicy {
  /** Attempts under way at once in one process. */
  readonly concurrency: number;
  /** Attempts that were certainly not performed before the outcome `notPerformed`. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly reconcile: "ask" | "repeat";
  /** One attempt's time; the machine leaves it to whoever performs. */
  readonly timeoutMs: number;
}

export function callPolicy(spec: Pick<OperationSpec, keyof CallPolicy>): CallPolicy {
  return {
    concurrency: spec.concurrency ?? 16,
    attempts: spec.attempts ?? 8,
    backoffMs: spec.backoffMs ?? 200,
    maxBackoffMs: spec.maxBackoffMs ?? 30_000,
    reconcile: spec.reconcile ?? "ask",
    timeoutMs: spec.timeoutMs ?? 10_000,
  };
}

/** The policy of an operation that this application no longer declares: its calls are refused, not performed. */
export const UNDECLARED: CallPolicy = callPolicy({});
