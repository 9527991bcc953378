// What arrives at the door while a system is checked: messages, in any order; some perhaps not at all, some as one of several. Plain values.
import type { AnyMessageDefinition } from "@evenkeel/core";

/** A message that was made from its definition: what `PlaceOrder({ … })` gives. */
export interface MadeMessage {
  readonly name: string;
  readonly definition: AnyMessageDefinition;
  readonly data: unknown;
}

export interface ArrivalOptions {
  /**
   * Published under this key, the message takes effect once: what arrives again is absorbed by the door, and no state follows from it.
   * Default: none, so that what arrives again is a message of its own, and only handlers can tell that it was there before.
   */
  readonly idempotencyKey?: string;
  /** Default "default". */
  readonly tenant?: string;
}

export interface Arrival {
  readonly kind: "arrival";
  readonly message: MadeMessage;
  readonly options: ArrivalOptions;
}

/** Something that arrives: a message, or more about one. */
export type WhenEntry = MadeMessage | Arrival | ChoiceOfArrivals | OptionalArrival;

export interface ChoiceOfArrivals { readonly kind: "oneOf"; readonly entries: readonly (MadeMessage | Arrival)[] }

export interface OptionalArrival { readonly kind: "optional"; readonly entry: MadeMessage | Arrival | ChoiceOfArrivals }

/** An arrival with an idempotency key, or in a tenant. @example arrival(PlaceOrder({ orderId: "a" }), { idempotencyKey: "a" }) */
export function arrival(message: MadeMessage, options: ArrivalOptions): Arrival {
  return { kind: "arrival", message, options };
}

/** May arrive, at any time, or never. @example optional(CancelOrder({ orderId: "a" })) */
export function optional(entry: MadeMessage | Arrival | ChoiceOfArrivals): OptionalArrival {
  return { kind: "optional", entry };
}

/** One of these arrives, and each is explored. @example oneOf(PlaceOrder({ country: "France" }), PlaceOrder({ country: "Unspecified" })) */
export function oneOf(...entries: readonly (MadeMessage | Arrival)[]): ChoiceOfArrivals {
  return { kind: "oneOf", entries };
}

/** An entry as its alternatives. */
export function arrivalsOf(entry: WhenEntry): { readonly isOptional: boolean; readonly arrivals: readonly Arrival[] } {
  if (!("kind" in entry)) return { isOptional: false, arrivals: [arrival(entry, {})] };
  switch (entry.kind) {
    case "arrival": return { isOptional: false, arrivals: [entry] };
    case "oneOf": return { isOptional: false, arrivals: entry.entries.map((one) => ("kind" in one ? one : arrival(one, {}))) };
    case "optional": return { isOptional: true, arrivals: arrivalsOf(entry.entry).arrivals };
  }
}
