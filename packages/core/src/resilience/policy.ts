// A policy around calls of one dependency: bulkhead, deadline, retry with its budget, breaker, timeout, call, in this order. It composes
// machines that each have their own file, and is the only one here that waits. It knows no rows: durable calls have the call runner.
import { backoffMs } from "../message/backoff.ts";
import type { Host } from "../spi/host.ts";
import { Attempt, type PolicyAttempt } from "./attempt.ts";
import type { BreakerPhase } from "../spi/breakers.ts";
import { admit, newBreaker, reset, settle, type Breaker, type Verdict } from "./breaker.ts";
import { enter, leave, newBulkhead, queueUp, type Bulkhead } from "./bulkhead.ts";
import { deadlineOf, expiryOf, hadItsTime } from "./deadline.ts";
import { ExpiryWatch } from "./expiry-watch.ts";
import { afterMsOf, bulkheadFull, callTimedOut, circuitOpen, deadlineExceeded, isPolicyError, verdictOf } from "./policy-errors.ts";
import { parsePolicy, type PolicyOptions, type PolicySettings } from "./policy-options.ts";
import { earn, newRetryBudget, spend, type RetryBudget } from "./retry-budget.ts";
import { waitUntil, Waiter } from "./waiter.ts";

export interface RunOptions {
  /** The caller's deadline by the host's elapsed clock, as an outer attempt carries it: it shortens, never lengthens. */
  readonly deadline?: number;
  /** The caller's own signal: aborting it ends the run with its reason, and says nothing about the dependency. */
  readonly signal?: AbortSignal;
}

/** A result that may be a substitute: then it says so, and why. */
export type Degradable<T, F> =
  | { readonly degraded: false; readonly value: T }
  | { readonly degraded: true; readonly value: F; readonly reason: unknown };

/** What a policy has done since it was made, and how it stands. */
export interface PolicyState {
  /** Null without a breaker. */
  readonly breaker: { readonly phase: BreakerPhase; /** Until a probe may go; 0 when closed. */ readonly forMs: number; readonly opened: number } | null;
  readonly underWay: number;
  readonly waiting: number;
  /** Retries that could be made at once; null without retries. */
  readonly retriesLeft: number | null;
  readonly runs: number;
  readonly attempts: number;
  readonly failures: number;
  readonly refused: { readonly circuitOpen: number; readonly bulkheadFull: number; readonly retryBudget: number };
  readonly degraded: number;
}

export type PolicyFn<T> = (attempt: PolicyAttempt) => PromiseLike<T>;

export interface Policy {
  readonly name: string;
  run<T>(fn: PolicyFn<T>, options?: RunOptions): Promise<T>;
  /**
   * As `run`; where that fails, `fallback` answers instead, and the result is marked as degraded. Answers of the business and aborted runs
   * are not failures and are thrown.
   */
  runOr<T, F>(fn: PolicyFn<T>, fallback: (reason: unknown) => F | PromiseLike<F>, options?: RunOptions): Promise<Degradable<Awaited<T>, Awaited<F>>>;
  state(): PolicyState;
  /** Closes the breaker and forgets what it counted: for operators who know better. */
  reset(): void;
}

/**
 * Makes a policy for calls of one dependency on a host; see `policy` of the package `evenkeel` for Node.js. The order is fixed: fallback,
 * bulkhead, deadline, retry with its budget, breaker, timeout, call. Each part is there if it is named.
 *
 * Guarantees: a run settles at its deadline at the latest; an attempt's signal aborts when its time is up. Does not stop a function that
 * ignores its signal, and does not make repeats harmless: with `retry`, hand it only what may be repeated. An attempt that timed out may
 * have had its effect. State is of this process alone.
 *
 * Errors of `run`: whatever the function throws, `CIRCUIT_OPEN`, `BULKHEAD_FULL`, `CALL_TIMEOUT`, `DEADLINE_EXCEEDED`, the reason of the
 * caller's signal. When attempts, time or the budget end the retries it is the last failure. Of this function: `CONFIG_INVALID`.
 *
 * @example
 * const rates = policyOn(host, { name: "rates", timeoutMs: 500, deadlineMs: 2_000, retry: {}, breaker: {}, bulkhead: {} });
 * const rate = await rates.run(({ signal }) => fetchRate("EUR", signal));
 */
