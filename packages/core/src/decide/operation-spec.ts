// What an operation of a port can be told: its schemas and its policy, and the refusal of what makes no sense. It performs nothing.
import { EvenkeelError } from "../errors.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { Schema, StorableSchema } from "../message/schema.ts";
import { DEFAULT_BREAKER, type BreakerSettings } from "../resilience/breaker.ts";
import { BREAKER_NAMES, BUDGET_NAMES, checkBreaker, checkRetries, checkRetryBudget, inRange, whole } from "../resilience/policy-options.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetSettings } from "../resilience/retry-budget.ts";

export interface OperationSpec {
  readonly input: Schema;
  readonly ok: Schema;
  /** Answers of the business that are not successes: "declined". Never retried, never faults. */
  readonly failures?: Readonly<Record<string, Schema>>;
  /** One attempt's time, default 10,000 ms: then it is aborted and its outcome is unknown. */
  readonly timeoutMs?: number;
  /** Attempts under way at once in one process, default 16. */
  readonly concurrency?: number;
  /**
   * Operations that name the same bulkhead have together no more attempts under way in one process; each keeps its own `concurrency`.
   * Where they give different numbers the least counts. Default: none.
   */
  readonly bulkhead?: { readonly name: string; readonly concurrency: number };
  /**
   * While the provider fails or crawls, calls wait and are not attempted, but for one probe at a time. A failure is an attempt that was not
   * performed or whose outcome is unknown; declared failures are none. Each operation and process has its own. Defaults as in
   * `BreakerSettings`, a probe's time twice `timeoutMs` at least; `false`: none. With `shared: true` all workers have it together, in the
   * store: when one opens it the others follow at their next look, and one probe goes at a time over all. Default false.
   */
  readonly breaker?: (Partial<BreakerSettings> & { readonly shared?: boolean }) | false;
  /**
   * Repeated attempts and repeated questions are a share of the traffic, and wait beyond it. Each operation and process has its own.
   * Defaults as in `RetryBudgetSettings`: 10 % of the first attempts, at least one a second; `false`: none.
   */
  readonly budget?: Partial<RetryBudgetSettings> | false;
  /** Attempts that were certainly not performed before the outcome `notPerformed`, default 8. */
  readonly attempts?: number;
  /** The first retry comes within this time, doubling up to `maxBackoffMs`, with full jitter. Default 200 ms. */
  readonly backoffMs?: number;
  /** Default 30,000 ms. */
  readonly maxBackoffMs?: number;
  /** From the commit to a definitive outcome, default 24 h: then `notPerformed`, or `needs attention` when the outcome is unknown. */
  readonly deadlineMs?: number;
  /**
   * How an unknown outcome is resolved. `ask` (default): the port offers `ask`, a query by key. `repeat`: perform again with the same
   * key, for providers that promise the same answer for the same idempotency key.
   */
  readonly reconcile?: "ask" | "repeat";
}

/** What a wrong name shows in the editor. */
interface OptionError<Sentence extends string> { readonly "option error": Sentence }

/** Inputs and answers are stored, so their schemas are held to the same as those of messages; a name that is no option is refused. */
export type CheckedSpecs<Specs> = { readonly [Op in keyof Specs]: CheckedSpec<Specs[Op]> };

type CheckedSpec<Spec> = {
  readonly [K in keyof Spec]:
    K extends "input" | "ok" ? Storable<Spec[K]>
    : K extends "failures" ? { readonly [F in keyof Spec[K]]: Storable<Spec[K][F]> }
    : K extends keyof OperationSpec ? unknown
    : OptionError<"An operation has no option of this name.">;
};

type Storable<S> = S extends Schema ? StorableSchema<S> : unknown;

const NAMES: OptionNames<OperationSpec> = {
  input: true, ok: true, failures: true, timeoutMs: true, concurrency: true, bulkhead: true, breaker: true, budget: true, attempts: true, backoffMs: true,
  maxBackoffMs: true, deadlineMs: true, reconcile: true,
};
const RECONCILES: ReadonlySet<string> = new Set<NonNullable<OperationSpec["reconcile"]>>(["ask", "repeat"]);
const SHARED_BULKHEAD_NAMES: OptionNames<NonNullable<OperationSpec["bulkhead"]>> = { name: true, concurrency: true };

/** From a call's commit to its definitive outcome, where its operation does not say otherwise: 24 hours. */
export const DEFAULT_DEADLINE_MS = 24 * 3_600_000;

/** The longest that a schedule or a deadline reaches ahead: 10 years. */
export const MAX_DELAY_MS = 10 * 366 * 24 * 3_600_000;

/** The rest of an operation's numbers. A timer of the host reaches no further than 24 days. */
export const DEFAULT_OPERATION = { timeoutMs: 10_000, concurrency: 16, attempts: 8, backoffMs: 200, maxBackoffMs: 30_000 } as const;
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

/** Throws `CONFIG_INVALID`. @param operation "port.operation" */
export function checkOperation(operation: string, spec: OperationSpec): void {
  const what = `Operation '${operation}'`;
  checkOptionNames(what, spec, NAMES);
  const { timeoutMs, concurrency, attempts, backoffMs, maxBackoffMs } = { ...DEFAULT_OPERATION, ...spec };
  inRange(what, "timeoutMs", timeoutMs, 1, MOST_TIMEOUT_MS);
  whole(what, "concurrency", concurrency, 1);
  checkRetries(what, { attempts, backoffMs, maxBackoffMs });
  inRange(what, "deadlineMs", spec.deadlineMs ?? DEFAULT_DEADLINE_MS, 1, MAX_DELAY_MS);
  const { bulkhead, breaker, budget, reconcile } = spec;
  if (reconcile !== undefined && !RECONCILES.has(reconcile)) refuse(what, "reconcile", reconcile, `"ask" or "repeat"`);
  if (bulkhead !== undefined) {
    checkOptionNames(what, bulkhead, SHARED_BULKHEAD_NAMES, "bulkhead.");
    whole(what, "bulkhead.concurrency", bulkhead.concurrency, 1);
  }
  if (breaker !== undefined && breaker !== false) checkCallBreaker(what, breaker);
  if (budget === undefined || budget === false) return;
  checkOptionNames(what, budget, BUDGET_NAMES, "budget.");
  checkRetryBudget(what, { ...DEFAULT_RETRY_BUDGET, ...budget });
}

function checkCallBreaker(what: string, breaker: Exclude<OperationSpec["breaker"], false | undefined>): void {
  checkOptionNames(what, breaker, { ...BREAKER_NAMES, shared: true }, "breaker.");
  checkBreaker(what, { ...DEFAULT_BREAKER, ...breaker });
  if (breaker.shared !== undefined && typeof breaker.shared !== "boolean") refuse(what, "breaker.shared", breaker.shared, "true or false");
}

function refuse(what: string, option: string, value: unknown, wanted: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${option} ${String(value)}: give ${wanted}.`, { details: { option } });
}
