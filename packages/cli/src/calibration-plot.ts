// A calibration as one SVG picture that needs nothing beside itself: failures over time with the phases in which the recommended breaker is
// open, and durations against the recommended timeout. Colours are told apart also by those who see few (Okabe and Ito), and every one of
// them is named in the legend.
import type { Calibration, TimelineBin } from "@evenkeel/core";
import { clock } from "./calibration-text.ts";
import { grouped, spell } from "./table.ts";

const WIDTH = 960, LEFT = 78, RIGHT = 940;
const UPPER = { top: 84, bottom: 290 }, LOWER = { top: 340, bottom: 546 };
const COLOURS = { failures: "#D55E00", open: "#E69F00", outage: "#555555", p50: "#56B4E9", p99: "#0072B2", timeout: "#000000" };

/** @param name of the port and operation, or "". */
export function calibrationPlot(found: Calibration, name: string): string {
  const { fromMs, toMs, timeline, outages, recommended, timeout, calls } = found;
  const x = (atMs: number): number => LEFT + ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * (RIGHT - LEFT);
  const times = timeline.flatMap(({ p50Ms, p99Ms }) => [p50Ms ?? [], p99Ms ?? []].flat());
  const scale = logScale(Math.min(...times, timeout.timeoutMs ?? Infinity), Math.max(...times, timeout.timeoutMs ?? 0));
  const share = (value: number): number => UPPER.bottom - value * (UPPER.bottom - UPPER.top);
  const failures = ({ calls: ended, failures: bad }: TimelineBin): number | null => ended === 0 ? null : share(bad / ended);
  const height = (ms: number | null): number | null => ms === null ? null : scale.y(ms);
  const title = `Calibration${name === "" ? "" : ` of ${name}`}`;
  const open = recommended.openPhases.map((phase) => rectangle(x(phase.fromMs), x(phase.toMs), UPPER.top, UPPER.bottom, `fill="${COLOURS.open}" fill-opacity="0.4"`));
  const bars = outages.map((outage) => rectangle(x(outage.fromMs), x(outage.toMs), UPPER.top - 9, UPPER.top - 3, `fill="${COLOURS.outage}"`));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} 620" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description(found))}</desc>