export function policyOn(host: Host, options: PolicyOptions): Policy {
  return new RunningPolicy(host, parsePolicy(options), options.judge ?? verdictOf);
}

const NO_OPTIONS: RunOptions = {};

class RunningPolicy implements Policy {
  readonly name: string;
  readonly #host: Host;
  readonly #settings: PolicySettings;
  readonly #judge: (error: unknown) => "answer" | "failure";
  readonly #watch: ExpiryWatch;
  readonly #bulkhead: Bulkhead<Waiter>;
  readonly #breaker: Breaker | null;
  readonly #budget: RetryBudget | null;
  /** Tells this policy's jitter from that of others of its name. */
  readonly #seed: string;
  readonly #counts = { runs: 0, attempts: 0, failures: 0, circuitOpen: 0, bulkheadFull: 0, retryBudget: 0, degraded: 0 };

  constructor(host: Host, settings: PolicySettings, judge: (error: unknown) => "answer" | "failure") {
    this.name = settings.name;
    this.#host = host;
    this.#settings = settings;
    this.#judge = judge;
    this.#watch = new ExpiryWatch(host);
    this.#bulkhead = newBulkhead();
    this.#breaker = settings.breaker === null ? null : newBreaker(settings.breaker);
    this.#budget = settings.retry === null ? null : newRetryBudget(settings.retry.budget, host.elapsed());
    this.#seed = `${settings.name}/${String(host.random())}`;
  }

