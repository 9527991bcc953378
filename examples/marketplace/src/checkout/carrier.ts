// The carrier port: what a checkout needs of whoever drives the parcels, and this shop's own carrier, which is a book of rules in this process.
// It keeps nothing: the same request has the same answer, whenever it is asked again.
import { port, provide } from "evenkeel";
import { z } from "zod";
import { Id, Units } from "../orders/messages.ts";

const Labelled = z.object({ orderId: Id, label: z.string() });

export const carrier = port("carrier", {
  book: {
    input: z.object({ orderId: Id, country: z.string(), units: Units }),
    ok: Labelled,
    failures: { refused: z.object({ reason: z.string() }) },
    reconcile: "repeat",
  },
  void: { input: Labelled, ok: Labelled, reconcile: "repeat" },
  /** The parcel may leave: from here on it is on its way. */
  handOver: { input: Labelled, ok: Labelled, reconcile: "repeat" },
});

/** The carrier takes no more than this in one consignment. */
const MOST_UNITS = 20_000;
/** The destination that the order file writes where it has none. */
const NO_DESTINATION = "Unspecified";

/** Why a consignment is not taken; null: it is. */
export function refusalOf(country: string, units: number): string | null {
  if (country === NO_DESTINATION) return "the order names no destination";
  return units > MOST_UNITS ? `the carrier takes ${MOST_UNITS} units at most` : null;
}

export const providedCarrier = provide(carrier, {
  book: {
    perform: ({ input: { orderId, country, units } }) => {
      const reason = refusalOf(country, units);
      return Promise.resolve(reason === null ? { kind: "ok", value: { orderId, label: `EK-${orderId}` } } : { kind: "refused", value: { reason } });
    },
  },
  void: { perform: ({ input }) => Promise.resolve({ kind: "ok", value: input }) },
  handOver: { perform: ({ input }) => Promise.resolve({ kind: "ok", value: input }) },
});
