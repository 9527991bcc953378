// What an outage did, in figures: the load that the provider counted, the other services' times, the calls; and which of them keep within
// what the platform promises. It ends no run because of them: on a machine with other work a time says little.
import type { Traffic } from "../provider/contract.ts";
import type { OutagePlan, OutageTimes } from "./outage.ts";
import type { watchOutage } from "./outageWatch.ts";

type Watched = Awaited<ReturnType<Awaited<ReturnType<typeof watchOutage>>["read"]>>;

export interface OutageReport {
  readonly kind: OutagePlan["kind"];
  readonly seconds: number;
  /** Counted by the provider, questions by key included: before the outage, during it, and from its return for at most as long again. */
  readonly requestsPerSecond: { readonly before: number; readonly during: number; readonly after: number };
  /** During over before. */
  readonly loadRatio: number | null;
  /** Calls that went to see whether the provider had recovered, in all processes. */
  readonly probes: number;
  /** The most requests about charges under way at once at the provider, from ten seconds into the outage: the probes. Null if it was shorter. */
  readonly mostAtOnce: number | null;
  /** From append to handler's commit, of messages of the services that do not use the port, of the kinds that flow before and during. */
  readonly otherServicesMs: Watched["otherServices"];
  /** Their p99 during the outage over the one before; null where there was nothing to compare. */
  readonly otherServicesRatio: number | null;
  /** What is promised of an outage of any length, and whether it held; null where it could not be seen. */
  readonly held: {
    /** The load on the provider is at most 1.1 of what it was: what is repeated is a tenth of the traffic. */
    readonly load: boolean | null;
    /** The p99 of the other services is at most 1.2 of what it was. */
    readonly otherServices: boolean | null;
    /** Every call had an outcome within its deadline and a second. */
    readonly deadlines: boolean;
  };
  /** Calls without an outcome a second after their deadline. */
  readonly lateCalls: number;
  /** From the provider's return until the last call requested before it had its outcome. */
  readonly settledSeconds: number | null;
}

/** The default retry budget of a port is a tenth. */
const MOST_LOAD = 1.1;
const MOST_SLOWER = 1.2;
const MOST_AFTER_MS = 10_000;
/** By then the breaker is open and what began before has timed out, if there are some calls a second. */
const QUIET_AFTER_MS = 10_000;

export function outageReport(plan: OutagePlan, times: OutageTimes, traffic: Traffic, watched: Watched, probes: number): OutageReport {
  const { normalFrom, from, until } = times;
  const rate = (begin: number, end: number): number => {
    const requests = traffic.buckets.reduce((sum, [at, count]) => (at >= begin && at < end ? sum + count : sum), 0);
    return round(requests / ((end - begin) / 1_000));
  };
  const [before, during] = [rate(normalFrom, from), rate(from, until)];
  const after = rate(until, until + Math.min(MOST_AFTER_MS, until - from));
  const loadRatio = before > 0 ? round(during / before) : null;
  const { before: { p99: calm }, during: { p99: busy } } = watched.otherServices;
  const otherServicesRatio = calm === null || busy === null || calm <= 0 ? null : round(busy / calm);
  const quiet = traffic.buckets.filter(([at]) => at >= from + QUIET_AFTER_MS && at < until);
  return {
    kind: plan.kind, seconds: round((until - from) / 1_000),
    requestsPerSecond: { before, during, after },
    loadRatio,
    probes,
    mostAtOnce: until - from > QUIET_AFTER_MS ? quiet.reduce((most, [, , atOnce]) => Math.max(most, atOnce), 0) : null,
    otherServicesMs: watched.otherServices,
    otherServicesRatio,
    held: {
      load: loadRatio === null ? null : loadRatio <= MOST_LOAD,
      otherServices: otherServicesRatio === null ? null : otherServicesRatio <= MOST_SLOWER,
      deadlines: watched.lateCalls === 0,
    },
    lateCalls: watched.lateCalls,
    settledSeconds: watched.settledMs === null ? null : round(watched.settledMs / 1_000),
  };
}

export function outageLines(report: OutageReport | null): string[] {
  if (report === null) return [];
  const { kind, seconds, requestsPerSecond: { before, during, after }, otherServicesMs: other } = report;
  const atOnce = report.mostAtOnce === null ? "" : `, at most ${report.mostAtOnce} requests at once`;
  const p99 = (ms: number | null): string => (ms === null ? "unknown" : `${ms} ms`);
  const bound = (is: boolean | null, most: string): string => (is === null ? "" : is ? `, within ${most}` : `, NOT within ${most}`);
  const ratio = report.loadRatio === null ? "" : ` (${report.loadRatio} of before${bound(report.held.load, String(MOST_LOAD))})`;
  const slower = report.otherServicesRatio === null ? "" : ` (${report.otherServicesRatio} of before${bound(report.held.otherServices, String(MOST_SLOWER))})`;
  return [
    `Outage  ${kind} for ${seconds} s: the provider saw ${before} requests a second before, ${during} during${ratio}, ${after} after`,
    `        ${report.probes} probes${atOnce}; ${report.lateCalls} calls ended later than a second after their deadline`,
    `        services without the port, append to commit: p99 ${p99(other.before.p99)} before, ${p99(other.during.p99)} during${slower}`,
    report.settledSeconds === null ? "        no call waited" : `        settled ${report.settledSeconds} s after the provider's return`,
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
