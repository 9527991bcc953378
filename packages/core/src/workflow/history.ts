// A recorded run outside its database: one line of JSON. Whoever reads one was given it by somebody else, so every entry is looked at once, here;
// fields that nobody here knows are left as they are. Nothing here replays.
import { EvenkeelError } from "../errors.ts";
import { DEFAULT_TENANT } from "../tenancy.ts";
import type { AnyRun } from "./journal.ts";

/** A recorded run: what `evenkeel runs export` writes as one line. */
export interface RunHistory {
  /** The name of the workflow. */
  readonly workflow: string;
  /** The run's id. */
  readonly id: string;
  /** Default: the tenant that applications without tenants have. What `w.newId()` and `w.random()` give depends on it. */
  readonly tenant?: string;
  /** Names of members whose values were replaced by stand-ins before it was written. */
  readonly redacted?: readonly string[];
  /** The document of the run: what `app.read(checkout.run, id)` gives. Its inbox and its strays are not needed. */
  readonly run: Pick<AnyRun, "status" | "version" | "generation" | "input" | "result" | "failure" | "startedAt" | "endedAt" | "journal" | "cuts">;
}

type Fields = Readonly<Record<string, unknown>>;

const STATUSES = new Set(["running", "compensating", "attention", "completed", "compensated", "cancelled"]);

/** What an entry of each kind must have, and of which type. */
const ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  requested: { what: "string" },
  settled: { of: "number", at: "number", end: "object" },
  cancelled: { at: "number", reason: "string" },
  undo: { of: "number", operation: "string", key: "string" },
  undoAsk: { of: "number", name: "string", names: "array" },
  childCancelled: { of: "number" },
  revived: { of: "number", at: "number" },
  again: { of: "number", attempt: "number", at: "number", end: "object" },
  retried: { of: "number", at: "number" },
};

const REQUESTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  step: { type: "string", name: "string", operation: "string", key: "string" },
  sleep: { until: "number" },
  wait: { name: "string", names: "array" },
  ask: { name: "string", names: "array" },
  callback: { name: "string" },
  child: { name: "string", workflow: "string", id: "string" },
  emit: { name: "string" },
  answer: { name: "string", to: "string" },
  sql: { name: "string" },
  patch: { name: "string" },
};

const ENDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ok: {}, failed: { step: "object" }, childFailed: { status: "string", failure: "object" }, lapsed: {},
};

/**
 * Reads one line of a file of recorded runs.
 *
 * @param line its number, for errors.
 * @throws EvenkeelError `HISTORY_INVALID` for what is no JSON, or no recorded run, or has an entry of a kind that this version does not know.
 */
export function readHistory(text: string, line: number): RunHistory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(line, `it is not JSON (${error instanceof Error ? error.message : String(error)})`, error);
  }
  return checkHistory(value, line);
}

/** Reads a whole file: a recorded run per line. Empty lines are passed over. Throws as {@link readHistory} does, also where there is none. */
export function readHistories(text: string): readonly RunHistory[] {
  const lines = text.split("\n").map((content, at) => ({ content, line: at + 1 })).filter(({ content }) => content.trim() !== "");
  if (lines.length === 0) throw invalid(1, "there is no recorded run at all, and a replay of nothing would pass");
  return lines.map(({ content, line }) => readHistory(content, line));
}

/** Holds a value to what a recorded run is. */
export function checkHistory(value: unknown, line: number): RunHistory {
  if (!isHistory(value, (why) => invalid(line, why))) throw invalid(line, "it is none");
  return { ...value, tenant: value.tenant ?? DEFAULT_TENANT };
}

