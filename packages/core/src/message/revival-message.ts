// The message that revives a key: it has a service request anew what went without a row. It decides nothing.
import type { CallProgress, CallRecord } from "./call.ts";
import type { Revival } from "./changes.ts";
import type { Envelope } from "./envelope.ts";
import { derivedId } from "./hash.ts";

/** The body of `<service>.revive`. */
export interface Revive {
  readonly id: string;
  /** The one call that goes on with a row. Absent: whatever was requested by owners before this epoch. */
  readonly call?: CallProgress & { readonly operation: string; readonly key: string };
  readonly before?: number;
}

export function reviveName(service: string): string {
  return `${service}.revive`;
}

/** One call goes on. */
export function callRevival(service: string, call: CallRecord, progress: CallProgress, dateMs: number): Envelope {
  const { id, tenant, routingKey: key, partition, operation, callKey, correlationId, trace } = call;
  const body: Revive = { id: key, call: { operation, key: callKey, ...progress } };
  return {
    id: derivedId(`${id}\u0000revive`), name: reviveName(service), version: 1, tenant, key, partition, body: JSON.stringify(body),
    causationId: call.causationId, correlationId, trace, occurredAt: dateMs,
  };
}

/** A new owner revives a key. */
export function keyRevival(service: string, { tenant, key, partition }: Revival, epoch: number, dateMs: number): Envelope {
  const id = derivedId(`${service}\u0000${tenant}\u0000${key}\u0000revive\u0000${String(epoch)}`);
  const body: Revive = { id: key, before: epoch };
  return {
    id, name: reviveName(service), version: 1, tenant, key, partition, body: JSON.stringify(body),
    causationId: null, correlationId: id, trace: null, occurredAt: dateMs,
  };
}
