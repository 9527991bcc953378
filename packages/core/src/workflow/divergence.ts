// What is said when the code of a workflow does not do again what its journal says it did: what was expected, what came, and what to do.
import { EvenkeelError } from "../errors.ts";
import type { Requested } from "./journal.ts";
import { awaitedWords } from "./wait-by-key.ts";

type Wait = Extract<Requested, { what: "wait" }>;

/** A request in words. */
export function inWords(request: Requested): string {
  switch (request.what) {
    case "step": return `${request.type} step '${request.name}' (${request.operation})`;
    case "sleep": return "a sleep";
    case "wait": return `a wait for '${awaitedWords(request)}'${within(request)}${request.receives === true ? ", to be answered" : ""}`;
    case "ask": return `a request '${request.name}' that '${request.names.join("' or '")}' answers${within(request)}`;
    case "callback": return `callback '${request.name}'${within(request)}`;
    case "child": return `child run '${request.name}' of '${request.workflow}'`;
    case "emit": return `message '${request.name}'`;
    case "answer": return `an answer to '${request.name}'`;
    case "sql": return `statement '${request.name}'`;
    case "patch": return `patch '${request.name}'`;
  }
}

function within({ until }: { readonly until: number | null }): string {
  return until === null ? "" : " within a time";
}

/** Whether the code asks for what the journal has. */
export function sameRequest(recorded: Requested, made: Requested): boolean {
  if (recorded.what !== made.what) return false;
  if (recorded.what === "step" && made.what === "step") {
    return recorded.name === made.name && recorded.operation === made.operation && recorded.type === made.type && recorded.key === made.key;
  }
  // Whether it has an end is its author's word on whether `undefined` may come of it. How long that is may change: a time that was set stands.
  if ("until" in recorded && "until" in made && (recorded.until === null) !== (made.until === null)) return false;
  if (recorded.what === "wait" && made.what === "wait") return isSameWait(recorded, made);
  return !("name" in recorded) || !("name" in made) || recorded.name === made.name;
}

/** Not by its words: a key may hold whatever they are joined with. */
function isSameWait(recorded: Wait, made: Wait): boolean {
  const isSameAt = (name: string, at: number): boolean => name === made.names[at] && (recorded.keys?.[at] ?? null) === (made.keys?.[at] ?? null);
  // Who is to answer a message must know which it was, and a journal tells so only where it was asked.
  if (made.receives === true && recorded.receives !== true) return false;
  return recorded.names.length === made.names.length && recorded.names.every(isSameAt);
}

/** @param at the place in the journal. */
export function diverged(run: string, at: number, recorded: string, made: string, history: readonly Requested[]): EvenkeelError {
  const last = history.slice(-3).map(inWords);
  const before = last.map((one) => `    ${one}`).join("\n");
  return new EvenkeelError(
    "WORKFLOW_DIVERGED",
    `The code of ${run} no longer does what its journal says, at entry ${String(at)}:\n${before === "" ? "" : `${before}\n`}  - journal: ${recorded}\n  + code:    ${made}\n`
      + "Put the change behind `if (w.patched(\"a-name\"))`, or give the new code a new `version` and keep this one in `previous`; then redrive the dead letter.",
    { details: { run, at, before: last, recorded, made } },
  );
}

/** The run took the way of a patch that this code does not ask for: it is woken by the code of before, which others have left behind. */
export function unpatched(run: string, patch: string, recorded: string, made: string): EvenkeelError {
  return new EvenkeelError(
    "WORKFLOW_VERSION_UNKNOWN",
    `The code of ${run} does not know the patch '${patch}' that the run began with, and does something else from there on:\n  - journal: ${recorded}\n  + code:    ${made}\n`
      + "Finish the deployment; if the patch was taken out of the code, put it back until its runs have ended.",
    { details: { run, patch, recorded, made } },
  );
}
