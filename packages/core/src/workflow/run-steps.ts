// The steps of a run's present generation as people look at them: what was asked for when, how it ended when, and whether it was undone. Read from
// its journal; nothing is run.
import type { CallFailure } from "../message/call.ts";
import type { AnyRun, Entry, StepEnd, StepType } from "./journal.ts";
import { isSettled, lastAttempt, type Journal } from "./standing.ts";

/** A step, done or under way. Times are in milliseconds since 1970. */
export interface RunStep {
  readonly name: string;
  readonly type: StepType;
  /** The operation, as `shop.charge`. */
  readonly operation: string;
  /** The business key of its effect. */
  readonly key: string;
  readonly askedAt: number;
  /** When its outcome was known to the run; null: it is under way. */
  readonly settledAt: number | null;
  /** `ok`, a declared failure of the operation, or `notPerformed`; null: it is under way. */
  readonly outcome: string | null;
  /** What came with the outcome: the step's result, or the data of its failure. */
  readonly value?: unknown;
  /** Why it was not performed, where it was not. */
  readonly failure?: CallFailure;
  /** Attempts that failed, in all; those within one call of a port are not among them. */
  readonly attempts: number;
  /** How the last of them ended, since a person last had it tried again. */
  readonly last: StepEnd | null;
  /** Whether its undo was asked for, and is done. */
  readonly undo: "none" | "underWay" | "done";
}

type Dated = Pick<AnyRun, "startedAt" | "generation" | "journal" | "restarts" | "cuts">;

export function runSteps(run: Dated): readonly RunStep[] {
  const { journal } = run;
  return journal.flatMap((entry, at) => {
    if (entry.kind !== "requested" || entry.what !== "step") return [];
    const { name, type, operation, key } = entry;
    const settled = journal.find((one) => one.kind === "settled" && one.of === at);
    const attempts = journal.filter((one) => one.kind === "again" && one.of === at).length;
    const common = { name, type, operation, key, askedAt: askedAt(run, at), attempts, last: lastAttempt(journal, at), undo: undoOf(journal, at) };
    return [settled?.kind === "settled" ? { ...common, settledAt: settled.at, ...outcomeOf(settled) } : { ...common, settledAt: null, outcome: null }];
  });
}

function outcomeOf({ end }: Entry & { readonly kind: "settled" }): Pick<RunStep, "outcome" | "value" | "failure"> {
  if (end.kind === "failed") return end.step;
  return { outcome: end.kind, ...("value" in end && end.value !== undefined ? { value: end.value } : {}) };
}

function undoOf(journal: Journal, of: number): RunStep["undo"] {
  const at = journal.findIndex((entry) => entry.kind === "undo" && entry.of === of);
  return at === -1 ? "none" : isSettled(journal, at) ? "done" : "underWay";
}

/** When the generation that asks next was begun, by the start, by `continueAsNew` or by a restart. */
export function generationBegunAt({ startedAt, restarts = [] }: Dated, generation: number): number {
  return Math.max(startedAt, restarts.find((one) => one.generation === generation)?.at ?? 0);
}

/** The time of what the run was told last before it asked. What a restart kept was asked for in an earlier generation. */
export function askedAt(run: Dated, at: number): number {
  const { journal, cuts = [] } = run;
  const before = journal.slice(0, at);
  const requests = before.filter((entry) => entry.kind === "requested" && entry.what !== "patch").length;
  const generation = cuts.find((cut) => requests < cut.requests)?.generation ?? run.generation;
  return before.reduce((latest, entry) => ("at" in entry ? Math.max(latest, entry.at) : latest), generationBegunAt(run, generation));
}
