// Two soak runs, before and after a change: worse, or not. Compared are medians over minutes, without the first one, in which code is still
// being compiled and caches are cold; what machines do to a single minute must not decide.
import type { SoakMinute, SoakReport } from "./report.ts";

interface Measure { readonly name: string; readonly before: number; readonly after: number; readonly bound: number; readonly isWorse: boolean }

interface Comparison {
  /** Only runs of the same load, on the same version of Node.js, can be. */
  readonly isComparable: boolean;
  readonly isWorse: boolean;
  readonly verdict: string;
  readonly measures: readonly Measure[];
}

export function compareSoaks(before: SoakReport, after: SoakReport): Comparison {
  const differing = (["rate", "minutesAsked", "node"] as const).filter((name) => before[name] !== after[name]);
  if (differing.length > 0) {
    const verdict = `They cannot be compared: they differ in ${differing.join(", ")}. Run both in the same way.`;
    return { isComparable: false, isWorse: false, verdict, measures: [] };
  }
  const of = (report: SoakReport, value: (minute: SoakMinute) => number): number => median(settled(report).map(value));
  // Slack beside the ratio, since a millisecond more or a megabyte more of little is no finding.
  const most = (name: string, ratio: number, slack: number, value: (minute: SoakMinute) => number): Measure => {
    const [b, a] = [of(before, value), of(after, value)];
    const bound = b * ratio + slack;
    return { name, before: b, after: a, bound, isWorse: a > bound };
  };
  const throughput = ((): Measure => {
    const [b, a] = [of(before, (one) => one.perSecond), of(after, (one) => one.perSecond)];
    return { name: "handled a second", before: b, after: a, bound: b * 0.95, isWorse: a < b * 0.95 };
  })();
  const measures = [
    throughput,
    most("p99 in ms", 1.3, 2, (one) => one.p99Ms),
    most("cpu a message in us", 1.2, 10, (one) => one.cpuUsPerMessage),
    most("rss in MB", 1.2, 10, (one) => one.rssMb),
    growth(before, after),
    { name: "stalls", before: stalls(before), after: stalls(after), bound: stalls(before), isWorse: stalls(after) > stalls(before) },
    { name: "messages lost", before: before.lost, after: after.lost, bound: 0, isWorse: after.lost > 0 },
  ];
  const worse = measures.filter((one) => one.isWorse).map((one) => one.name);
  const same = before.lockDigest === after.lockDigest ? " Both ran with the same lock file." : "";
  const verdict = worse.length === 0 ? `Not worse.${same}` : `Worse in ${worse.join(", ")}.${same}`;
  return { isComparable: true, isWorse: worse.length > 0, verdict, measures };
}

/** How much the heap grew from the first settled minute to the last: a leak shows here before it shows in the whole. */
function growth(before: SoakReport, after: SoakReport): Measure {
  const [b, a] = [before, after].map((report) => {
    const minutes = settled(report);
    return Math.max(0, (minutes.at(-1)?.heapMb ?? 0) - (minutes[0]?.heapMb ?? 0));
  });
  const bound = (b ?? 0) * 1.5 + 20;
  return { name: "growth of the heap in MB", before: b ?? 0, after: a ?? 0, bound, isWorse: (a ?? 0) > bound };
}

function settled({ minutes }: SoakReport): readonly SoakMinute[] {
  return minutes.length > 1 ? minutes.slice(1) : minutes;
}

function stalls({ minutes }: SoakReport): number {
  return minutes.reduce((sum, one) => sum + one.stalls, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
