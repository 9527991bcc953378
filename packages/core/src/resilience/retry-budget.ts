// A retry budget: how many retries traffic can bear. Each call earns a share of one, time earns a floor for quiet times, each retry spends
// one. A token bucket over plain data, changed in place by these functions alone; time comes in as an argument. It delays nobody: what
// becomes of a retry that it denies, its caller decides.

export interface RetryBudgetSettings {
  /** Retries that each first attempt earns. Default 0.1: retries are 10 % of the traffic. */
  readonly ratio: number;
  /** Retries per second that may always be made. Not on top of what calls earn: the larger of the two counts. Default 1. */
  readonly perSecond: number;
  /** Retries that may be saved up; a new budget is full. Default 10. */
  readonly burst: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetSettings = { ratio: 0.1, perSecond: 1, burst: 10 };

export interface RetryBudget {
  tokens: number;
  /** Until when time has earned. */
  at: number;
  /** What time has earned since the last call. */
  sinceCall: number;
}

// Sums of 0.1 end just below the whole number.
const WHOLE = 1 - 1e-9;

export function newRetryBudget(settings: RetryBudgetSettings, nowMs: number): RetryBudget {
  return { tokens: settings.burst, at: nowMs, sinceCall: 0 };
}

/** A first attempt is made. */
export function earn(budget: RetryBudget, settings: RetryBudgetSettings, nowMs: number): void {
  pass(budget, settings, nowMs);
  const more = settings.ratio - budget.sinceCall;
  if (more > 0) budget.tokens = Math.min(settings.burst, budget.tokens + more);
  budget.sinceCall = 0;
}

/** Whether a retry may be made now; then it is paid for. */
export function spend(budget: RetryBudget, settings: RetryBudgetSettings, nowMs: number): boolean {
  pass(budget, settings, nowMs);
  if (budget.tokens < WHOLE) return false;
  budget.tokens = Math.max(0, budget.tokens - 1);
  return true;
}

/** When a retry can be paid for at the latest: calls may earn it sooner. Infinity without a floor. */
export function affordableAt(budget: RetryBudget, settings: RetryBudgetSettings, nowMs: number): number {
  pass(budget, settings, nowMs);
  if (budget.tokens >= WHOLE) return nowMs;
  return settings.perSecond === 0 ? Infinity : nowMs + Math.ceil(((1 - budget.tokens) * 1_000) / settings.perSecond);
}

function pass(budget: RetryBudget, settings: RetryBudgetSettings, nowMs: number): void {
  if (nowMs <= budget.at) return;
  const earned = ((nowMs - budget.at) * settings.perSecond) / 1_000;
  budget.at = nowMs;
  budget.sinceCall += earned;
  budget.tokens = Math.min(settings.burst, budget.tokens + earned);
}
