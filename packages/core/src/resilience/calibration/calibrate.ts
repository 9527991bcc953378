// Calibration: reads a record of calls three times (what is there, where the outages are, how each candidate would have lived through it)
// and recommends one setting of the breaker and a timeout. Pure: the same record gives the same answer. It changes no setting.
import { EvenkeelError } from "../../errors.ts";
import { checkOptionNames, type OptionNames } from "../../message/option-names.ts";
import type { BreakerSettings } from "../breaker.ts";
import { checkRetryBudget } from "../policy-options.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetSettings } from "../retry-budget.ts";
import { Calm, grouped, type CalmCalls, type TimeoutAdvice } from "./calm.ts";
import { forEachOutcome, recordInvalid, type Choice, type OutcomeSource } from "./call-outcome.ts";
import { CandidateReplay } from "./candidate-replay.ts";
import { candidateGrid, givenCandidates } from "./candidates.ts";
import { knownOutages, OutageDetection, type Outage } from "./outage-detection.ts";
import { roundedUp } from "./proportions.ts";
import { ranked, reasonsFor, recommend, reportOn, type CandidateReport } from "./recommend.ts";
import { Replay } from "./replay.ts";
import { ReplayOrder } from "./replay-order.ts";
import { Survey } from "./survey.ts";
import { Timeline, type TimelineBin } from "./timeline.ts";

export interface CalibrationOptions extends Choice {
  /** Outages that somebody knows of, on the record's clock; an empty list says that there were none. Default: detected from the record. */
  readonly outages?: readonly Outage[];
  /** Settings to try beside the defaults; what one leaves out is the default. Default: a grid of 161 around them. */
  readonly candidates?: readonly Partial<BreakerSettings>[];
  /** The retry budget that the calls share; default: the default one. */
  readonly budget?: Partial<RetryBudgetSettings>;
  /** An outage noticed later than this after its first failure counts as noticed late. Default 2,000 ms. */
  readonly tripWithinMs?: number;
  /** Names the jitter of the times of opening: another seed, other jitter. Default "calibration". */
  readonly seed?: string;
  /** Stretches of time in `timeline`. Default 240. */
  readonly bins?: number;
}

const NAMES: OptionNames<CalibrationOptions> = {
  port: true, operation: true, outages: true, candidates: true, budget: true, tripWithinMs: true, seed: true, bins: true,
};

/** An outage of the record with its calls. */
export interface OutageReport extends Outage {
  /** Calls that began in it, and those of them that failed or timed out. */
  readonly calls: number;
  readonly failures: number;
}

export interface Calibration {
  readonly calls: number;
  readonly failures: number;
  readonly timeouts: number;
  /** From the first begin to the last end. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly callsPerSecond: number;
  /** An answer that takes so long speaks for an outage; null without answers. */
  readonly crawlMs: number | null;
  readonly outages: readonly OutageReport[];
  readonly outagesAre: "detected" | "given";
  /** Stretches of failures too short for an outage: what trips there is false. */
  readonly bursts: number;
  /** The calls that had nothing to do with an outage. */
  readonly calm: CalmCalls;
  readonly timeout: TimeoutAdvice;
  /** Best first. */
  readonly candidates: readonly CandidateReport[];
  readonly defaults: CandidateReport;
  readonly recommended: CandidateReport;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
  readonly timeline: readonly TimelineBin[];
}

/**
 * Of what 99 % of the answers take: from here on a call is slow to a candidate's breaker, which is less than any timeout that is recommended;
 * and so long it takes in an outage.
 */
const SLOW = 1.5, CRAWL = 3;
/** Fewer say too little: with none of 1,000 failing, 0.3 % may. */
const LEAST_CALM_CALLS = 1_000;

/**
 * Replays recorded calls through the circuit breaker and the retry budget that policies and ports use, for many settings at once, and
 * recommends one, and a timeout.
 *
 * Guarantees: the same record and options give the same result. Memory does not grow with the record: what is kept is the calls under way,
 * 10,000 that may be out of order, and counts. Does not know what never happened: calls that a breaker refused while the record was made,
 * how a retry would have ended, or how the dependency would have fared with less load.
 *
 * A trip is an opening while closed; it is false if it happens outside every outage and the call that brought it about began outside, too.
 *
 * Errors: `CALIBRATION_TOO_SMALL`, `CALIBRATION_RECORD_INVALID` (out of order, impossible values, several operations in one record),
 * `CONFIG_INVALID`.
 *
 * @param source in order of time, up to 10,000 outcomes out of place; an array, or a function that begins anew each time: it is read three times.
 * @example
 * const { recommended, timeout, reasons } = await calibrate(outcomes, { port: "payments", operation: "charge" });
 * policy({ name: "payments", breaker: recommended.settings, timeoutMs: timeout.timeoutMs ?? 10_000 });
 */
