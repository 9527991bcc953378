// Runs checks one after the other within their time: each from its narrowest scope to its widest, as far as the time goes. It prints
// nothing and explores nothing itself.
import type { Progress } from "../explore/options.ts";
import type { MutantResult, MutationReport } from "../mutation/check-mutants.ts";
import type { Report } from "../report.ts";

/** One exploration that can be asked for. */
export interface Scope {
  readonly name: string;
  explore(options: ScopeOptions): Promise<Report>;
  /** Does one thing wrong at a time; null: a model has nothing of ours that could be. */
  readonly mutants: ((options: ScopeOptions, told: (result: MutantResult) => void) => Promise<MutationReport>) | null;
}

interface ScopeOptions {
  readonly maxSeconds?: number;
  readonly seed?: number;
  /** Threads that explore together. */
  readonly workers?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** What one export of a check file asks for: one exploration, or several from the narrowest to the widest. */
export interface Check {
  readonly file: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export interface CheckResult {
  readonly file: string;
  readonly name: string;
  /** In order; the last one is where it ended. */
  readonly reports: readonly Report[];
  /** The widest scope that was seen as a whole and holds; null: not even the narrowest. */
  readonly completed: string | null;
  /** Scopes that were not begun, because the time was over or a narrower one is broken. */
  readonly left: readonly string[];
  /** The scope that a bound ended, and how far it was seen: what the check says nothing about. Null: none was begun and left. */
  readonly bounded: Bounded | null;
  /** Whether nothing is broken, and at least the narrowest scope was seen as a whole. */
  readonly passed: boolean;
}

/** How far a scope was seen that a bound ended. */
interface Bounded extends Pick<Report, "reason" | "distinct" | "unexpanded" | "depth" | "wholeLevels"> { readonly scope: string }

export interface CheckEvents {
  begun?(check: Check, scope: Scope): void;
  progress?(progress: Progress): void;
  ended?(result: CheckResult): void;
}

interface RunOptions {
  /** The time of one check, all its scopes together; null: no limit. */
  readonly secondsEach: number | null;
  readonly seed?: number;
  /** Threads; a check that several cannot explore is refused. */
  readonly workers?: number;
}

export async function runChecks(
  checks: readonly Check[], options: RunOptions, events: CheckEvents = {},
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const result = await widen(check, options, events);
    events.ended?.(result);
    results.push(result);
  }
  return results;
}

async function widen(check: Check, { secondsEach, seed, workers }: RunOptions, events: CheckEvents): Promise<CheckResult> {
  const until = secondsEach === null ? null : performance.now() + secondsEach * 1_000;
  const reports: Report[] = [];
  let completed: string | null = null;
  for (const scope of check.scopes) {
    const secondsLeft = until === null ? null : (until - performance.now()) / 1_000;
    // The narrowest scope always gets its chance: a check that is not begun says nothing.
    if (secondsLeft !== null && secondsLeft <= 0 && reports.length > 0) break;
    events.begun?.(check, scope);
    const report = await scope.explore({
      ...(secondsLeft === null ? {} : { maxSeconds: Math.max(secondsLeft, 0.1) }),
      ...(seed === undefined ? {} : { seed }),
      ...(workers === undefined ? {} : { workers }),
      ...(events.progress === undefined ? {} : { onProgress: events.progress }),
    });
    reports.push(report);
    if (report.verdict !== "pass") break;
    completed = scope.name;
  }
  const broken = reports.some(({ verdict }) => verdict !== "pass" && verdict !== "bounded");
  return {
    file: check.file, name: check.name, reports, completed,
    left: check.scopes.slice(reports.length).map(({ name }) => name),
    bounded: boundedOf(check.scopes[reports.length - 1], reports.at(-1)),
    passed: !broken && completed !== null,
  };
}

function boundedOf(scope: Scope | undefined, report: Report | undefined): Bounded | null {
  if (scope === undefined || report?.verdict !== "bounded") return null;
  const { reason, distinct, unexpanded, depth, wholeLevels } = report;
  return { scope: scope.name, reason, distinct, unexpanded, depth, wholeLevels };
}
