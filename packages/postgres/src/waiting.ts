// What waits: calls and parked keys, read by their owners. Timers are in due-timers.ts.
import type { CallRecord, CallsRead, CallsRequest, CallState, ParkedMessage, ParkedRead, ParkedRequest } from "@evenkeel/core/spi";
import { int4Array, int8Array, textArray } from "./arrays.ts";
import { number, storeError, text, type Row } from "./connection.ts";
import { messageOf } from "./envelopes.ts";
import { groupNumber, type Scope } from "./scope.ts";

const STATES: readonly CallState[] = ["due", "unknown", "asking", "attention"];

/** What `callOf` reads, in its order; "@" stands for the table. */
export const CALL_COLUMNS: readonly string[] = [
  "@sequence", "@id", "@tenant", "@routing_key", "@partition", "@operation", "@call_key", "@input", "@causation_id", "@correlation_id", "@trace", "@state",
  "@attempts", "greatest(0, date_part('epoch', @due_at - clock_timestamp()) * 1000)", "date_part('epoch', @deadline_at - clock_timestamp()) * 1000",
  "@deadline_ms",
];
const COLUMNS = CALL_COLUMNS.join(", ").replaceAll("@", "");

/** One statement, and so one snapshot: calls of a partition are only seen together with the lease of whoever asks for them as its owner. */
export async function readCalls(scope: Scope, request: CallsRequest): Promise<CallsRead> {
  const { partitions, after, limit, owner } = request;
  const maxLength = request.maxLength === undefined ? Number.MAX_SAFE_INTEGER : Math.max(1, request.maxLength);
  const values = [groupNumber(scope, request.group), int4Array(partitions), after, limit, maxLength];
  const held = `array(select l.partition from ${scope.s}.lease l join unnest($7::int[], $8::bigint[]) as f(partition, epoch)
    on l.partition = f.partition and l.epoch = f.epoch where l.consumer_group = $1 and l.worker = $6 and l.partition = any($2::int[]))`;
  // Lengths are those of the stored values, so that nothing is unpacked that is not sent.
  const bounded = `(select * from (
      select c.*, pg_column_size(c.input) as length, sum(pg_column_size(c.input)) over (order by c.sequence) as upto from (
        select * from ${scope.s}.call where sequence > $3 and consumer_group = $1 and partition = any(${owner === undefined ? "$2::int[]" : held})
        order by sequence limit $4) c
      ) m where m.upto - m.length < $5)`;
  try {
    const rows = await scope.database.query(
      `select ${COLUMNS}, upto >= $5 from ${bounded} b order by sequence`,
      owner === undefined ? values
        : [...values, owner.worker, int4Array(owner.fences.map((fence) => fence.partition)), int8Array(owner.fences.map((fence) => fence.epoch))],
    );
    return { calls: rows.map(callOf), more: rows.length >= request.limit || rows.at(-1)?.[CALL_COLUMNS.length] === "t" };
  } catch (error) {
    throw storeError(error, "reading calls");
  }
}

export function stateOf(value: string | null | undefined): CallState {
  return STATES.find((state) => state === value) ?? "attention";
}

export function callOf(row: Row): CallRecord {
  return {
    sequence: number(row[0]),
    id: text(row[1]),
    tenant: text(row[2]),
    routingKey: text(row[3]),
    partition: number(row[4]),
    operation: text(row[5]),
    callKey: text(row[6]),
    input: text(row[7]),
    causationId: text(row[8]),
    correlationId: text(row[9]),
    trace: row[10] ?? null,
    state: stateOf(row[11]),
    attempts: number(row[12]),
    dueInMs: number(row[13]),
    deadlineInMs: number(row[14]),
    deadlineMs: number(row[15]),
  };
}

export async function readParked(scope: Scope, request: ParkedRequest): Promise<ParkedRead> {
  try {
    // Lengths are those of the stored values, so that nothing is unpacked that is not sent.
    const rows = await scope.database.query(
      `
      select b.attempts, b.position, b.partition, b.version, b.occurred_at, b.id, b.causation_id, b.name, b.tenant, b.key, b.correlation_id, b.trace, b.content,
        b.nth, b.upto >= $6
      from (
        select m.*, u.nth, pg_column_size(m.content) as length, sum(pg_column_size(m.content)) over (order by u.nth, m.position) as upto
        from unnest($2::int[], $3::text[], $4::text[]) with ordinality as u(partition, tenant, key, nth) cross join lateral (
          select p.*, coalesce(p.edited_body, p.body) as content
          from ${scope.s}.parked p where p.consumer_group = $1 and p.partition = u.partition and p.tenant = u.tenant and p.key = u.key order by p.position limit $5) m
      ) b where b.upto - b.length < $6 order by b.nth, b.position`,
      [
        groupNumber(scope, request.group),
        int4Array(request.keys.map((one) => one.partition)),
        textArray(request.keys.map((one) => one.tenant)),
        textArray(request.keys.map((one) => one.key)),
        request.limit,
        Math.max(1, request.maxLength),
      ],
    );
    const last = rows.at(-1);
    return {
      messages: rows.map((row): ParkedMessage => ({ attempts: number(row[0]), message: messageOf(row, 1) })),
      keysRead: last?.[14] === "t" ? number(last[13]) - 1 : request.keys.length,
    };
  } catch (error) {
    throw storeError(error, "reading parked messages");
  }
}
