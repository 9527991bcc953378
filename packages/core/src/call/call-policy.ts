// An operation's policy with its defaults filled in.
import { DEFAULT_OPERATION, type OperationSpec } from "../decide/operation-spec.ts";
import { DEFAULT_BREAKER, type BreakerSettings } from "../resilience/breaker.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetSettings } from "../resilience/retry-budget.ts";

interface CallBreaker extends BreakerSettings {
  /** All workers have this breaker together, in the store. Default false. */
  readonly shared?: boolean;
}

export interface CallPolicy {
  /** Attempts under way at once in one process. */
  readonly concurrency: number;
  /** Shared with the other operations that name it. */
  readonly bulkhead: { readonly name: string; readonly concurrency: number } | null;
  readonly breaker: CallBreaker | null;
  readonly budget: RetryBudgetSettings | null;
  /** Attempts that were certainly not performed before the outcome `notPerformed`. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly reconcile: "ask" | "repeat";
  /** One attempt's time; the machine leaves it to whoever performs. */
  readonly timeoutMs: number;
}

export function callPolicy(spec: Pick<OperationSpec, keyof CallPolicy>): CallPolicy {
  const timeoutMs = spec.timeoutMs ?? DEFAULT_OPERATION.timeoutMs;
  // Every attempt ends with its timeout: a second probe beside one that may still answer would be one too many.
  const probeMs = Math.max(DEFAULT_BREAKER.probeMs, 2 * timeoutMs);
  return {
    concurrency: spec.concurrency ?? DEFAULT_OPERATION.concurrency,
    bulkhead: spec.bulkhead ?? null,
    breaker: spec.breaker === false ? null : { ...DEFAULT_BREAKER, probeMs, ...spec.breaker },
    budget: spec.budget === false ? null : { ...DEFAULT_RETRY_BUDGET, ...spec.budget },
    attempts: spec.attempts ?? DEFAULT_OPERATION.attempts,
    backoffMs: spec.backoffMs ?? DEFAULT_OPERATION.backoffMs,
    maxBackoffMs: spec.maxBackoffMs ?? DEFAULT_OPERATION.maxBackoffMs,
    reconcile: spec.reconcile ?? "ask",
    timeoutMs,
  };
}

/** The policy of an operation that this application no longer declares: its calls are refused, not performed. */
export const UNDECLARED: CallPolicy = callPolicy({ breaker: false, budget: false });
