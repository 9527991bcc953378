// A run as people look at it: what it has done, what it waits for and since when, what needs a person, and what came of it. Read from its document
// alone, so that nothing is run and nobody is disturbed.
import { isEnded, type Answer, type Entry, type Restarted, type RunDocument, type RunFailure, type RunStatus, type StepEnd, type Stray } from "./journal.ts";
import { askedAt, generationBegunAt, runSteps, type RunStep } from "./run-steps.ts";
import { attempts, isOpenChild, isOpenWait, isSettled, lastAttempt, limitOf, openCalls, type Journal } from "./standing.ts";

/** Something that a run waits for. Times are in milliseconds since 1970. */
export interface RunWait {
  /** `undo`: what was done under `name` is being undone. */
  readonly for: "step" | "undo" | "sleep" | "message" | "answer" | "callback" | "child";
  /** Of the step, the message, the callback or the child; null for a sleep. */
  readonly name: string | null;
  /** The keys by which its messages come, where those are others than the run's id; empty: there is none. */
  readonly keys: readonly string[];
  readonly since: number;
  /** When it is over without an answer; null: it has no end. */
  readonly until: number | null;
  /** Attempts that failed, since a person last had it tried again. */
  readonly attempts: number;
  /** How the last of them ended. */
  readonly last: StepEnd | null;
  /** Whether it was given up until a person sends `retry`. */
  readonly needsAttention: boolean;
}

export interface RunView<Result> {
  readonly status: RunStatus;
  readonly version: number;
  readonly generation: number;
  /** When the run was started; null: it has not been. */
  readonly startedAt: number | null;
  /** When its present generation began: by the start, by `continueAsNew` or by a restart; null: it has not been started. */
  readonly generationStartedAt: number | null;
  readonly endedAt: number | null;
  /** Those of its present generation, in the order in which they were asked for, also once the run has ended. */
  readonly steps: readonly RunStep[];
  /** In the order in which it was asked for; empty once the run has ended. */
  readonly waits: readonly RunWait[];
  /** Those of `waits` that a person must look at. */
  readonly attention: readonly RunWait[];
  /** Messages that came and that nobody has waited for yet; of a run that has ended, those that a restart is given. */
  readonly buffered: number;
  /** Why it was told to end, or null. */
  readonly cancelReason: string | null;
  readonly strays: readonly Stray[];
  readonly restarts: readonly Restarted[];
  /** Answers to messages that it received, by the id of the message. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly result?: Result;
  readonly failure?: RunFailure;
}

export function inspectRun<Result>(run: RunDocument<unknown, Result>, maxAttempts: number): RunView<Result> {
  const { status, version, generation, startedAt, begun, endedAt, journal, inbox, unread = [], strays, restarts = [], answers = [], result, failure } = run;
  const waits = isEnded(status) ? [] : waitsOf(run, maxAttempts);
  const isBegun = status !== "awaited";
  const cancelled = journal.find((entry) => entry.kind === "cancelled");
  return {
    status, version, generation, startedAt: isBegun ? begun?.at ?? startedAt : null, generationStartedAt: isBegun ? generationBegunAt(run, generation) : null,
    endedAt, steps: runSteps(run), waits, attention: waits.filter((one) => one.needsAttention), buffered: inbox.length + unread.length,
    cancelReason: cancelled?.kind === "cancelled" ? cancelled.reason : null, strays, restarts, answers: new Map(answers.map((one) => [one.to, one])),
    ...(result === undefined ? {} : { result }), ...(failure === undefined ? {} : { failure }),
  };
}

function waitsOf(run: RunDocument<unknown, unknown>, maxAttempts: number): RunWait[] {
  const { journal } = run;
  // Once it is being undone, its function waits for nothing any more.
  const isUndone = run.status === "compensating" || journal.some((entry) => entry.kind === "undo" || entry.kind === "undoAsk");
  const calls = new Set(openCalls(journal).map(({ at }) => at));
  return journal.flatMap((entry, at) => {
    const isOpen = calls.has(at) || (entry.kind === "undoAsk" && !isSettled(journal, at)) || isOpenChild(journal, at) || isOwed(journal, at)
      || (!isUndone && isOpenWait(journal, at));
    if (!isOpen) return [];
    const tried = attempts(journal, at);
    const until = "until" in entry ? entry.until ?? null : null;
    const needsAttention = tried >= limitOf(entry, maxAttempts);
    return [{ ...namedAt(journal, entry), since: askedAt(run, at), until, attempts: tried, last: lastAttempt(journal, at), needsAttention }];
  });
}

/** An answer to something that may have to be undone is waited for whatever happens. */
function isOwed(journal: Journal, at: number): boolean {
  const entry = journal[at];
  return entry?.kind === "requested" && entry.what === "ask" && entry.undoable === true && !isSettled(journal, at);
}

const FOR = { step: "step", sleep: "sleep", wait: "message", ask: "answer", callback: "callback", child: "child" } as const;

function namedAt(journal: Journal, entry: Entry): Pick<RunWait, "for" | "name" | "keys"> {
  if (entry.kind === "undo" || entry.kind === "undoAsk") {
    const undone = journal[entry.of];
    return { for: "undo", name: undone?.kind === "requested" && "name" in undone ? undone.name : null, keys: [] };
  }
  if (entry.kind !== "requested" || entry.what === "emit" || entry.what === "sql" || entry.what === "patch" || entry.what === "answer") {
    return { for: "step", name: null, keys: [] };
  }
  const keys = entry.what === "wait" ? (entry.keys ?? []).filter((key) => key !== null) : [];
  return { for: FOR[entry.what], name: entry.what === "sleep" ? null : entry.name, keys: [...new Set(keys)] };
}
