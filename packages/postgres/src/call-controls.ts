// Operators and calls: listing live calls, recording what is asked of those that need attention, the audit trail, and how owners find what
// was asked. A request ends in its owner's commit, see commit.ts.
import type {
  CallControlAction, CallControlEntry, CallControlReceipt, CallControlRequest, CallEntry, CallFilter, OpenCallControl,
} from "@evenkeel/core/spi";
import { int4Array, int8Array } from "./arrays.ts";
import { number, storeError, text, type Row } from "./connection.ts";
import { groupName, groupNumber, type Scope } from "./scope.ts";
import { CALL_COLUMNS, callOf, stateOf } from "./waiting.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export async function listCalls(scope: Scope, filter: CallFilter): Promise<readonly CallEntry[]> {
  const { s } = scope;
  const values: unknown[] = [filter.limit];
  const conditions = ["true"];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value);
    conditions.push(condition(`$${String(values.length)}`));
  };
  if (filter.id !== undefined) {
    if (!UUID.test(filter.id)) return [];
    add((p) => `c.id = ${p}::uuid`, filter.id);
  }
  // A group this process does not know has no calls that it could show.
  if (filter.group !== undefined) add((p) => `c.consumer_group = ${p}`, scope.groups.get(filter.group) ?? -1);
  if (filter.tenant !== undefined) add((p) => `c.tenant = ${p}`, filter.tenant);
  if (filter.port !== undefined) add((p) => `starts_with(c.operation, ${p} || '.')`, filter.port);
  if (filter.operation !== undefined) add((p) => `c.operation = ${p}`, filter.operation);
  if (filter.key !== undefined) add((p) => `c.call_key = ${p}`, filter.key);
  if (filter.state !== undefined) add((p) => `c.state = ${p}`, filter.state);
  if (filter.after !== undefined) add((p) => `c.sequence > ${p}`, filter.after);
  try {
    const rows = await scope.database.query(
      `
      select ${CALL_COLUMNS.map((column) => column.replaceAll("@", "c.")).join(", ")}, c.consumer_group, k.id, k.action, k.actor
      from ${s}.call c left join ${s}.call_control k on k.call_id = c.id and k.done_at is null
      where ${conditions.join(" and ")} order by c.sequence limit $1`,
      values,
    );
    return rows.map((row): CallEntry => {
      const [group, id, action, actor] = row.slice(CALL_COLUMNS.length);
      const control = id == null ? null : { id: number(id), action: actionOf(action), actor: text(actor) };
      return { ...callOf(row), group: groupName(scope, number(group)), control };
    });
  } catch (error) {
    throw storeError(error, "listing calls");
  }
}

export async function requestCallControl(scope: Scope, request: CallControlRequest): Promise<CallControlReceipt> {
  const { callId, action, outcome, deadlineMs, actor, note } = request;
  const { s, database } = scope;
  if (!UUID.test(callId)) return { kind: "unknown" };
  try {
    for (;;) {
      const [made] = await database.query(
        `
        insert into ${s}.call_control
          (consumer_group, partition, call_id, tenant, operation, call_key, routing_key, action, outcome_name, outcome, deadline_ms, actor, note)
        select c.consumer_group, c.partition, c.id, c.tenant, c.operation, c.call_key, c.routing_key, $2, $3, $4::json, $5::float8, $6, $7
        from ${s}.call c where c.id = $1::uuid and c.state = 'attention' on conflict do nothing returning id`,
        [callId, action, outcome?.name ?? null, outcome?.value ?? null, deadlineMs, clean(actor), clean(note)],
      );
      if (made !== undefined) return { kind: "recorded", id: number(made[0]) };
      const [found] = await database.query(
        `
        select c.state, k.id, k.action, k.actor from ${s}.call c left join ${s}.call_control k on k.call_id = c.id and k.done_at is null
        where c.id = $1::uuid`,
        [callId],
      );
      if (found === undefined) return { kind: "unknown" };
      if (found[1] != null) return { kind: "pending", id: number(found[1]), action: actionOf(found[2]), actor: text(found[3]) };
      // Between the two statements the request that stood in the way may have ended, and left the call in need again.
      if (found[0] !== "attention") return { kind: "notWaiting", state: stateOf(found[0]) };
    }
  } catch (error) {
    throw storeError(error, "recording a request");
  }
}

export async function readCallControls(
  scope: Scope, request: { group: string; partitions: readonly number[] },
): Promise<readonly OpenCallControl[]> {
  const { s } = scope;
  try {
    const rows = await scope.database.query(
      `
      select k.id, k.partition, k.operation, k.call_id, k.action, k.outcome_name, k.outcome, k.deadline_ms,
        (select c.sequence from ${s}.call c where c.id = k.call_id limit 1)
      from ${s}.call_control k where k.done_at is null and k.consumer_group = $1 and k.partition = any($2::int[]) order by k.id`,
      [groupNumber(scope, request.group), int4Array(request.partitions)],
    );
    return rows.map((row): OpenCallControl => ({
      id: number(row[0]), partition: number(row[1]), operation: text(row[2]), callId: text(row[3]), action: actionOf(row[4]),
      outcome: outcomeOf(row[5], row[6]), deadlineMs: row[7] == null ? null : number(row[7]), sequence: row[8] == null ? null : number(row[8]),
    }));
  } catch (error) {
    throw storeError(error, "reading requests about calls");
  }
}

export async function callControls(
  scope: Scope, filter: { readonly ids?: readonly number[]; readonly callId?: string; readonly limit: number },
): Promise<readonly CallControlEntry[]> {
  if (filter.callId !== undefined && !UUID.test(filter.callId)) return [];
  try {
    const rows = await scope.database.query(
      `
      select id, consumer_group, partition, call_id, tenant, operation, call_key, routing_key, action, outcome_name, outcome, deadline_ms, actor, note,
        round(extract(epoch from requested_at) * 1000), round(extract(epoch from done_at) * 1000), result
      from ${scope.s}.call_control where ($1::bigint[] is null or id = any($1)) and ($2::uuid is null or call_id = $2) order by id desc limit $3`,
      [filter.ids === undefined ? null : int8Array(filter.ids), filter.callId ?? null, filter.limit],
    );
    return rows.map((row) => entryOf(scope, row));
  } catch (error) {
    throw storeError(error, "reading requests about calls");
  }
}

function entryOf(scope: Scope, row: Row): CallControlEntry {
  return {
    id: number(row[0]), group: groupName(scope, number(row[1])), partition: number(row[2]), callId: text(row[3]), tenant: text(row[4]),
    operation: text(row[5]), key: text(row[6]), routingKey: text(row[7]), action: actionOf(row[8]), outcome: outcomeOf(row[9], row[10]),
    deadlineMs: row[11] == null ? null : number(row[11]), actor: text(row[12]), note: text(row[13]),
    requestedAt: number(row[14]), doneAt: row[15] == null ? null : number(row[15]), result: row[16] ?? null,
  };
}

function outcomeOf(name: string | null | undefined, value: string | null | undefined): CallControlRequest["outcome"] {
  return name == null ? null : { name, value: text(value) };
}

function actionOf(value: string | null | undefined): CallControlAction {
  return value === "retry" ? "retry" : value === "resolve" ? "resolve" : "abandon";
}

/** What a person typed may hold what the database keeps in no text. */
function clean(typed: string): string {
  return typed.replaceAll("\u0000", "");
}
