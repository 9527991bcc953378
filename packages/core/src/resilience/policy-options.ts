// What a policy can be made of: its parts, their defaults, and the refusal of what makes no sense. It runs nothing.
import { EvenkeelError } from "../errors.ts";
import { DEFAULT_BREAKER, type BreakerSettings } from "./breaker.ts";
import { DEFAULT_BULKHEAD, type BulkheadSettings } from "./bulkhead.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetSettings } from "./retry-budget.ts";

export interface RetrySettings {
  /** Attempts in all, the first included. Default 3. */
  readonly attempts: number;
  /** The first retry comes within this time, then twice that, with full jitter. Default 100 ms. */
  readonly backoffMs: number;
  /** No delay is longer, unless the failure asks for it. Default 2,000 ms. */
  readonly maxBackoffMs: number;
  readonly budget: RetryBudgetSettings;
}

/** A part that is not named is not there; `{}` takes its defaults. Times are in milliseconds. */
export interface PolicyOptions {
  /** Of the dependency: it stands in errors and log lines. */
  readonly name: string;
  readonly bulkhead?: Partial<BulkheadSettings>;
  /** The whole run's time, from its start: the wait for room, all attempts and the delays between them. */
  readonly deadlineMs?: number;
  readonly retry?: Partial<Omit<RetrySettings, "budget">> & { readonly budget?: Partial<RetryBudgetSettings> };
  readonly breaker?: Partial<BreakerSettings>;
  /** One attempt's time. */
  readonly timeoutMs?: number;
  /**
   * What an error means. `answer`: the dependency did its part, as with a decline or a wrong request; not retried, never counted against
   * it. Default: `answer` for errors of the retry class `never`, as `terminal` makes them, `failure` for all others.
   */
  readonly judge?: (error: unknown) => "answer" | "failure";
}

export interface PolicySettings {
  readonly name: string;
  readonly bulkhead: BulkheadSettings | null;
  readonly deadlineMs: number | null;
  readonly retry: RetrySettings | null;
  readonly breaker: BreakerSettings | null;
  readonly timeoutMs: number | null;
}

const DEFAULT_RETRY: RetrySettings = { attempts: 3, backoffMs: 100, maxBackoffMs: 2_000, budget: DEFAULT_RETRY_BUDGET };

/** The options with defaults filled in, or throws `CONFIG_INVALID`. */
export function parsePolicy(options: PolicyOptions): PolicySettings {
  const { name, bulkhead, retry, breaker } = options;
  const settings: PolicySettings = {
    name, deadlineMs: options.deadlineMs ?? null, timeoutMs: options.timeoutMs ?? null,
    bulkhead: bulkhead === undefined ? null : { ...DEFAULT_BULKHEAD, ...bulkhead },
    retry: retry === undefined ? null : { ...DEFAULT_RETRY, ...retry, budget: { ...DEFAULT_RETRY_BUDGET, ...retry.budget } },
    breaker: breaker === undefined ? null : { ...DEFAULT_BREAKER, ...breaker },
  };
  const what = `The policy '${name}'`;
  if (settings.deadlineMs !== null) inRange(what, "deadlineMs", settings.deadlineMs, 1, Infinity);
  if (settings.timeoutMs !== null) inRange(what, "timeoutMs", settings.timeoutMs, 1, Infinity);
  if (settings.bulkhead !== null) checkBulkhead(what, settings.bulkhead);
  if (settings.breaker !== null) checkBreaker(what, settings.breaker);
  if (settings.retry !== null) {
    whole(what, "retry.attempts", settings.retry.attempts, 1);
    inRange(what, "retry.backoffMs", settings.retry.backoffMs, 0, settings.retry.maxBackoffMs);
    checkRetryBudget(what, settings.retry.budget);
  }
  return settings;
}

function checkBulkhead(what: string, { concurrency, queue }: BulkheadSettings): void {
  whole(what, "bulkhead.concurrency", concurrency, 1);
  whole(what, "bulkhead.queue", queue, 0);
}

/** Throws `CONFIG_INVALID`; `what` begins its message. */
export function checkBreaker(what: string, breaker: BreakerSettings): void {
  inRange(what, "breaker.windowMs", breaker.windowMs, 1, 86_400_000);
  whole(what, "breaker.buckets", breaker.buckets, 1);
  inRange(what, "breaker.buckets", breaker.buckets, 1, 1_000);
  whole(what, "breaker.minimumCalls", breaker.minimumCalls, 1);
  inRange(what, "breaker.failureRate", breaker.failureRate, Number.MIN_VALUE, 1);
  inRange(what, "breaker.slowRate", breaker.slowRate, Number.MIN_VALUE, 1);
  if (breaker.slowMs !== null) inRange(what, "breaker.slowMs", breaker.slowMs, 1, Infinity);
  inRange(what, "breaker.openMs", breaker.openMs, 1, Infinity);
  inRange(what, "breaker.jitter", breaker.jitter, 0, 10);
  inRange(what, "breaker.probeMs", breaker.probeMs, 1, Infinity);
}

/** Throws `CONFIG_INVALID`; `what` begins its message. */
export function checkRetryBudget(what: string, budget: RetryBudgetSettings): void {
  inRange(what, "budget.ratio", budget.ratio, 0, 100);
  inRange(what, "budget.perSecond", budget.perSecond, 0, 1_000_000);
  inRange(what, "budget.burst", budget.burst, 1, 1_000_000);
}

function inRange(what: string, option: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  const bounds = most === Infinity ? `of at least ${String(least)}` : `from ${String(least)} to ${String(most)}`;
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${option} ${String(value)}: give a number ${bounds}.`, { details: { option } });
}

function whole(what: string, option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${option} ${String(value)}: give a whole number of at least ${String(least)}.`, { details: { option } });
}
