// The commit: everything an owner decided, sent as one statement, and its end told as a value.
import { handoversOf, type CallControlEnd, type CallUpdate, type Commit, type CommitResult, type DocumentChange, type Envelope, type ParkStatus } from "@evenkeel/core/spi";
import { int4Array, int8Array, textArray, uuidArray } from "./arrays.ts";
import { isTransient, StatementError, storeError, text } from "./connection.ts";
import { envelopeArrays, envelopeRecord } from "./envelopes.ts";
import type { Hints } from "./hints.ts";
import { isMissingSegment, lastBefore, numbersOf, timerRecord } from "./log.ts";
import { revivalArrays } from "./revivals.ts";
import { COMMIT_GROUPS } from "./schema/commit.ts";
import { groupNumber, type Scope } from "./scope.ts";
import { ensureSegments } from "./segments.ts";
import type { Value } from "./value.ts";

/** The parameters that every commit has, behind the first. */
const FIXED = Array.from({ length: 15 }, (_, index) => `$${String(index + 2)}`).join(",");
const namesOf = (parameters: string): readonly string[] => parameters.split(", ").map((one) => one.split(" ")[0] ?? "");
const NAMES = {
  revivals: namesOf(COMMIT_GROUPS.revivals), rare: namesOf(COMMIT_GROUPS.rare), messages: namesOf(COMMIT_GROUPS.messages), calls: namesOf(COMMIT_GROUPS.calls),
};
const WRITES = { keep: 0, put: 1, delete: 2 } as const;

export async function commit(scope: Scope, hints: Hints, given: Commit): Promise<CommitResult> {
  const twins = joinTwins(given);
  if (twins.kind === "refused") return twins;
  const changes: Commit = { ...given, calls: twins.calls };
  const { text: statement, values } = statementOf(scope, changes);
  for (let tries = 0; ; tries++) {
    try {
      const [row] = await scope.database.repeated(statement, values);
      tell(hints, changes);
      if (row?.[0] == null) return { kind: "committed", joinedCalls: twins.joined, handovers: [] };
      const [joined, places, partitions, before] = row[0].split(";");
      const placed = numbersOf(places);
      const handovers = handoversOf(appendedOf(changes, placed.length), placed, lastBefore(partitions, before));
      return { kind: "committed", joinedCalls: [...twins.joined, ...arrayOf(joined)], handovers };
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      // Others may have taken the places again by the time it is repeated.
      if (isMissingSegment(error) && tries < 10) {
        await ensureSegments(scope, changes.messages.length + changes.callUpdates.length + changes.firedTimers.length);
        continue;
      }
      const result = resultOf(error);
      // Ordinals count the calls that were given, twins included.
      return result.kind === "refused" && result.by === "call"
        ? { ...result, ordinal: given.calls.findIndex((call) => call === twins.calls[result.ordinal]) }
        : result;
    }
  }
}

/** What a commit appended, in order: outcomes behind the messages, unless some may be missing, or fired timers be among them. */
function appendedOf({ messages, callUpdates, firedTimers }: Commit, placed: number): readonly Envelope[] {
  const outcomes = callUpdates.flatMap((update) => update.outcome ?? []);
  return firedTimers.length === 0 && placed === messages.length + outcomes.length ? [...messages, ...outcomes] : messages;
}

/** Outcomes of calls stay with their own group, in partitions that this process owns. */
function tell(hints: Hints, { messages, firedTimers, timers }: Commit): void {
  const partitions = new Set([...messages, ...firedTimers.map((timer) => timer.message)].map((message) => message.partition));
  if (partitions.size > 0 || timers.length > 0) hints.hint({ partitions: [...partitions], timers: timers.length > 0 });
}

type Twins =
  { readonly kind: "distinct"; readonly calls: Commit["calls"]; readonly joined: readonly string[] } | Extract<CommitResult, { kind: "refused" }>;

/** Calls of one commit under one key: the same input joins the first, another is refused. The server only sees distinct ones. */
function joinTwins({ calls }: Commit): Twins {
  if (calls.length < 2) return { kind: "distinct", calls, joined: [] };
  const first = new Map<string, Commit["calls"][number]>();
  const joined: string[] = [];
  for (const [ordinal, call] of calls.entries()) {
    const id = `${call.tenant}\u0000${call.operation}\u0000${call.callKey}`;
    const before = first.get(id);
    if (before === undefined) first.set(id, call);
    else if (before.input === call.input) joined.push(call.id);
    else return { kind: "refused", by: "call", ordinal, reason: "the call key is in use with another input" };
  }
  return { kind: "distinct", calls: [...first.values()], joined };
}

