// A recorded run, replayed with the code at hand: by the very replay that a worker uses, on effects that are none. It says whether the code does
// again what the run's journal says, to its end, and ends or waits as the run did. It performs nothing, reads no store and writes none.
import { isEvenkeelError } from "../errors.ts";
import { DEFAULT_TENANT } from "../tenancy.ts";
import { inWords } from "./divergence.ts";
import type { AnyWorkflow } from "./define.ts";
import type { PlatformVerbs } from "../decide/context.ts";
import type { Handling } from "./handling.ts";
import { Surroundings } from "./surroundings.ts";
import type { RunHistory } from "./history.ts";
import type { AnyRun, Entry, RunStatus } from "./journal.ts";
import { kept } from "./kept.ts";
import { Run } from "./run.ts";
import { isSameJson } from "./same-json.ts";

/**
 * `same`: the code does again what the journal says, and ends or waits as the run did.
 * `changed`: it does all that, and then something else: no run breaks, and what comes next is another thing than it was.
 * `diverged`: it does not do again what the journal says; such a run would become a dead letter, or go on although it is being undone.
 * `broken`: it throws, stalls or is refused where the run went on; such a run would become a dead letter.
 * `versionUnknown`: the run began with a version of the workflow that the code at hand does not have.
 */
export type ReplayVerdict = "same" | "changed" | "diverged" | "broken" | "versionUnknown";

export interface ReplayedRun {
  readonly workflow: string;
  readonly id: string;
  readonly tenant: string;
  readonly version: number;
  /** As recorded. */
  readonly status: RunStatus;
  /** The length of its journal. */
  readonly entries: number;
  readonly verdict: ReplayVerdict;
  /** The error's code, where one says it. */
  readonly code: string | null;
  /** The place in the journal, where it is about one. */
  readonly at: number | null;
  /** What the code did before, then what the journal has there and what the code does instead, in words. */
  readonly before: readonly string[];
  readonly recorded: string | null;
  readonly made: string | null;
  /** What was found, and what to do, for people; "" when it is the same. */
  readonly message: string;
}

const PATCH = "Put the change behind `if (w.patched(\"a-name\"))`, or give the new code a new `version` and keep the old one in `previous`.";

/**
 * Replays one recorded run. An ended one is replayed to the end of its journal and must end as it did; one under way to where it stands.
 *
 * @param settled resolves when every microtask that is ready has run: `setImmediate` of `node:timers/promises`.
 */
export async function replayRun(workflow: AnyWorkflow, history: RunHistory, settled: () => Promise<unknown>): Promise<ReplayedRun> {
  const tenant = history.tenant ?? DEFAULT_TENANT;
  const { status, version, journal } = history.run;
  const facts = { workflow: workflow.name, id: history.id, tenant, version, status, entries: journal.length };
  const found = await verdictOf(workflow, history, tenant, settled);
  return { ...facts, code: null, at: null, before: [], recorded: null, made: null, message: "", ...found };
}

type Found = Partial<ReplayedRun> & Pick<ReplayedRun, "verdict">;

async function verdictOf(workflow: AnyWorkflow, { id, run, redacted }: RunHistory, tenant: string, settled: () => Promise<unknown>): Promise<Found> {
  // Messages that wait for it are left out: they would wake it. Its end is left out, too: the code must come to it by itself.
  const { result: _result, failure: _failure, ...rest } = run;
  const document: AnyRun = kept({ ...rest, parent: null, inbox: [], strays: [] });
  let after = document;
  // What a run writes is one.
  const effects = noEffects(id, tenant, document, (text) => { after = JSON.parse(text) as AnyRun; });
  try {
    const replayed = await Run.replayed(workflow["~definition"], new Surroundings(effects, nothing(settled)), id, document);
    await replayed.goOn();
  } catch (error) {
    return thrown(error);
  }
  return compared(run, after, redacted !== undefined && redacted.length > 0);
}