  async run<T>(fn: PolicyFn<T>, options: RunOptions = NO_OPTIONS): Promise<T> {
    const { bulkhead, deadlineMs } = this.#settings;
    const { signal } = options;
    const run = ++this.#counts.runs;
    const deadline = deadlineOf(this.#host.elapsed(), deadlineMs, options.deadline ?? Infinity);
    signal?.throwIfAborted();
    if (bulkhead !== null && !enter(this.#bulkhead, bulkhead)) {
      const waiter = new Waiter(this.#bulkhead, deadline, () => deadlineExceeded(this.name, false));
      if (!queueUp(this.#bulkhead, bulkhead, waiter)) {
        this.#counts.bulkheadFull++;
        throw bulkheadFull(this.name, bulkhead.concurrency, bulkhead.queue);
      }
      await waiter.wait(this.#watch, signal);
    }
    try {
      return await this.#attempts(run, fn, deadline, signal);
    } finally {
      if (bulkhead !== null) leave(this.#bulkhead)?.begin();
    }
  }

  async #attempts<T>(run: number, fn: PolicyFn<T>, deadline: number, signal: AbortSignal | undefined): Promise<T> {
    let attempt = 1;
    for (;;) {
      // It may have aborted in the moment between two waits.
      signal?.throwIfAborted();
      const startedAt = this.#host.elapsed();
      if (startedAt >= deadline) throw deadlineExceeded(this.name, false);
      const ticket = this.#admit(startedAt);
      this.#counts.attempts++;
      if (attempt === 1 && this.#budget !== null && this.#settings.retry !== null) earn(this.#budget, this.#settings.retry.budget, startedAt);
      const one = new Attempt<T>(attempt, deadline, expiryOf(startedAt, this.#settings.timeoutMs, deadline), this.#expired);
      let retryAt: number;
      try {
        const value = await this.#once(one, fn, signal);
        this.#settle(ticket, "answer", startedAt);
        return value;
      } catch (error) {
        const verdict = this.#verdict(one, error, startedAt, signal);
        this.#settle(ticket, verdict, startedAt);
        if (verdict === "failure") this.#counts.failures++;
        const next = this.#retryAt(verdict, error, attempt, run, deadline);
        if (next === null) throw error;
        retryAt = next;
      }
      await waitUntil(this.#host, retryAt, signal);
      attempt++;
    }
  }

  #admit(nowMs: number): number {
    if (this.#breaker === null || this.#settings.breaker === null) return 0;
    const before = this.#breaker.phase;
    const ticket = admit(this.#breaker, this.#settings.breaker, nowMs);
    if (ticket === 0) {
      this.#counts.circuitOpen++;
      throw circuitOpen(this.name, this.#breaker.until - nowMs);
    }
    if (before !== "closed") this.#host.log("info", "breaker.probing", { policy: this.name });
    return ticket;
  }

  async #once<T>(one: Attempt<T>, fn: PolicyFn<T>, signal: AbortSignal | undefined): Promise<T> {
    const bounded = one.expiresAt < Infinity;
    const aborted = signal === undefined ? null : (): void => { one.end(signal.reason); };
    if (bounded) this.#watch.add(one);
    if (aborted !== null) signal?.addEventListener("abort", aborted, { once: true });
    try {
      return await one.run(fn);
    } finally {
      if (bounded) this.#watch.remove(one);
      if (aborted !== null) signal?.removeEventListener("abort", aborted);
    }
  }

  readonly #expired = (expiresAt: number, deadline: number): unknown => {
    return expiresAt < deadline ? callTimedOut(this.name, this.#settings.timeoutMs ?? 0) : deadlineExceeded(this.name, true);
  };

  #verdict(one: Attempt<unknown>, error: unknown, startedAt: number, signal: AbortSignal | undefined): Verdict {
    if (one.expired) {
      const cutOff = one.expiresAt >= one.deadline;
      return cutOff && !hadItsTime(this.#host.elapsed() - startedAt, this.#settings.timeoutMs, this.#settings.deadlineMs) ? "cutOff" : "failure";
    }
    if (signal?.aborted === true) return "nothing";
    return this.#judged(error);
  }

  /** A judge of the user's may throw at an error that it did not expect: then the error counts as what it is, and is not replaced. */
  #judged(error: unknown): "answer" | "failure" {
    try {
      return this.#judge(error) === "answer" ? "answer" : "failure";
    } catch {
      return "failure";
    }
  }

  #settle(ticket: number, verdict: Verdict, startedAt: number): void {
    if (this.#breaker === null || this.#settings.breaker === null) return;
    const nowMs = this.#host.elapsed();
    const change = settle(this.#breaker, this.#settings.breaker, this.#seed, ticket, nowMs, verdict, nowMs - startedAt);
    if (change === "opened") this.#host.log("warning", "breaker.opened", { policy: this.name, forMs: Math.ceil(this.#breaker.until - nowMs) });
    if (change === "closed") this.#host.log("info", "breaker.closed", { policy: this.name });
  }

  /** When to try again; null: not any more. */
  #retryAt(verdict: Verdict, error: unknown, attempt: number, run: number, deadline: number): number | null {
    const { retry } = this.#settings;
    if (verdict !== "failure" || retry === null || this.#budget === null || attempt >= retry.attempts) return null;
    const nowMs = this.#host.elapsed();
    const delayMs = backoffMs({ baseMs: retry.backoffMs, maxMs: retry.maxBackoffMs }, `${this.#seed}/${String(run)}`, attempt, afterMsOf(error));
    if (nowMs + delayMs >= deadline) return null;
    if (spend(this.#budget, retry.budget, nowMs)) return nowMs + delayMs;
    this.#counts.retryBudget++;
    return null;
  }

  async runOr<T, F>(
    fn: PolicyFn<T>, fallback: (reason: unknown) => F | PromiseLike<F>, options: RunOptions = NO_OPTIONS,
  ): Promise<Degradable<Awaited<T>, Awaited<F>>> {
    try {
      return { degraded: false, value: await this.run(fn, options) };
    } catch (reason) {
      if (options.signal?.aborted === true || (!isPolicyError(reason) && this.#judged(reason) === "answer")) throw reason;
      this.#counts.degraded++;
      this.#host.log("warning", "policy.degraded", { policy: this.name, reason: reason instanceof Error ? reason.message : String(reason) });
      return { degraded: true, value: await fallback(reason), reason };
    }
  }

  state(): PolicyState {
    const { runs, attempts, failures, degraded, ...refused } = this.#counts;
    const breaker = this.#breaker;
    return {
      breaker: breaker === null ? null : { phase: breaker.phase, forMs: Math.max(0, breaker.until - this.#host.elapsed()), opened: breaker.opened },
      underWay: this.#bulkhead.active, waiting: this.#bulkhead.waiting.size,
      retriesLeft: this.#budget === null ? null : Math.floor(this.#budget.tokens + 1e-9),
      runs, attempts, failures, refused, degraded,
    };
  }

  reset(): void {
    if (this.#breaker === null) return;
    reset(this.#breaker);
    this.#host.log("info", "breaker.reset", { policy: this.name });
  }
}
