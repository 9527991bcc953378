// A parked message as JSON for programs: times as ISO 8601, bodies as data.
import type { ControlEntry, ParkedEntry } from "@evenkeel/core/spi";

export function parkedShape(entry: ParkedEntry): Readonly<Record<string, unknown>> {
  const { message, editedBody, parkedAt, ...rest } = entry;
  const { body, occurredAt, tenant: _tenant, key: _key, partition: _partition, position: _position, ...envelope } = message;
  return {
    ...rest,
    parkedAt: iso(parkedAt),
    message: { ...envelope, occurredAt: iso(occurredAt), data: dataOf(body) },
    editedData: editedBody === null ? null : dataOf(editedBody),
  };
}

export function controlShape(entry: ControlEntry): Readonly<Record<string, unknown>> {
  const { body, requestedAt, doneAt, ...rest } = entry;
  const data = body === null ? null : dataOf(body);
  return { ...rest, data, requestedAt: iso(requestedAt), doneAt: doneAt === null ? null : iso(doneAt) };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function dataOf(body: string): unknown {
  return JSON.parse(body);
}