export async function calibrate(source: OutcomeSource, options: CalibrationOptions = {}): Promise<Calibration> {
  checkOptionNames("The calibration", options, NAMES);
  const budget = { ...DEFAULT_RETRY_BUDGET, ...options.budget };
  checkRetryBudget("The calibration", budget);
  const survey = new Survey();
  await forEachOutcome(source, options, (outcome) => { survey.look(outcome); });
  survey.refuseMix();
  if (survey.calls < LEAST_CALM_CALLS) throw tooSmall(survey.calls, survey.calls, survey, options);

  const slowMs = times(SLOW, survey.usualMs);
  const crawlMs = times(CRAWL, survey.usualMs);
  const known = options.outages === undefined ? null : { outages: knownOutages(options.outages), bursts: 0 };
  const { outages, bursts } = known ?? await detected(source, options, crawlMs);
  const settings = options.candidates === undefined ? candidateGrid(slowMs) : givenCandidates(options.candidates);
  const replays = settings.map((one) => new CandidateReplay(one, budget, options.seed ?? "calibration", outages.length, survey.fromMs));
  const calm = new Calm([...new Set(settings.flatMap(({ slowMs }) => slowMs ?? []))]);
  const timeline = new Timeline(survey.fromMs, survey.toMs, options.bins ?? 240);
  const replay = new Replay(replays, outages, crawlMs, calm, timeline);
  const order = new ReplayOrder(replay);
  let calls = 0;
  await forEachOutcome(source, options, (outcome) => { calls++; order.push(outcome); });
  order.finish();
  replay.finish();
  if (calls !== survey.calls) {
    throw recordInvalid(
      `The record held ${String(survey.calls)} calls at the first reading and ${String(calls)} at the last: hand over an array, or a function that begins anew each time.`,
      { first: survey.calls, last: calls },
    );
  }
  const calmCalls = calm.calls();
  if (calmCalls.calls < LEAST_CALM_CALLS) throw tooSmall(calmCalls.calls, survey.calls, survey, options);

  const callsPerSecond = (1_000 * calls) / Math.max(1, survey.toMs - survey.fromMs);
  const withinMs = options.tripWithinMs ?? 2_000;
  const reports = replays.map((one) => reportOn(one.result(survey.toMs), calmCalls, (threshold) => calm.slowRateAtMost(threshold), callsPerSecond, withinMs));
  const recommended = recommend(reports);
  const defaults = reports[0];
  if (recommended === undefined || defaults === undefined) throw new EvenkeelError("INTERNAL", "There is no candidate, not even the defaults.");
  const outageCalls = replay.counts.reduce((sum, one) => sum + one.calls, 0);
  return {
    calls, failures: survey.failures, timeouts: survey.timeouts, fromMs: survey.fromMs, toMs: survey.toMs,
    callsPerSecond, crawlMs,
    outages: outages.map((outage, index) => ({ ...outage, ...(replay.counts[index] ?? { calls: 0, failures: 0 }) })),
    outagesAre: options.outages === undefined ? "detected" : "given", bursts, calm: calmCalls, timeout: calm.advice(),
    candidates: [recommended, ...ranked(reports.filter((one) => one !== recommended))], defaults, recommended,
    reasons: reasonsFor(recommended, reports, calmCalls, outageCalls, withinMs), timeline: timeline.bins(),
  };
}

function times(factor: number, usualMs: number | null): number | null {
  return usualMs === null ? null : Math.max(1, roundedUp(factor * usualMs));
}

async function detected(source: OutcomeSource, choice: Choice, crawlMs: number | null): Promise<{ outages: readonly Outage[]; bursts: number }> {
  const detection = new OutageDetection(crawlMs);
  const order = new ReplayOrder({ begin: () => undefined, end: (flight) => { detection.end(flight); } });
  await forEachOutcome(source, choice, (outcome) => { order.push(outcome); });
  order.finish();
  detection.finish();
  return detection;
}

function tooSmall(calm: number, calls: number, survey: Survey, choice: Choice): EvenkeelError {
  const of = choice.port === undefined && choice.operation === undefined ? "" : ` of ${[choice.port, choice.operation].filter((one) => one !== undefined).join("/")}`;
  const missing = LEAST_CALM_CALLS - calm;
  const perMs = calls / Math.max(1, survey.toMs - survey.fromMs);
  const howLong = calls < 2 ? "" : `, which at its pace takes ${String(Math.ceil(missing / perMs / 60_000))} minutes more`;
  return new EvenkeelError(
    "CALIBRATION_TOO_SMALL",
    `The record holds ${grouped(calls)} calls${of}, ${grouped(calm)} of them outside outages: too few to tell chance from a setting. ` +
    `${grouped(LEAST_CALM_CALLS)} outside outages are the least; record ${grouped(missing)} more${howLong}.`,
    { details: { calls, calm, least: LEAST_CALM_CALLS } },
  );
}