/** What a handler is given, without anything behind it. */
function noEffects(id: string, tenant: string, { startedAt, endedAt }: AnyRun, written: (text: string) => void): Handling {
  const message = {
    id: "00000000-0000-0000-0000-000000000000", name: "replay", version: 1, tenant, key: id, partition: 0, body: "null", causationId: null,
    correlationId: "00000000-0000-0000-0000-000000000000", trace: null, occurredAt: startedAt,
  };
  return {
    message, now: endedAt ?? startedAt,
    runs: { get: () => Promise.resolve(undefined), put: () => undefined, putText: (_id, text) => { written(text); }, delete: () => undefined },
    emit: () => undefined, schedule: () => undefined, unschedule: () => undefined, call: () => undefined, run: () => undefined, reconcile: () => undefined,
  };
}

function nothing(settled: () => Promise<unknown>): PlatformVerbs {
  return {
    settled: async () => { await settled(); }, memory: null, readBody: () => null, writtenBody: () => null,
    callBegun: () => undefined, callUnrecorded: () => null, revive: () => undefined,
  };
}

function thrown(error: unknown): Found {
  if (!isEvenkeelError(error)) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    return { verdict: "broken", message: `The code throws where the run went on: ${text}\nA run that comes here becomes a dead letter: mend the code.` };
  }
  const { code, message, details } = error;
  if (code === "WORKFLOW_VERSION_UNKNOWN") return { verdict: "versionUnknown", code, message };
  if (code !== "WORKFLOW_DIVERGED") return { verdict: "broken", code, message };
  const { at, before, recorded, made } = details;
  return diverged(
    typeof at === "number" ? at : 0, Array.isArray(before) ? before.map(String) : [], typeof recorded === "string" ? recorded : "", typeof made === "string" ? made : "",
  );
}

function diverged(at: number, before: readonly string[], recorded: string, made: string): Found {
  return { verdict: "diverged", code: "WORKFLOW_DIVERGED", at, before, recorded, made, message: `${diff(at, before, recorded, made)}\n${PATCH}` };
}

function changed(at: number, before: readonly string[], recorded: string, made: string): Found {
  const calm = "No run breaks by it; where it was not meant, look for what the function reads beside `w` and its input.";
  return { verdict: "changed", at, before, recorded, made, message: `${diff(at, before, recorded, made)}\n${calm}` };
}

function diff(at: number, before: readonly string[], recorded: string, made: string): string {
  return [`at entry ${String(at)}:`, ...before.map((one) => `    ${one}`), `  - journal: ${recorded}`, `  + code:    ${made}`].join("\n");
}

/** The code did all that the journal says: did it end or rest there, too? */
function compared(recorded: RunHistory["run"], after: AnyRun, isRedacted: boolean): Found {
  const at = recorded.journal.length;
  const added = after.journal.slice(at);
  const before = recorded.journal.flatMap((entry) => entry.kind === "requested" ? [inWords(entry)] : []).slice(-3);
  // A patch by itself asks for nothing.
  const more = added.find((entry) => entry.kind === "requested" && entry.what !== "patch") ?? added.find((entry) => entry.kind !== "requested");
  const ended = endOf(recorded);
  const goesOnAsNew = after.generation !== recorded.generation;
  const asked = goesOnAsNew ? "the function continues as new" : more === undefined ? endOf(after) : addedWords(more, after);
  // It would go on where its steps are being undone.
  if (recorded.failure !== undefined && (after.failure === undefined || more?.kind === "requested")) return diverged(at, before, ended, asked);
  if (goesOnAsNew || more !== undefined || ended !== endOf(after)) return changed(at, before, ended, asked);
  if (isRedacted || recorded.status !== "completed" || isSameJson(recorded.result, after.result)) return { verdict: "same" };
  return changed(at, before, "the function returned", "the function returned another result");
}

function endOf({ status, failure }: RunHistory["run"]): string {
  if (failure !== undefined) return `the function failed with ${failure.code}${status === "cancelled" ? ", cancelled" : ""}`;
  return status === "completed" ? "the function returned" : "the function waits";
}

function addedWords(entry: Entry, { journal }: AnyRun): string {
  if (entry.kind === "requested") return inWords(entry);
  const of = "of" in entry ? journal[entry.of] : undefined;
  const what = of?.kind === "requested" ? inWords(of) : "a request";
  return entry.kind === "childCancelled" ? `the cancellation of ${what}` : `the undo of ${what}`;
}
