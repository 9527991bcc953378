// What a policy can be made of: its parts, their defaults, and the refusal of what makes no sense. It runs nothing.
import { EvenkeelError } from "../errors.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
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
   * it. Default: `answer` for errors of the retry class `never`, as `terminal` makes them, `failure` for all others, and
   * for those at which it throws.
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

const POLICY_NAMES: OptionNames<PolicyOptions> = { name: true, bulkhead: true, deadlineMs: true, retry: true, breaker: true, timeoutMs: true, judge: true };
const RETRY_NAMES: OptionNames<RetrySettings> = { attempts: true, backoffMs: true, maxBackoffMs: true, budget: true };
const BULKHEAD_NAMES: OptionNames<BulkheadSettings> = { concurrency: true, queue: true };
export const BUDGET_NAMES: OptionNames<RetryBudgetSettings> = { ratio: true, perSecond: true, burst: true };
export const BREAKER_NAMES: OptionNames<BreakerSettings> = {
  windowMs: true, buckets: true, minimumCalls: true, failureRate: true, slowMs: true, slowRate: true, openMs: true, jitter: true, probeMs: true,
};

/** The options with defaults filled in, or throws `CONFIG_INVALID`. */
export function parsePolicy(options: PolicyOptions): PolicySettings {
  checkNames(options);
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
    checkRetries(what, settings.retry, "retry.");
    checkRetryBudget(what, settings.retry.budget);
  }
  return settings;
}

function checkNames(options: PolicyOptions): void {
  checkOptionNames("A policy", options, POLICY_NAMES);
  const { name, bulkhead, retry, breaker, judge } = options;
  if (typeof name !== "string" || name === "") throw new EvenkeelError("CONFIG_INVALID", "A policy has no name: give that of the dependency, for errors and log lines.", { details: { option: "name" } });
  const what = `The policy '${name}'`;
  if (bulkhead !== undefined) checkOptionNames(what, bulkhead, BULKHEAD_NAMES, "bulkhead.");
  if (retry !== undefined) checkOptionNames(what, retry, RETRY_NAMES, "retry.");
  if (retry?.budget !== undefined) checkOptionNames(what, retry.budget, BUDGET_NAMES, "retry.budget.");
  if (breaker !== undefined) checkOptionNames(what, breaker, BREAKER_NAMES, "breaker.");
  if (judge !== undefined && typeof judge !== "function") throw new EvenkeelError("CONFIG_INVALID", `${what} has a judge that is no function: give one that returns "answer" or "failure".`, { details: { option: "judge" } });
}

function checkBulkhead(what: string, { concurrency, queue }: BulkheadSettings): void {
  whole(what, "bulkhead.concurrency", concurrency, 1);
  whole(what, "bulkhead.queue", queue, 0);
}

/** Attempts and the delays between them. Throws `CONFIG_INVALID`; `what` begins its message, and `within` the names of the options. */
export function checkRetries(what: string, { attempts, backoffMs, maxBackoffMs }: Omit<RetrySettings, "budget">, within = ""): void {
  whole(what, `${within}attempts`, attempts, 1);
  inRange(what, `${within}maxBackoffMs`, maxBackoffMs, 0, Infinity);
  inRange(what, `${within}backoffMs`, backoffMs, 0, maxBackoffMs);
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

/** Throws `CONFIG_INVALID` unless it is a number within the bounds; `what` begins its message. */
export function inRange(what: string, option: string, value: unknown, least: number, most: number): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  const from = least === Number.MIN_VALUE ? "above 0" : `from ${String(least)}`;
  const bounds = most === Infinity ? `of at least ${String(least)}` : `${from} to ${String(most)}`;
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${option} ${String(value)}: give a number ${bounds}.`, { details: { option } });
}

/** As {@link inRange}, for whole numbers. */
export function whole(what: string, option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${option} ${String(value)}: give a whole number of at least ${String(least)}.`, { details: { option } });
}
