// Envelopes on the wire: as arrays for the bulk, as JSON records for the rarer shapes, and back from rows.
import { EvenkeelError } from "@evenkeel/core";
import type { Envelope, Message } from "@evenkeel/core/spi";
import { int4Array, int8Array, textArray, uuidArray } from "./arrays.ts";
import { number, text, type Row } from "./connection.ts";

/** Eleven parameters in the order of ENVELOPE_ARRAYS; all null when there is nothing to append. */
export function envelopeArrays(messages: readonly Envelope[]): readonly (Buffer | null)[] {
  if (messages.length === 0) return [null, null, null, null, null, null, null, null, null, null, null];
  return [
    int4Array(messages.map((one) => one.partition)),
    int4Array(messages.map((one) => one.version)),
    int8Array(messages.map((one) => one.occurredAt)),
    uuidArray(messages.map((one) => one.id)),
    uuidArray(messages.map((one) => one.causationId)),
    textArray(messages.map((one) => one.name)),
    textArray(messages.map((one) => one.tenant)),
    textArray(messages.map((one) => one.key)),
    textArray(messages.map((one) => one.correlationId)),
    textArray(messages.map((one) => one.trace)),
    textArray(messages.map((one) => one.body)),
  ];
}

/** The fields of RECORD in schema/functions.ts. */
export function envelopeRecord(one: Envelope): Readonly<Record<string, unknown>> {
  return {
    partition: one.partition, version: one.version, occurred_at: one.occurredAt, id: one.id, causation_id: one.causationId, name: one.name,
    tenant: one.tenant, key: one.key, correlation_id: one.correlationId, trace: one.trace, body: one.body,
  };
}

export function messageOf(row: Row, from = 0): Message {
  return {
    position: number(row[from]), partition: number(row[from + 1]), version: number(row[from + 2]), occurredAt: number(row[from + 3]),
    id: text(row[from + 4]), causationId: row[from + 5] ?? null, name: text(row[from + 6]), tenant: text(row[from + 7]), key: text(row[from + 8]),
    correlationId: text(row[from + 9]), trace: row[from + 10] ?? null, body: text(row[from + 11]),
  };
}

/** The messages of one partition, whose columns arrive as lists (see read_2 in schema/functions.ts). */
export function pushMessages(messages: Message[], partition: number, row: Row, from: number): void {
  const list = (column: number): readonly string[] => text(row[from + column]).split(",");
  const positions = list(0);
  const versions = list(1);
  const times = list(2);
  const ids = list(3);
  const causes = list(4);
  const names = list(5);
  const tenants = list(6);
  const keys = strings(row[from + 7]);
  const correlations = strings(row[from + 8]);
  const traces = row[from + 9] == null ? null : strings(row[from + 9]);
  const bodies = text(row[from + 10]).split("\u001e");
  const lists = [versions, times, ids, causes, names, tenants, keys, correlations, traces ?? positions, bodies];
  if (lists.some((one) => one.length !== positions.length)) {
    throw new EvenkeelError("STORE_REFUSED", `The columns of a read of partition ${String(partition)} do not fit together: ${lists.map((one) => one.length).join(", ")} values.`);
  }
  for (let index = 0; index < positions.length; index++) {
    messages.push({
      position: Number(positions[index]), partition, version: Number(versions[index]), occurredAt: Number(times[index]), id: text(ids[index]),
      causationId: causes[index] === "" ? null : text(causes[index]), name: text(names[index]), tenant: text(tenants[index]), key: text(keys[index]),
      correlationId: text(correlations[index]), trace: traces?.[index] ?? null, body: text(bodies[index]),
    });
  }
}

function strings(json: string | null | undefined): readonly (string | null)[] {
  const parsed: unknown = JSON.parse(text(json));
  return Array.isArray(parsed) ? parsed.map((one) => (typeof one === "string" ? one : null)) : [];
}