function resultOf(error: StatementError): CommitResult {
  const { failure } = error;
  if (failure.kind === "unreachable") throw storeError(error, "committing");
  if (failure.kind === "lost") return { kind: "inDoubt", reason: failure.message };
  const { state, message } = failure;
  switch (state) {
    case "EK001":
      return { kind: "conflict" };
    case "EK002":
      return { kind: "fenced" };
    case "EK003":
      return { kind: "refused", by: "sql", ordinal: Number(failure.detail), reason: message };
    case "EK004":
      return { kind: "refused", by: "call", ordinal: Number(failure.detail), reason: message };
    case "40P01":
    case "40001":
    case "55P03":
      return { kind: "rerun" };
  }
  if (state !== "57014" && isTransient({ state, message })) throw storeError(error, "committing");
  // A value, a constraint, a right, a time limit: halving finds the message that it belongs to.
  return { kind: "rejected", reason: `${message} (SQLSTATE ${state})` };
}

interface Statement { readonly text: string; readonly values: readonly Value[] }

/** The call of the server's function, with the parameters that this commit has something for: see COMMIT_GROUPS. */
function statementOf(scope: Scope, changes: Commit): Statement {
  const { fences, progress, revivals = [], callControls = [] } = changes;
  const values: Value[] = [
    groupNumber(scope, changes.group),
    changes.worker,
    // Behind the fences of all partitions nobody else can write this service's documents: no row locks are needed.
    fences.length === scope.partitions,
    int4Array(fences.map((one) => one.partition)),
    int8Array(fences.map((one) => one.epoch)),
    ...(progress.length === 0
      ? [null, null, null]
      : [int4Array(progress.map((one) => one.partition)), int8Array(progress.map((one) => one.from)), int8Array(progress.map((one) => one.to))]),
    ...documentArrays(changes.documents),
  ];
  let given = FIXED;
  const add = (names: readonly string[], more: readonly Value[]): void => {
    for (const [index, name] of names.entries()) given += `,${name}=>$${String(values.length + index + 1)}`;
    values.push(...more);
  };
  if (revivals.length > 0) add(NAMES.revivals, revivalArrays(revivals));
  const rare = rareValues(changes);
  if (rare.some((value) => value !== null)) add(NAMES.rare, rare);
  if (changes.messages.length > 0) add(NAMES.messages, envelopeArrays(changes.messages));
  if (changes.calls.length > 0) add(NAMES.calls, callArrays(changes.calls));
  let group = "$1";
  if (callControls.length > 0) {
    // What few commits have comes within the statement in place of its first argument, which it gives back.
    group = `${scope.s}.end_call_controls_1($1,$2,$4,$5,$${String(values.length + 1)})`;
    values.push(JSON.stringify(callControls.map(endRecord)));
  }
  return { text: `select ${scope.s}.commit_4(${group},${given})`, values };
}

/** In the order of COMMIT_GROUPS. */
function rareValues(changes: Commit): readonly (Buffer | string | null)[] {
  const { removed, updates } = splitUpdates(changes.callUpdates);
  return [
    json(changes.park.map(({ message, head }) => ({ ...envelopeRecord(message), position: message.position, ...statusRecord(head) }))),
    json(changes.unpark),
    json(changes.retries.map(({ partition, tenant, key, position, status }) => ({ partition, tenant, key, position, ...statusRecord(status) }))),
    removed.length === 0 ? null : uuidArray(removed),
    json(
      updates.map(({ id, change, outcome }) => ({
        call: id,
        remove: change.kind === "remove",
        ...(change.kind === "set" ? { state: change.state, attempts: change.attempts, due_ms: change.dueInMs } : {}),
        outcome: outcome === null ? null : envelopeRecord(outcome),
      })),
    ),
    json(changes.timers.map(timerRecord)),
    json(
      changes.cancelledTimers.map((timer) => ({
        consumer_group: timer.group,
        tenant: timer.tenant,
        routing_key: timer.routingKey,
        timer_name: timer.name,
      })),
    ),
    changes.firedTimers.length === 0 ? null : int8Array(changes.firedTimers.map((timer) => timer.id)),
    json(changes.sql.map(({ text: statement, values, rows }) => ({ text: statement, values, rows }))),
  ];
}

