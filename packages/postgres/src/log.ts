// The log: publish, read, load, tails. One statement each.
import { EvenkeelError } from "@evenkeel/core";
import { handoversOf } from "@evenkeel/core/spi";
import type { Cursor, DocumentRef, Message, NewTimer, PublishCall, PublishResult, ReadRequest, ReadResult, Receipt, StoredDocument } from "@evenkeel/core/spi";
import { int4Array, int8Array, textArray } from "./arrays.ts";
import { number, quote, StatementError, storeError, text, type Row, type Sql } from "./connection.ts";
import { envelopeArrays, envelopeRecord, pushMessages } from "./envelopes.ts";
import type { Hints } from "./hints.ts";
import { onlyMessage, publishOne } from "./publish-one.ts";
import { groupNumber, type Scope } from "./scope.ts";
import { ensureSegments } from "./segments.ts";
import type { Value } from "./value.ts";

/** Publishes every call; each is answered by itself. */
export async function publish(scope: Scope, hints: Hints, calls: readonly PublishCall[]): Promise<readonly PublishResult[]> {
  const message = onlyMessage(calls);
  const [only] = calls;
  const result = only === undefined || message === null ? null : await publishOne(scope, hints, only, message);
  if (result !== null) return [result];
  const results = await publishMany(scope, calls);
  tell(hints, calls, results);
  return results;
}

/** Tells other processes what was published of these calls. */
export function tell(hints: Hints, calls: readonly PublishCall[], results: readonly PublishResult[]): void {
  const published = calls.filter((_, index) => results[index]?.kind === "published");
  const partitions = new Set(published.flatMap((call) => call.messages.map((message) => message.partition)));
  const timers = published.some((call) => call.timers.length > 0);
  if (partitions.size > 0 || timers) hints.hint({ partitions: [...partitions], timers });
}

async function publishMany(scope: Scope, calls: readonly PublishCall[]): Promise<readonly PublishResult[]> {
  const results = new Map<PublishCall, PublishResult>();
  let open = calls;
  while (open.length > 0) {
    const { now, later } = withoutTwins(open);
    try {
      await publishOnce(scope, scope.database, now, results, (text, values) => scope.database.repeated(text, values));
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      const { failure } = error;
      if (failure.kind === "refused" && (failure.state === "EK409" || /^40/.test(failure.state))) continue;
      if (isMissingSegment(error)) { await ensureSegments(scope, now.reduce((sum, call) => sum + call.messages.length, 0)); continue; }
      if (failure.kind === "refused" && failure.state.startsWith("22") && now.length > 1) {
        // One call holds what the database cannot store: find it by itself.
        for (const call of now) for (const [index, result] of (await publishMany(scope, [call])).entries()) if (index === 0) results.set(call, result);
      } else if (failure.kind === "refused") {
        throw storeError(error, "publishing");
      } else {
        for (const call of now) results.set(call, { kind: "inDoubt", reason: failure.message });
      }
    }
    open = [...now.filter((call) => !results.has(call)), ...later];
  }
  return calls.map((call) => results.get(call) ?? { kind: "inDoubt", reason: "no answer" });
}

/** Two calls under one key cannot travel in one statement. */
export function withoutTwins(calls: readonly PublishCall[]): { now: PublishCall[]; later: PublishCall[] } {
  const seen = new Set<string>();
  const now: PublishCall[] = [];
  const later: PublishCall[] = [];
  for (const call of calls) {
    const id = `${call.tenant}\u0000${call.doorKey}`;
    if (seen.has(id)) later.push(call);
    else now.push(call);
    seen.add(id);
  }
  return { now, later };
}

/** One statement: either all calls were fresh, or those that the door knew are answered and the others are still open. */
export async function publishOnce(
  scope: Scope, sql: Sql, calls: readonly PublishCall[], results: Map<PublishCall, PublishResult>,
  ask: (text: string, values: readonly Value[]) => Promise<readonly Row[]> = (statement, values) => sql.query(statement, values),
): Promise<void> {
  const messages = calls.flatMap((call) => call.messages);
  const timers = calls.flatMap((call) => call.timers);
  const from: number[] = [];
  let next = 0;
  for (const call of calls) { from.push(next); next += call.messages.length; }
  const rows = await ask(`select * from ${scope.s}.publish_2($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)`, [
    textArray(calls.map((call) => call.tenant)), textArray(calls.map((call) => call.doorKey)), textArray(calls.map((call) => call.digest)),
    int4Array(from), int4Array(calls.map((call) => call.messages.length)),
    timers.length === 0 ? null : JSON.stringify(timers.map(timerRecord)),
    ...envelopeArrays(messages),
  ]);
  const first = rows[0];
  if (first?.[0] === null) {
    const positions = numbersOf(first[2]);
    const before = lastBefore(first[5], first[6]);
    calls.forEach((call, index) => {
      const start = from[index] ?? 0;
      const handovers = handoversOf(call.messages, positions.slice(start, start + call.messages.length), before);
      results.set(call, { kind: "published", receipts: receiptsOf(call, (ordinal) => positions[start + ordinal] ?? null), handovers });
    });
    return;
  }
  for (const row of rows) {
    const call = calls[number(row[0]) - 1];
    if (call === undefined) continue;
    results.set(call, row[1] === call.digest ? { kind: "repeated", receipts: await repeatedReceipts(scope, sql, call, row) } : { kind: "conflict" });
  }
}

function receiptsOf(call: PublishCall, positionOf: (ordinal: number) => number | null): readonly Receipt[] {
  return [
    ...call.messages.map((message, ordinal): Receipt => ({ id: message.id, partition: message.partition, position: positionOf(ordinal) })),
    ...call.timers.map(({ message }): Receipt => ({ id: message.id, partition: message.partition, position: null })),
  ];
}