function isHistory(value: unknown, wrong: (why: string) => Error): value is RunHistory {
  if (!isFields(value)) throw wrong("it is not an object");
  const { workflow, id, tenant, redacted, run } = value;
  if (typeof workflow !== "string" || typeof id !== "string") throw wrong("it lacks `workflow` or `id`");
  if (tenant !== undefined && typeof tenant !== "string") throw wrong("its `tenant` is not a string");
  if (redacted !== undefined && !isStrings(redacted)) throw wrong("its `redacted` is not a list of names");
  if (!isFields(run)) throw wrong("it lacks `run`, the document of the run");
  if (run["status"] === "awaited") throw wrong(`run '${id}' had not begun: there is nothing to replay`);
  if (typeof run["status"] !== "string" || !STATUSES.has(run["status"])) throw wrong(`run '${id}' has the status ${JSON.stringify(run["status"])}, which is none`);
  const absent = ["version", "generation", "startedAt"].find((name) => typeof run[name] !== "number");
  if (absent !== undefined) throw wrong(`run '${id}' has no number as its \`${absent}\``);
  const { journal, cuts } = run;
  if (cuts !== undefined && !(Array.isArray(cuts) && cuts.every(isCut))) throw wrong(`run '${id}' has \`cuts\` that are none`);
  if (!Array.isArray(journal)) throw wrong(`run '${id}' has no journal`);
  for (const [at, entry] of journal.entries()) {
    const why = wrongEntry(entry, at);
    if (why !== null) throw wrong(`entry ${String(at)} of the journal of run '${id}' ${why}`);
  }
  return true;
}

/** Where a restart cut the journal: the keys of what stands before it depend on that. */
function isCut(value: unknown): boolean {
  return isFields(value) && typeof value["requests"] === "number" && typeof value["generation"] === "number";
}

function wrongEntry(entry: unknown, at: number): string | null {
  if (!isFields(entry)) return "is not an object";
  const wrong = wrongKind(ENTRIES, entry, "kind") ?? (entry["kind"] === "requested" ? wrongKind(REQUESTS, entry, "what") : null);
  if (wrong !== null) return wrong;
  const { kind, of, end, keys } = entry;
  if (keys !== undefined && !isKeys(keys, entry["names"])) return "has `keys` that do not stand beside its `names`";
  if (typeof of === "number" && !(Number.isSafeInteger(of) && of >= 0 && of < at)) return `is about entry ${String(of)}, which does not stand before it`;
  return kind === "settled" && isFields(end) ? wrongKind(ENDS, end, "kind") : null;
}

/** One for each name: the key by which the message comes, or null for the run's id. */
function isKeys(keys: unknown, names: unknown): boolean {
  return Array.isArray(keys) && Array.isArray(names) && keys.length === names.length && keys.every((key) => key === null || typeof key === "string");
}

function wrongKind(kinds: Readonly<Record<string, Readonly<Record<string, string>>>>, value: Fields, field: string): string | null {
  const kind = value[field];
  const needs = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (needs === undefined) return `has the ${field} ${JSON.stringify(kind)}, which this version does not know`;
  const lacking = Object.entries(needs).find(([name, type]) => typeOf(value[name]) !== type);
  return lacking === undefined ? null : `has no ${lacking[1]} as its \`${lacking[0]}\``;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return isStrings(value) ? "array" : "list";
  return value === null ? "null" : typeof value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function invalid(line: number, why: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError(
    "HISTORY_INVALID", `Line ${String(line)} is no recorded run: ${why}. Write the file with \`evenkeel runs export\` of the version that replays it.`,
    { details: { line }, ...(cause === undefined ? {} : { cause }) },
  );
}

/** A recorded run of a workflow that is not there. */
export function otherWorkflow(history: RunHistory, line: number, known: readonly string[]): EvenkeelError {
  const has = known.length === 0 ? "there is none" : `there is '${known.join("', '")}'`;
  return new EvenkeelError(
    "HISTORY_INVALID", `Line ${String(line)} is run '${history.id}' of workflow '${history.workflow}', and ${has}: give the code of that workflow, or export only runs of this one.`,
    { details: { line, workflow: history.workflow, known } },
  );
}