/** Calls that only go travel as a list of ids: no order matters among those that are named once. */
function splitUpdates(changes: readonly CallUpdate[]): { readonly removed: readonly string[]; readonly updates: readonly CallUpdate[] } {
  const goes = ({ change, outcome }: CallUpdate): boolean => change.kind === "remove" && outcome === null;
  if (!changes.some(goes) || new Set(changes.map(({ id }) => id)).size < changes.length) return { removed: [], updates: changes };
  return { removed: changes.filter(goes).map(({ id }) => id), updates: changes.filter((one) => !goes(one)) };
}

/** In the order of CALL_ARRAYS in schema/calls.ts. */
function callArrays(calls: Commit["calls"]): readonly (Buffer | string | null)[] {
  return [
    uuidArray(calls.map((call) => call.id)),
    int4Array(calls.map((call) => call.partition)),
    textArray(calls.map((call) => call.tenant)),
    textArray(calls.map((call) => call.routingKey)),
    textArray(calls.map((call) => call.operation)),
    textArray(calls.map((call) => call.callKey)),
    textArray(calls.map((call) => call.input)),
    uuidArray(calls.map((call) => call.causationId)),
    textArray(calls.map((call) => call.correlationId)),
    textArray(calls.map((call) => call.trace)),
    `{${calls.map((call) => String(call.deadlineMs)).join(",")}}`,
    textArray(calls.map((call) => call.begun?.state ?? "due")),
    int4Array(calls.map((call) => call.begun?.attempts ?? 0)),
    `{${calls.map((call) => String(call.begun?.dueInMs ?? 0)).join(",")}}`,
    `{${calls.map((call) => String(call.begun?.deadlineInMs ?? call.deadlineMs)).join(",")}}`,
  ];
}

/** Documents in order of entity, tenant and key, with the range of each entity. */
function documentArrays(documents: readonly DocumentChange[]): readonly (Buffer | null)[] {
  if (documents.length === 0) return [null, null, null, null, null, null, null, null];
  const sorted = [...documents].sort((a, b) => compare(a.entity, b.entity) || compare(a.tenant, b.tenant) || compare(a.key, b.key));
  const names: string[] = [];
  const from: number[] = [];
  const to: number[] = [];
  sorted.forEach((document, index) => {
    if (names[names.length - 1] !== document.entity) {
      names.push(document.entity);
      from.push(index + 1);
      to.push(index + 1);
    } else {
      to[to.length - 1] = index + 1;
    }
  });
  return [
    textArray(names),
    // All are of one: the server need not cut out its part.
    ...(names.length === 1 ? [null, null] : [int4Array(from), int4Array(to)]),
    textArray(sorted.map((one) => one.tenant)),
    textArray(sorted.map((one) => one.key)),
    int8Array(sorted.map((one) => one.version)),
    int4Array(sorted.map((one) => WRITES[one.write.kind])),
    textArray(sorted.map((one) => (one.write.kind === "put" ? one.write.body : null))),
  ];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function statusRecord(head: ParkStatus | null): Readonly<Record<string, unknown>> {
  if (head === null) return { state: "queued", attempts: 0, code: "", reason: "", retry_ms: null };
  return {
    state: head.retryInMs === null ? "dead" : "waiting",
    attempts: head.attempts,
    code: head.code,
    reason: head.reason.replaceAll("\u0000", ""),
    retry_ms: head.retryInMs,
  };
}

function endRecord({ id, callId, refused, deadlineMs }: CallControlEnd): Readonly<Record<string, unknown>> {
  return { id, call: callId, refused: refused?.replaceAll("\u0000", "") ?? null, deadline_ms: deadlineMs };
}

/** A JSON parameter, or null for none. */
function json(records: readonly unknown[]): string | null {
  return records.length === 0 ? null : JSON.stringify(records);
}

function arrayOf(value: string | null | undefined): readonly string[] {
  const inner = text(value).slice(1, -1);
  return inner === "" ? [] : inner.split(",");
}
