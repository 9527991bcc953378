// Chooses one of the candidates, by rules in a fixed order, and says why in words. It replays nothing.
import { DEFAULT_BREAKER } from "../breaker.ts";
import { farFrom } from "./candidates.ts";
import { grouped, type CalmCalls } from "./calm.ts";
import type { CandidateResult } from "./candidate-replay.ts";
import { binomialTail } from "./proportions.ts";

/** A candidate with what follows from its replay. */
export interface CandidateReport extends CandidateResult {
  /** Expected in a million calls outside outages, if errors came singly, at the highest share the record makes plausible. */
  readonly falseTripsPerMillion: number;
  /** Outages in which it did not open. */
  readonly missed: number;
  /** Outages in which it opened, but later than wanted after their first failure. */
  readonly late: number;
  /**
   * Calls with a bad end that other settings could have spared: in outages let through to fail, or refused though they would have succeeded;
   * and after each outage the calls of half the time open. How soon after an outage a probe came in the replay is luck, and not counted.
   */
  readonly cost: number;
}

/** What no record of this length can show by itself: one false trip in a hundred million calls. */
const PROVEN_PER_MILLION = 0.01;

/** @param slowRateAtMost the share of slow calls outside outages, for a threshold. */
export function reportOn(
  result: CandidateResult, calm: CalmCalls, slowRateAtMost: (slowMs: number) => number, callsPerSecond: number, withinMs: number,
): CandidateReport {
  const { settings, outages } = result;
  const recoveryMs = (settings.openMs * (1 + settings.jitter / 2)) / 2;
  const noticed = outages.filter(({ tripMs }) => tripMs !== null).length;
  const ofFailures = chanceOfTrip(settings.minimumCalls, settings.failureRate, calm.failureRateAtMost);
  const ofSlow = settings.slowMs === null ? 0 : chanceOfTrip(settings.minimumCalls, settings.slowRate, slowRateAtMost(settings.slowMs));
  return {
    ...result,
    falseTripsPerMillion: 1e6 * Math.min(1, ofFailures + ofSlow),
    missed: outages.length - noticed,
    late: outages.filter(({ tripAfterFailureMs }) => tripAfterFailureMs !== null && tripAfterFailureMs > withinMs).length,
    cost: Math.round(result.sufferedInOutages + result.shedAnswersInOutages + (noticed * recoveryMs * callsPerSecond * (1 - calm.failureRate)) / 1_000),
  };
}

/** The chance that a call fails and is the last of so many newest calls of which too many did; a longer stretch is less likely to. */
function chanceOfTrip(minimumCalls: number, rate: number, share: number): number {
  return share * binomialTail(minimumCalls - 1, Math.ceil(minimumCalls * rate - 1e-9) - 1, share);
}

function isProven(one: CandidateReport): boolean {
  return one.falseTripsPerMillion <= PROVEN_PER_MILLION;
}