<rect width="${String(WIDTH)}" height="620" fill="#ffffff"/>
<text x="${String(LEFT)}" y="24" font-size="16" font-weight="bold">${escaped(title)}</text>
<text x="${String(LEFT)}" y="44" fill="#333333">${escaped(`${grouped(calls)} calls, ${clock(fromMs, fromMs)} to ${clock(toMs, fromMs)}`)}</text>
${legend([["line", COLOURS.failures, "failures"], ["box", COLOURS.open, "recommended breaker open"], ["box", COLOURS.outage, `outages (${found.outagesAre})`]], 66)}
${open.join("")}${bars.join("")}
${[0, 0.25, 0.5, 0.75, 1].map((value) => gridLine(share(value), `${String(value * 100)} %`)).join("")}
${lineThrough(timeline.map((bin) => [x((bin.fromMs + bin.toMs) / 2), failures(bin)]), `stroke="${COLOURS.failures}" stroke-width="1.5"`)}
${axisTitle("calls that failed or timed out", UPPER)}
${legend([["line", COLOURS.p99, "99 % within"], ["line", COLOURS.p50, "half within"], ["dash", COLOURS.timeout, timeoutWords(found)]], 328)}
${scale.ticks.map((ms) => gridLine(scale.y(ms), spell(ms))).join("")}
${lineThrough(timeline.map((bin) => [x((bin.fromMs + bin.toMs) / 2), height(bin.p99Ms)]), `stroke="${COLOURS.p99}" stroke-width="1.5"`)}
${lineThrough(timeline.map((bin) => [x((bin.fromMs + bin.toMs) / 2), height(bin.p50Ms)]), `stroke="${COLOURS.p50}" stroke-width="1.5"`)}
${timeout.timeoutMs === null ? "" : dashed(scale.y(timeout.timeoutMs))}
${axisTitle("duration (logarithmic)", LOWER)}
${timeTicks(fromMs, toMs).map((atMs) => timeTick(x(atMs), timeLabel(atMs, fromMs, toMs))).join("")}
<text x="${String((LEFT + RIGHT) / 2)}" y="592" text-anchor="middle">${fromMs >= 1e11 ? `time, UTC, from ${new Date(fromMs).toISOString().slice(0, 10)}` : "time since the begin of the record"}</text>
</svg>
`;
}

function description({ recommended, outages, reasons, timeout }: Calibration): string {
  return `Above, the share of calls that failed over time, with ${String(recommended.openPhases.length)} phases in which the recommended breaker is open and ` +
    `${String(outages.length)} outages. Below, how long calls took, against the recommended timeout. ${reasons.join(" ")} ${timeout.reason}`;
}

function timeoutWords({ timeout }: Calibration): string {
  return timeout.timeoutMs === null ? "no timeout is recommended" : `recommended timeout, ${spell(timeout.timeoutMs)}`;
}

function logScale(leastMs: number, mostMs: number): { y(ms: number): number; ticks: readonly number[] } {
  const low = Math.floor(Math.log10(Number.isFinite(leastMs) && leastMs > 0 ? leastMs : 1));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, mostMs))));
  const y = (ms: number): number => LOWER.bottom - ((Math.log10(Math.max(ms, 10 ** low)) - low) / (high - low)) * (LOWER.bottom - LOWER.top);
  return { y, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

const STEPS_MS = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800].map((seconds) => seconds * 1_000);

/** Whole steps of the clock, nine at most; of a clock of its own, from the begin of the record. */
function timeTicks(fromMs: number, toMs: number): readonly number[] {
  const step = STEPS_MS.find((one) => (toMs - fromMs) / one <= 9) ?? Math.ceil((toMs - fromMs) / 9);
  const first = fromMs >= 1e11 ? Math.ceil(fromMs / step) * step : fromMs;
  return Array.from({ length: Math.floor((toMs - first) / step) + 1 }, (_, index) => first + index * step);
}

function timeLabel(atMs: number, fromMs: number, toMs: number): string {
  if (fromMs < 1e11) return spell(Math.round(atMs - fromMs));
  const date = new Date(atMs).toISOString();
  return toMs - fromMs > 172_800_000 ? date.slice(5, 16).replace("T", " ") : date.slice(11, toMs - fromMs < 600_000 ? 19 : 16);
}

function timeTick(at: number, label: string): string {
  const place = at.toFixed(1);
  return [UPPER, LOWER].map(({ bottom }) => `<line x1="${place}" x2="${place}" y1="${String(bottom)}" y2="${String(bottom + 5)}" stroke="#333333"/>` +
    `<text x="${place}" y="${String(bottom + 18)}" text-anchor="middle">${escaped(label)}</text>`).join("");
}

function gridLine(at: number, label: string): string {
  const y = at.toFixed(1);
  return `<line x1="${String(LEFT)}" x2="${String(RIGHT)}" y1="${y}" y2="${y}" stroke="#dddddd"/><text x="${String(LEFT - 6)}" y="${(at + 4).toFixed(1)}" text-anchor="end">${label}</text>`;
}

function axisTitle(text: string, { top, bottom }: typeof UPPER): string {
  const middle = String((top + bottom) / 2);
  return `<text x="16" y="${middle}" text-anchor="middle" transform="rotate(-90 16 ${middle})">${text}</text>`;
}

/** Broken where there is nothing. */
function lineThrough(points: readonly (readonly [number, number | null])[], style: string): string {
  let isDrawing = false;
  const steps = points.flatMap(([x, y]) => {
    if (y === null) { isDrawing = false; return []; }
    const step = `${isDrawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDrawing = true;
    return [step];
  });
  return `<path d="${steps.join("")}" fill="none" stroke-linejoin="round" stroke-linecap="round" ${style}/>`;
}

/** At least a pixel wide: what is short must be seen, too. */
function rectangle(from: number, to: number, top: number, bottom: number, style: string): string {
  return `<rect x="${from.toFixed(1)}" y="${String(top)}" width="${Math.max(1, to - from).toFixed(1)}" height="${String(bottom - top)}" ${style}/>`;
}

function dashed(at: number): string {
  return `<line x1="${String(LEFT)}" x2="${String(RIGHT)}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="${COLOURS.timeout}" stroke-dasharray="6 4"/>`;
}

function legend(entries: readonly (readonly ["line" | "dash" | "box", string, string])[], y: number): string {
  let x = LEFT;
  return entries.map(([kind, colour, text]) => {
    const middle = String(y - 4);
    const sign = kind === "box"
      ? `<rect x="${String(x)}" y="${String(y - 10)}" width="20" height="11" fill="${colour}" fill-opacity="${colour === COLOURS.open ? "0.4" : "1"}"/>`
      : `<line x1="${String(x)}" x2="${String(x + 20)}" y1="${middle}" y2="${middle}" stroke="${colour}" stroke-width="2"${kind === "dash" ? ' stroke-dasharray="6 4"' : ""}/>`;
    const entry = `${sign}<text x="${String(x + 26)}" y="${String(y)}">${escaped(text)}</text>`;
    x += 60 + text.length * 7;
    return entry;
  }).join("");
}

function escaped(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
