// The envelope: what travels, what is stored, and where it came from. Plain data only.

/**
 * A message in its envelope. `body` is the data as JSON text: it is parsed where it is handled, and copied as it is where it is
 * parked, so nothing in between can change it.
 */
export interface Envelope {
  /** UUID. A message emitted by a handler has an id computed from its cause, so a rerun emits the same messages. */
  readonly id: string;
  readonly name: string;
  /** Schema version of `body`, 1 or higher. */
  readonly version: number;
  readonly tenant: string;
  /** Routing key: order holds per (tenant, key). */
  readonly key: string;
  /** partitionOf(tenant, key). */
  readonly partition: number;
  readonly body: string;
  /** The id of the message that caused this one; null at the door. */
  readonly causationId: string | null;
  /** Shared by everything that one publish set in motion. */
  readonly correlationId: string;
  /** W3C `traceparent`, or null. */
  readonly trace: string | null;
  /** When it was published or emitted, by the publishing process's clock: milliseconds since 1970. For people, never compared. */
  readonly occurredAt: number;
}

/**
 * An envelope with its place in the log. Positions are compared only within a partition. They come from one 64-bit sequence and
 * are kept as JavaScript numbers: exact up to 9 * 10^15, which 1,000,000 messages a second reach in 285 years.
 */
export interface Message extends Envelope {
  readonly position: number;
}

/** The longest routing, document, call or idempotency key, in UTF-16 code units. */
export const MAX_KEY_LENGTH = 512;