/** Best first, by the rules of {@link recommend} without their tolerance. */
export function ranked(reports: readonly CandidateReport[]): readonly CandidateReport[] {
  const keys = (one: CandidateReport): readonly number[] =>
    [one.falseTrips, isProven(one) ? 0 : one.falseTripsPerMillion, one.missed, one.late, one.cost, farFrom(one.settings, DEFAULT_BREAKER)];
  return reports.toSorted((one, other) => {
    const others = keys(other);
    return keys(one).map((key, at) => key - (others[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
  });
}

/**
 * The rules, each among those that the one before left: fewest false trips; false trips improbable also beyond the record; fewest outages
 * missed; fewest late; lowest cost, where counts that chance alone makes differ count as equal; nearest to the defaults.
 */
export function recommend(reports: readonly CandidateReport[]): CandidateReport | undefined {
  let left = leastOf(reports, (one) => one.falseTrips);
  left = leastOf(left, (one) => isProven(one) ? 0 : one.falseTripsPerMillion);
  left = leastOf(left, (one) => one.missed);
  left = leastOf(left, (one) => one.late);
  const lowest = Math.min(...left.map((one) => one.cost));
  left = left.filter((one) => one.cost <= lowest + 2 * Math.sqrt(lowest));
  return leastOf(left, (one) => farFrom(one.settings, DEFAULT_BREAKER))[0];
}

function leastOf(reports: readonly CandidateReport[], measure: (one: CandidateReport) => number): readonly CandidateReport[] {
  const least = reports.reduce((lowest, one) => Math.min(lowest, measure(one)), Infinity);
  return reports.filter((one) => measure(one) === least);
}

/** In words, for the one who decides. */
export function reasonsFor(
  chosen: CandidateReport, reports: readonly CandidateReport[], calm: CalmCalls, outageCalls: number, withinMs: number,
): readonly string[] {
  const rates = `at the ${percent(calm.failureRate)} of failures seen there (at most ${percent(calm.failureRateAtMost)})`;
  const false_ = chosen.falseTrips === 0 ? "No false trip" : plural(chosen.falseTrips, "false trip");
  const proven = isProven(chosen)
    ? `Errors that come singly ${rates} would trip it ${small(chosen.falseTripsPerMillion)} times in a million calls.`
    : `No candidate is safe ${rates}: this one would trip ${small(chosen.falseTripsPerMillion)} times in a million calls that fail singly.`;
  return [
    `${false_} in ${grouped(calm.calls)} calls outside outages. ${proven}`,
    onOutages(chosen, withinMs),
    `It refused ${plural(chosen.shed, "call")}, of which ${grouped(chosen.shedAnswers)} would have succeeded, and let ${grouped(chosen.sufferedInOutages)} of ` +
    `${plural(outageCalls, "call")} in outages through to fail; ${plural(chosen.probes, "probe")}.`,
    `Below ${String(Number(((1_000 * chosen.settings.minimumCalls) / chosen.settings.windowMs).toPrecision(2)))} calls a second it has too few to judge and never opens.`,
    againstDefaults(chosen, reports[0]),
    `${grouped(reports.filter((one) => one.falseTrips > 0 || !isProven(one)).length)} of ${grouped(reports.length)} candidates tripped falsely, or would more than once in a hundred million calls.`,
  ];
}

function onOutages({ outages, missed, late }: CandidateReport, withinMs: number): string {
  if (outages.length === 0) return "The record holds no outage: how soon it trips is not known from it.";
  const trips = outages.flatMap(({ tripAfterFailureMs }) => tripAfterFailureMs ?? []);
  const recoveries = outages.flatMap(({ recoveryMs }) => recoveryMs ?? []);
  const opened = `It opened in ${String(outages.length - missed)} of ${plural(outages.length, "outage")}`;
  const after = trips.length === 0 ? "" : `, at the latest ${seconds(Math.max(...trips))} after its first failure`;
  const slowly = late === 0 ? "" : ` (${String(late)} later than the ${seconds(withinMs)} wanted)`;
  const back = recoveries.length === 0 ? "" : `, and was closed again at the latest ${seconds(Math.max(...recoveries))} after its end`;
  return `${opened}${after}${slowly}${back}.`;
}

function againstDefaults(chosen: CandidateReport, defaults: CandidateReport | undefined): string {
  if (defaults === undefined || farFrom(chosen.settings, defaults.settings) === 0) return "These are the defaults: nothing needs to be set.";
  const problems = [
    ...(defaults.falseTrips > chosen.falseTrips ? [plural(defaults.falseTrips, "false trip")] : []),
    ...(isProven(defaults) ? [] : [`${small(defaults.falseTripsPerMillion)} false trips expected in a million calls`]),
    ...(defaults.missed > chosen.missed ? [`${plural(defaults.missed, "outage")} missed`] : []),
    ...(defaults.late > chosen.late ? [`${plural(defaults.late, "outage")} noticed late`] : []),
    ...(defaults.cost > chosen.cost ? [`${grouped(defaults.cost)} calls with an end that a setting could spare, against ${grouped(chosen.cost)}`] : []),
  ];
  return `The defaults do worse here: ${problems.join(", ")}.`;
}

function percent(share: number): string {
  return `${String(Number((share * 100).toPrecision(3)))} %`;
}

function small(value: number): string {
  if (value === 0) return "0";
  return value < 0.001 ? "less than 0.001" : String(Number(value.toPrecision(2)));
}

function seconds(ms: number): string {
  return `${String(Number((ms / 1_000).toPrecision(3)))} s`;
}

function plural(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}