/** The places of a repeated call; a place that retention has dropped is null. */
async function repeatedReceipts(scope: Scope, sql: Sql, call: PublishCall, row: Row): Promise<readonly Receipt[]> {
  const [, , , first, last] = row;
  if (call.messages.length <= 1 || first == null || last == null) return receiptsOf(call, () => (first == null ? null : Number(first)));
  const rows = await sql.query(
    `select id, position from ${scope.s}.log where position between $1 and $2 and id = any($3::uuid[])`,
    [first, last, call.messages.map((message) => message.id)],
  );
  const places = new Map(rows.map((found) => [text(found[0]), number(found[1])]));
  return receiptsOf(call, (ordinal) => places.get(call.messages[ordinal]?.id ?? "") ?? null);
}

/** An array of integers as PostgreSQL writes it; none for null, or nothing at all. */
export function numbersOf(value: string | null | undefined): readonly number[] {
  return value == null || value === "" || value === "{}" ? [] : value.slice(1, -1).split(",").map(Number);
}

/** What stood last in each of these partitions before an append; nothing where the server could not say. */
export function lastBefore(partitions: string | null | undefined, before: string | null | undefined): Map<number, number> {
  const positions = numbersOf(before);
  return new Map(positions.length === 0 ? [] : numbersOf(partitions).map((partition, index) => [partition, positions[index] ?? 0]));
}

export function timerRecord(timer: NewTimer): Readonly<Record<string, unknown>> {
  return {
    consumer_group: timer.group, routing_key: timer.routingKey, timer_name: timer.name,
    after_ms: timer.when.kind === "after" ? timer.when.delayMs : null, at: timer.when.kind === "at" ? timer.when.at : null,
    ...envelopeRecord(timer.message),
  };
}

export async function read(scope: Scope, request: ReadRequest): Promise<ReadResult> {
  let rows: readonly Row[];
  try {
    rows = await scope.database.repeated(`select * from ${scope.s}.read_2($1,$2,$3,$4,$5)`, [
      textArray(request.names), int4Array(request.cursors.map((one) => one.partition)), int8Array(request.cursors.map((one) => one.position)),
      request.limit, request.maxLength,
    ]);
  } catch (error) {
    throw storeError(error, "reading the log");
  }
  const messages: Message[] = [];
  const bounds = new Map<number, ReadResult["bounds"][number]>();
  for (const row of rows) {
    const partition = number(row[0]);
    bounds.set(partition, { partition, position: number(row[1]), more: row[2] === "t" });
    if (row[3] != null) pushMessages(messages, partition, row, 3);
  }
  return { messages, bounds: request.cursors.map((cursor) => bounds.get(cursor.partition) ?? { ...cursor, more: false }) };
}

/** Documents as they are stored; version 0 for those that are not there. */
export async function load(scope: Scope, documents: readonly DocumentRef[]): Promise<readonly StoredDocument[]> {
  const byEntity = new Map<string, DocumentRef[]>();
  for (const ref of documents) {
    const list = byEntity.get(ref.entity);
    if (list !== undefined) list.push(ref);
    else if (scope.entities.has(ref.entity)) byEntity.set(ref.entity, [ref]);
    else throw new EvenkeelError("STORE_REFUSED", `Entity '${ref.entity}' is not part of the prepared application: bind it in a service.`);
  }
  // In one order, so that there are few texts to keep.
  const entities = [...byEntity].sort(([a], [b]) => (a < b ? -1 : 1));
  const values = entities.flatMap(([, refs]) => [textArray(refs.map((ref) => ref.tenant)), textArray(refs.map((ref) => ref.key))]);
  const statement = entities
    .map(([entity], index) => `select ${String(index)}, u.* from ${scope.s}.${quote(`load_${entity}`)}($${String(index * 2 + 1)}::text[], $${String(index * 2 + 2)}::text[]) u`)
    .join(" union all ");
  try {
    const rows = await scope.database.repeated(statement, values);
    const found = new Map(rows.map((row) => [`${text(row[0])},${text(row[1])}`, row]));
    return entities.flatMap(([entity, refs], index) => refs.map(({ tenant, key }, place): StoredDocument => {
      const row = found.get(`${String(index)},${String(place + 1)}`);
      return { entity, tenant, key, version: number(row?.[2]), body: row?.[3] ?? null };
    }));
  } catch (error) {
    throw storeError(error, "reading documents");
  }
}

export async function handled(scope: Scope, group: string, place: Cursor): Promise<"pending" | "handled" | "parked"> {
  try {
    const [row] = await scope.database.query(`
      select coalesce((select p.to_position from ${scope.s}.progress p where p.consumer_group = $1 and p.partition = $2 order by p.from_position desc limit 1), 0) >= $3,
        exists (select 1 from ${scope.s}.parked where consumer_group = $1 and partition = $2 and position = $3)`,
      [groupNumber(scope, group), place.partition, place.position]);
    return row?.[0] !== "t" ? "pending" : row[1] === "t" ? "parked" : "handled";
  } catch (error) {
    throw storeError(error, "looking up progress");
  }
}

export async function tails(scope: Scope): Promise<readonly Cursor[]> {
  try {
    const rows = await scope.database.query(`select * from ${scope.s}.tails_1($1)`, [scope.partitions]);
    return rows.map((row) => ({ partition: number(row[0]), position: number(row[1]) }));
  } catch (error) {
    throw storeError(error, "looking for new messages");
  }
}

/** An append found no segment for its position. The log has no other checks, and the message's words depend on the server's language. */
export function isMissingSegment(error: StatementError): boolean {
  return error.failure.kind === "refused" && error.failure.state === "23514";
}
