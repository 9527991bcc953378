// What came of replaying recorded runs, as a whole: numbers, whether it passed, and a text in which runs that tell the same stand together.
import type { ReplayedRun, ReplayVerdict } from "./replay-run.ts";

export interface ReplayReport {
  /** Whether no run diverged, broke or has an unknown version; when asked to be strict, also that none changed. */
  readonly passed: boolean;
  readonly counts: Readonly<Record<ReplayVerdict, number>>;
  readonly runs: readonly ReplayedRun[];
  /** For people, and for the message of an assertion. */
  readonly text: string;
}

const WORDS: Readonly<Record<ReplayVerdict, string>> = {
  same: "same", changed: "changed", diverged: "diverged", broken: "broken", versionUnknown: "version unknown",
};

const NAMED = 5;

/** @param strict whether runs that go on differently are failures, too. */
export function replayReport(runs: readonly ReplayedRun[], strict: boolean): ReplayReport {
  const counts = { same: 0, changed: 0, diverged: 0, broken: 0, versionUnknown: 0 };
  for (const { verdict } of runs) counts[verdict]++;
  const passed = counts.diverged + counts.broken + counts.versionUnknown + (strict ? counts.changed : 0) === 0;
  const numbers = Object.entries(counts).filter(([, count]) => count > 0).map(([verdict, count]) => `${String(count)} ${wordsOf(verdict)}`);
  const summary = `${String(runs.length)} ${runs.length === 1 ? "run" : "runs"} replayed: ${numbers.length === 0 ? "none was there" : numbers.join(", ")}.\n`;
  return { passed, counts, runs, text: `${stories(runs).join("")}${summary}` };
}

function wordsOf(verdict: string): string {
  return Object.entries(WORDS).find(([name]) => name === verdict)?.[1] ?? verdict;
}

/** One for all runs that tell the same. */
function stories(runs: readonly ReplayedRun[]): readonly string[] {
  const alike = new Map<string, ReplayedRun[]>();
  for (const run of runs) {
    if (run.verdict === "same") continue;
    // An error of one run names it.
    const said = run.recorded === null ? run.message.replaceAll(`'${run.id}'`, "") : run.message;
    const group = `${run.workflow}\n${String(run.version)}\n${run.verdict}\n${said}`;
    alike.set(group, [...alike.get(group) ?? [], run]);
  }
  return [...alike.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return "";
    const ids = group.slice(0, NAMED).map(({ id }) => id).join(", ");
    const who = group.length === 1 ? `run ${ids}` : `${String(group.length)} runs (${ids}${group.length > NAMED ? ", …" : ""})`;
    return `${first.workflow}, version ${String(first.version)}, ${who}: ${WORDS[first.verdict]} ${first.message}\n\n`;
  });
}
