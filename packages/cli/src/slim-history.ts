// What leaves the database of a recorded run: what a replay needs and nothing more, with stand-ins for what must not leave. Names of steps and
// messages, keys and ids stay, since a replay is held against them.
import type { Entry } from "@evenkeel/core";
import type { RunHistory } from "@evenkeel/core/engine";

const STAND_IN = "redacted";

type End = Extract<Entry, { kind: "settled" }>["end"];
type StepEnd = Extract<Entry, { kind: "again" }>["end"];

/**
 * Leaves out what waits for the run and what came astray, and the secrets of its callbacks. With names, replaces the values of all members called
 * so, in the input and in answers, by stand-ins of their type, and what failures and cancellations say; the result is left out then.
 */
export function slimHistory({ workflow, id, tenant, run }: RunHistory, names: readonly string[]): RunHistory {
  const hidden = new Set(names);
  const { status, version, generation, input, result, failure, startedAt, endedAt, journal, cuts } = run;
  const said = failure === undefined ? {} : { failure: hidden.size === 0 ? failure : { code: failure.code, message: STAND_IN } };
  return {
    workflow, id, ...(tenant === undefined ? {} : { tenant }), ...(hidden.size === 0 ? {} : { redacted: names }),
    run: {
      status, version, generation, input: hide(input, hidden), ...(hidden.size > 0 || result === undefined ? {} : { result }), ...said, startedAt, endedAt,
      ...(cuts === undefined ? {} : { cuts }),
      journal: journal.map((entry) => slimEntry(entry, journal, hidden)),
    },
  };
}

function slimEntry(entry: Entry, journal: readonly Entry[], hidden: ReadonlySet<string>): Entry {
  if (entry.kind === "requested" && entry.what === "callback") return { ...entry, secret: STAND_IN };
  if (hidden.size === 0) return entry;
  if (entry.kind === "cancelled") return { ...entry, reason: STAND_IN };
  if (entry.kind === "again") return { ...entry, end: slimStep(entry.end, hidden) };
  if (entry.kind !== "settled") return entry;
  const of = journal[entry.of];
  const isMessage = of?.kind === "requested" ? of.what === "wait" || of.what === "ask" : of?.kind === "undoAsk";
  return { ...entry, end: slimEnd(entry.end, isMessage, hidden) };
}

function slimEnd(end: End, isMessage: boolean, hidden: ReadonlySet<string>): End {
  if (end.kind === "failed") return { ...end, step: slimStep(end.step, hidden) };
  if (end.kind === "childFailed") return { ...end, failure: { code: end.failure.code, message: STAND_IN } };
  if (end.kind !== "ok" || end.value === undefined) return end;
  // The name of a message that answered is no data.
  if (isMessage && isObject(end.value)) return { ...end, value: { ...end.value, data: hide(end.value["data"], hidden) } };
  return { ...end, value: hide(end.value, hidden) };
}

function slimStep(step: StepEnd, hidden: ReadonlySet<string>): StepEnd {
  return {
    ...step, ...(step.value === undefined ? {} : { value: hide(step.value, hidden) }),
    ...(step.failure === undefined ? {} : { failure: { ...step.failure, message: STAND_IN } }),
  };
}

function hide(value: unknown, hidden: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => hide(one, hidden));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hidden.has(name) ? standIn(inner) : hide(inner, hidden)]));
}

/** Of the same type, so that the code that reads it finds what it can read. */
function standIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(standIn);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, standIn(inner)]));
  if (typeof value === "string") return STAND_IN;
  if (typeof value === "number") return 0;
  return typeof value === "boolean" ? false : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
