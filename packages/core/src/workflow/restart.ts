// What a run that is over goes on with when a person restarts it from a step: the answers from before that step. It says where that would do
// something twice, or build on what was undone, and does not run anything.
import { isEnded, type AnyRun, type Buffered, type Cut, type Entry } from "./journal.ts";
import { keyOf } from "./keys.ts";
import type { Restart } from "./messages.ts";
import { isSettled, type Journal } from "./standing.ts";

const MAX_RESTARTS = 20;

/** What the restart came with: the id of its message, and when. */
interface Came { readonly id: string; readonly now: number }

/** The run as it goes on, or why it may not. */
export function restarted(
  workflow: string, run: AnyRun, { id, from, reason, by }: Restart, came: Came,
): { readonly run: AnyRun } | { readonly refused: string } {
  if (!isEnded(run.status)) return { refused: "the run is under way: cancel it first" };
  if (run.parent !== null) return { refused: `its parent '${run.parent.run}' was told of its end` };
  const { journal } = run;
  const cut = journal.findIndex((entry) => entry.kind === "requested" && entry.what === "step" && entry.name === from);
  if (cut === -1) return { refused: `its last generation has no step '${from}'` };
  const generations = Array.from({ length: run.generation + 1 }, (_, index) => index);
  const isOwnKey = (name: string, key: string): boolean => generations.some((one) => keyOf(workflow, id, one, name) === key);
  const refused = whyNotKept(journal, cut, from) ?? whyNotAgain(run, cut, isOwnKey);
  if (refused !== null) return { refused };
  const { version, input, startedAt, begun, strays, owed, answers } = run;
  const generation = run.generation + 1;
  const restart = { at: came.now, by, reason, from, was: run.status, generation };
  return {
    run: {
      status: "running", version, generation, input, startedAt, endedAt: null, parent: null,
      restarts: [...(run.restarts ?? []), restart].slice(-MAX_RESTARTS), cuts: cutsOf(run, cut),
      journal: journal.slice(0, cut), inbox: [...givenBack(journal, cut, came.id), ...(run.unread ?? [])], strays,
      ...(begun === undefined ? {} : { begun }), ...(owed === undefined ? {} : { owed }), ...(answers === undefined ? {} : { answers }),
    },
  };
}

/** Why what comes before a place is no state that the function was ever in, or is one no longer. */
function whyNotKept(journal: Journal, cut: number, from: string): string | null {
  const kept = journal.slice(0, cut);
  for (const [at, entry] of kept.entries()) {
    if (isAnswered(entry) && !isSettled(kept, at)) return `'${from}' was asked for while ${wordsOf(entry)} was under way: restart from a step before both`;
  }
  const undone = journal.find((entry) => (entry.kind === "undo" || entry.kind === "undoAsk") && entry.of < cut);
  return undone !== undefined && "of" in undone ? `${wordsOf(journal[undone.of])} would be kept, and was undone: restart from there, or from before it` : null;
}

/** Why what comes from a place on may not be done again. */
function whyNotAgain({ journal, status }: AnyRun, cut: number, isOwnKey: (name: string, key: string) => boolean): string | null {
  for (const [at, entry] of journal.entries()) {
    if (at < cut || entry.kind !== "requested") continue;
    if (entry.what === "child") return `${wordsOf(entry)} is a child run, whose id is taken`;
    const isUndone = journal.some((one) => (one.kind === "undo" || one.kind === "undoAsk") && one.of === at);
    if (entry.what === "ask" && entry.undoable === true && status === "completed" && !isUndone) return stands(entry);
    if (entry.what !== "step" || (entry.type !== "compensatable" && entry.type !== "pivot")) continue;
    const isDone = journal.some((one) => one.kind === "settled" && one.of === at && one.end.kind === "ok");
    if (isDone && !isUndone) return stands(entry);
    if (isUndone && !isOwnKey(entry.name, entry.key)) return `${wordsOf(entry)} was undone, and would be asked for under the same key '${entry.key}', which its code names`;
  }
  return null;
}

function stands(entry: Entry): string {
  return `${wordsOf(entry)} was done and stands: it would be done twice`;
}

/** Requests that are told an answer. */
function isAnswered(entry: Entry): boolean {
  return entry.kind === "requested" && entry.what !== "emit" && entry.what !== "answer" && entry.what !== "sql" && entry.what !== "patch";
}

function wordsOf(entry: Entry | undefined): string {
  return entry?.kind === "requested" ? ("name" in entry ? `'${entry.name}'` : `a ${entry.what}`) : "what was asked for";
}

/** What was asked for in which generation, of that which is kept. */
function cutsOf({ cuts = [], generation, journal }: AnyRun, cut: number): readonly Cut[] {
  const requests = journal.slice(0, cut).filter((entry) => entry.kind === "requested" && entry.what !== "patch").length;
  if (requests === 0) return [];
  const last = cuts.find((one) => requests <= one.requests)?.generation ?? generation;
  return [...cuts.filter((one) => one.requests < requests), { requests, generation: last }];
}

/** Messages that the run waited for after that place: they have happened, and do not come again. What it had not waited for has come after them. */
function givenBack(journal: Journal, cut: number, cause: string): Buffered[] {
  return journal.flatMap((entry, at) => {
    if (at < cut || entry.kind !== "settled" || entry.of < cut || entry.end.kind !== "ok") return [];
    const request = journal[entry.of];
    const { value } = entry.end;
    if (request?.kind !== "requested" || request.what !== "wait" || typeof value !== "object" || value === null || !("name" in value) || !("data" in value)) return [];
    const key = "key" in value && typeof value.key === "string" ? { key: value.key } : {};
    return typeof value.name === "string" ? [{ id: `${cause}/${String(at)}`, name: value.name, data: value.data, ...key }] : [];
  });
}
