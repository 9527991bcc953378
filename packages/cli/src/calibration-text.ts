// A calibration for people: what was read, the outages, the best candidates beside the defaults, and the recommendation with its reasons.
import type { Calibration, CandidateReport } from "@evenkeel/core";
import { grouped, spell, table } from "./table.ts";

const SHOWN = 10;

export function calibrationText(found: Calibration): string {
  return [record(found), outages(found), candidates(found), recommendation(found)].join("\n");
}

function record({ calls, failures, timeouts, fromMs, toMs, callsPerSecond, calm }: Calibration): string {
  const usual = [["half", calm.p50Ms], ["95 %", calm.p95Ms], ["99 %", calm.p99Ms], ["99.9 %", calm.p999Ms]] as const;
  const times = usual.flatMap(([share, ms]) => ms === null ? [] : `${share} within ${spell(ms)}`);
  return `${grouped(calls)} calls in ${spell(toMs - fromMs)} (${spare(callsPerSecond)} a second): ${grouped(failures)} failures, ${grouped(timeouts)} timeouts.\n` +
    `${grouped(calm.calls)} of them outside outages: ${spare(100 * calm.failureRate)} % failed; ${times.join(", ")}.\n`;
}

function outages({ outages: all, outagesAre, bursts, fromMs, recommended }: Calibration): string {
  const few = bursts === 0 ? "" : ` ${grouped(bursts)} shorter than a second count as transient errors.`;
  if (all.length === 0) return `No outage was ${outagesAre}.${few}\n`;
  const rows = all.map((outage, index) => ({ ...outage, index, response: recommended.outages[index] }));
  return `Outages, ${outagesAre}, and what the recommended breaker does in each.${few}\n${table(rows, [
    { title: "OUTAGE", value: (one) => one.index + 1 },
    { title: "BEGAN", value: (one) => clock(one.fromMs, fromMs) },
    { title: "LASTED", value: (one) => spell(one.toMs - one.fromMs) },
    { title: "CALLS", value: (one) => grouped(one.calls) },
    { title: "FAILED", value: (one) => grouped(one.failures) },
    { title: "OPEN AFTER", value: (one) => ended(one.response?.tripMs) },
    { title: "AFTER FAILURE", value: (one) => ended(one.response?.tripAfterFailureMs) },
    { title: "REFUSED", value: (one) => grouped(one.response?.shed ?? 0) },
    { title: "CLOSED AFTER", value: (one) => ended(one.response?.recoveryMs) },
  ])}`;
}

function candidates({ candidates: all, defaults, recommended }: Calibration): string {
  const shown = all.slice(0, SHOWN);
  const rows = shown.includes(defaults) ? shown : [...shown, defaults];
  const name = (one: CandidateReport): string =>
    [...(one === recommended ? ["recommended"] : []), ...(one === defaults ? ["defaults"] : [])].join(", ");
  return `The best of ${String(all.length)} candidates:\n${table(rows, [
    { title: "RATE", value: (one) => one.settings.failureRate },
    { title: "CALLS", value: (one) => one.settings.minimumCalls },
    { title: "WINDOW", value: (one) => spell(one.settings.windowMs) },
    { title: "OPEN", value: (one) => spell(one.settings.openMs) },
    { title: "SLOW", value: (one) => one.settings.slowMs === null ? "-" : `${spell(one.settings.slowMs)}, ${String(one.settings.slowRate)}` },
    { title: "TRIPS", value: (one) => one.trips },
    { title: "FALSE", value: (one) => one.falseTrips },
    { title: "FALSE/MILLION", value: (one) => one.falseTripsPerMillion < 0.001 ? "<0.001" : spare(one.falseTripsPerMillion) },
    { title: "MISSED", value: (one) => one.missed },
    { title: "SLOWEST TRIP", value: (one) => ended(slowest(one)) },
    { title: "REFUSED", value: (one) => grouped(one.shed) },
    { title: "WOULD HAVE SUCCEEDED", value: (one) => grouped(one.shedAnswers) },
    { title: "PROBES", value: (one) => one.probes },
    { title: "", value: name },
  ])}`;
}

function slowest(one: CandidateReport): number | null {
  const trips = one.outages.flatMap(({ tripMs }) => tripMs ?? []);
  return trips.length === 0 ? null : Math.max(...trips);
}

function recommendation({ recommended: { settings }, reasons, timeout }: Calibration): string {
  const { failureRate, minimumCalls, windowMs, openMs, slowMs, slowRate } = settings;
  const chosen = { failureRate, minimumCalls, windowMs, openMs, ...(slowMs === null ? {} : { slowMs, slowRate }) };
  const words = Object.entries(chosen).map(([name, value]) => `${name}: ${String(value)}`).join(", ");
  const line = timeout.timeoutMs === null ? "timeoutMs: not known" : `timeoutMs: ${String(timeout.timeoutMs)}`;
  return `Recommended:\n  breaker: { ${words} }\n${reasons.map((reason) => `    ${reason}\n`).join("")}  ${line}\n    ${timeout.reason}\n`;
}

function ended(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "never" : spell(ms);
}

function spare(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A date where the record has dates, else the time since its begin. */
export function clock(atMs: number, fromMs: number): string {
  return fromMs >= 1e11 ? new Date(atMs).toISOString() : `+${spell(atMs - fromMs)}`;
}
