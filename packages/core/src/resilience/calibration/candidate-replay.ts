// One candidate's life through a record: the breaker and the retry budget that ship, asked and told as a policy would, and what they did.
// What a call that was refused would have come to is known from the record; what a retry would have come to is not, so retries are counted
// and end nowhere.
import { admit, newBreaker, settle, type Breaker, type BreakerSettings } from "../breaker.ts";
import { earn, newRetryBudget, spend, type RetryBudget, type RetryBudgetSettings } from "../retry-budget.ts";
import type { Outage } from "./outage-detection.ts";
import type { Flight } from "./replay-order.ts";

/** What a candidate did in one outage. Null: it did not happen within the record. */
export interface OutageResponse {
  /** From the outage's begin until it was open; 0 when it was open already. */
  readonly tripMs: number | null;
  /** From the first bad end of the outage until it was open: what no setting can shorten is the time until calls fail. */
  readonly tripAfterFailureMs: number | null;
  readonly shed: number;
  /** From the outage's end until it was closed; 0 when it was closed then. */
  readonly recoveryMs: number | null;
}

export interface OpenPhase { readonly fromMs: number; readonly toMs: number }

/** What a candidate did in all of the record. */
export interface CandidateResult {
  readonly settings: BreakerSettings;
  /** Times it opened while closed. */
  readonly trips: number;
  /** Of these, outside every outage. */
  readonly falseTrips: number;
  /** In the order of the outages. */
  readonly outages: readonly OutageResponse[];
  /** Calls refused while it was not closed. */
  readonly shed: number;
  /** Of these, the ones whose recorded end is an answer: what the breaker cost. */
  readonly shedAnswers: number;
  /** Of these again, the ones that came during outages. */
  readonly shedAnswersInOutages: number;
  readonly probes: number;
  readonly failedProbes: number;
  /** Calls let through in outages that ended badly. */
  readonly sufferedInOutages: number;
  /** Retries that failures asked for, and those that the budget allowed. */
  readonly retriesAsked: number;
  readonly retriesAllowed: number;
  readonly openMs: number;
  /** The first 500. */
  readonly openPhases: readonly OpenPhase[];
}

const MOST_PHASES = 500;

interface Response { tripMs: number | null; tripAfterFailureMs: number | null; shed: number; recoveryMs: number | null }

/** The outage that a call is blamed on. */
export interface Blame { readonly index: number; readonly outage: Outage; /** When the first call of it ended badly. */ readonly firstBadMs: number }

export class CandidateReplay {
  readonly #settings: BreakerSettings;
  readonly #budgetSettings: RetryBudgetSettings;
  readonly #seed: string;
  readonly #breaker: Breaker;
  readonly #budget: RetryBudget;
  readonly #tickets: number[] = [];
  readonly #responses: readonly Response[];
  readonly #phases: OpenPhase[] = [];
  #openSince: number | null = null;
  /** Whose recovery is waited for, and since when. */
  #recovering: { readonly response: Response; readonly sinceMs: number } | null = null;
  readonly #counts = {
    trips: 0, falseTrips: 0, shed: 0, shedAnswers: 0, shedAnswersInOutages: 0, probes: 0, failedProbes: 0, sufferedInOutages: 0,
    retriesAsked: 0, retriesAllowed: 0,
  };
  #openMs = 0;

  constructor(settings: BreakerSettings, budget: RetryBudgetSettings, seed: string, outages: number, fromMs: number) {
    this.#settings = settings;
    this.#budgetSettings = budget;
    this.#seed = seed;
    this.#breaker = newBreaker(settings);
    this.#budget = newRetryBudget(budget, fromMs);
    this.#responses = Array.from({ length: outages }, () => ({ tripMs: null, tripAfterFailureMs: null, shed: 0, recoveryMs: null }));
  }

  /** @param outage the number of the one under way, or -1. */
  begin({ outcome, slot }: Flight, outage: number): void {
    const counts = this.#counts;
    const wasClosed = this.#breaker.phase === "closed";
    const ticket = admit(this.#breaker, this.#settings, outcome.atMs);
    this.#tickets[slot] = ticket;
    const answered = outcome.verdict === "answer";
    if (ticket === 0) {
      counts.shed++;
      if (answered) counts.shedAnswers++;
      if (answered && outage >= 0) counts.shedAnswersInOutages++;
      const response = this.#responses[outage];
      if (response !== undefined) response.shed++;
      return;
    }
    if (!wasClosed) counts.probes++;
    if (!answered && outage >= 0) counts.sufferedInOutages++;
    earn(this.#budget, this.#budgetSettings, outcome.atMs);
  }

  /** @param blame the outage to which a trip now would belong; null: it would be a false one. */
  end({ outcome, endMs, slot }: Flight, blame: Blame | null): void {
    const ticket = this.#tickets[slot] ?? 0;
    if (ticket === 0) return;
    const counts = this.#counts;
    const failed = outcome.verdict !== "answer";
    if (failed) {
      counts.retriesAsked++;
      if (spend(this.#budget, this.#budgetSettings, endMs)) counts.retriesAllowed++;
    }
    const wasClosed = this.#breaker.phase === "closed";
    const change = settle(this.#breaker, this.#settings, this.#seed, ticket, endMs, failed ? "failure" : "answer", outcome.durationMs);
    if (change === "closed") this.#closed(endMs);
    if (change === "opened" && !wasClosed) counts.failedProbes++;
    if (change === "opened" && wasClosed) this.#tripped(endMs, blame);
  }

  #tripped(nowMs: number, blame: Blame | null): void {
    this.#counts.trips++;
    this.#openSince = nowMs;
    const response = blame === null ? undefined : this.#responses[blame.index];
    if (blame === null || response === undefined) {
      this.#counts.falseTrips++;
      return;
    }
    response.tripMs ??= Math.max(0, nowMs - blame.outage.fromMs);
    response.tripAfterFailureMs ??= Math.max(0, nowMs - blame.firstBadMs);
    // Calls of the outage that ended after it: it is left behind a second time.
    if (nowMs > blame.outage.toMs) this.#recovering = { response, sinceMs: blame.outage.toMs };
  }

  enterOutage(index: number): void {
    this.#recovering = null;
    const response = this.#responses[index];
    if (response === undefined || this.#breaker.phase === "closed") return;
    response.tripMs = 0;
    response.tripAfterFailureMs = 0;
  }

  leaveOutage(index: number, toMs: number): void {
    const response = this.#responses[index];
    if (response === undefined) return;
    if (this.#breaker.phase === "closed") response.recoveryMs = 0;
    else this.#recovering = { response, sinceMs: toMs };
  }

  #closed(nowMs: number): void {
    this.#endPhase(nowMs);
    if (this.#recovering !== null) this.#recovering.response.recoveryMs = nowMs - this.#recovering.sinceMs;
    this.#recovering = null;
  }

  #endPhase(nowMs: number): void {
    if (this.#openSince === null) return;
    this.#openMs += nowMs - this.#openSince;
    if (this.#phases.length < MOST_PHASES) this.#phases.push({ fromMs: this.#openSince, toMs: nowMs });
    this.#openSince = null;
  }

  /** The record is over. */
  result(nowMs: number): CandidateResult {
    this.#endPhase(nowMs);
    return { settings: this.#settings, ...this.#counts, outages: this.#responses, openMs: this.#openMs, openPhases: this.#phases };
  }
}
