// When a run may go on as a new generation, and what it begins with. It does not run it.
import { validate } from "../message/schema.ts";
import type { Definition } from "./definition.ts";
import { begunOf } from "./early.ts";
import type { AnyRun } from "./journal.ts";
import { kept, keptValue } from "./kept.ts";
import { isOpenChild, isSettled, openCalls, pivotWasDone, type Journal } from "./standing.ts";

/** Why a run may not continue as new where it stands; null: it may. @param toUndo the place of a step that is done and not undone, or null. */
export function whyNotAnew(journal: Journal, toUndo: number | null): string | null {
  const [call] = openCalls(journal);
  if (call !== undefined) return `${wordsAt(journal, call.at)} is still under way: await it first`;
  for (const [at, entry] of journal.entries()) {
    if (isOpenChild(journal, at)) return `${wordsAt(journal, at)} is still under way: await it first`;
    if (entry.kind === "requested" && entry.what === "ask" && !isSettled(journal, at)) return `the answer to ${wordsAt(journal, at)} is still to come: await it first`;
  }
  if (toUndo !== null && !pivotWasDone(journal)) return `${wordsAt(journal, toUndo)} may still have to be undone, and the next generation knows nothing of it: pass the pivot first`;
  if (!journal.some((entry) => entry.kind === "settled")) return "this generation has waited for nothing, so that the run would go round for ever: wait for something first";
  return null;
}

/** The document of the next generation. Throws `DATA_INVALID` when its input is none. */
export function nextGeneration(definition: Definition, document: AnyRun, input: unknown, id: string, now: number): AnyRun {
  const { generation, parent, restarts, owed, answers } = document;
  const what = `the next input of run '${id}' of workflow '${definition.name}'`;
  return kept({
    status: "running", version: definition.version, generation: generation + 1, input: keptValue(validate(definition.input, input, what), what),
    startedAt: now, begun: begunOf(document), endedAt: null, parent, journal: [], inbox: document.inbox, strays: document.strays,
    ...(restarts === undefined ? {} : { restarts }), ...(owed === undefined ? {} : { owed }), ...(answers === undefined ? {} : { answers }),
  });
}

function wordsAt(journal: Journal, at: number): string {
  const entry = journal[at];
  if (entry?.kind === "requested" && "name" in entry) return `'${entry.name}'`;
  return `entry ${String(at)}`;
}
