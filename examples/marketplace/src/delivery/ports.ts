// What a delivery needs of the outside: a catalogue, a stock that holds for a time, a bank that authorizes before it captures, a carrier, a
// warehouse and people who review. Every provider promises the same answer for the same key, so an unknown outcome is asked for by repeating.
import { port } from "evenkeel";
import { z } from "zod";
import { Id, Line, Pence } from "../orders/messages.ts";

export const Cart = z.object({ orderId: Id, country: z.string(), lines: z.array(Line).min(1) });
export type Cart = z.infer<typeof Cart>;
const Reason = z.object({ reason: z.string() });

/** What leaves together. Its pence are what goes back to the customer if it cannot leave. */
export const Shipment = z.object({ shipmentId: Id, lines: z.array(Line).min(1), pence: Pence });
export type Shipment = z.infer<typeof Shipment>;

const reconcile = "repeat";

export const catalogue = port("catalogue", {
  validate: { input: Cart, ok: z.object({ pence: Pence, shipments: z.array(Shipment).min(1) }), failures: { invalid: Reason }, reconcile },
});

const Reservation = z.object({ reservationId: z.string() });
export const stock = port("stock", {
  /** Held for so many hours; then it may be sold to others. */
  reserve: { input: z.object({ orderId: Id, lines: z.array(Line), hours: z.int() }), ok: Reservation, failures: { soldOut: Reason }, reconcile },
  release: { input: Reservation, ok: Reservation, reconcile },
  /** Makes of the reservation a sale, which does not expire. */
  commit: { input: Reservation, ok: Reservation, failures: { expired: Reason }, reconcile },
  uncommit: { input: Reservation, ok: Reservation, reconcile },
  /** Puts one shipment's part of a sale back. */
  restock: { input: Reservation.extend({ shipmentId: Id }), ok: Reservation, reconcile },
});

const Authorization = z.object({ authorizationId: z.string() });
const Capture = z.object({ captureId: z.string(), pence: Pence });
export const bank = port("bank", {
  authorize: { input: z.object({ orderId: Id, pence: Pence }), ok: Authorization, failures: { declined: Reason }, reconcile },
  void: { input: Authorization, ok: Authorization, reconcile },
  capture: { input: Authorization.extend({ pence: Pence }), ok: Capture, failures: { declined: Reason }, reconcile },
  refund: { input: Capture, ok: Capture, reconcile },
});

const Label = z.object({ shipmentId: Id, label: z.string() });
export const parcels = port("parcels", {
  label: { input: z.object({ shipmentId: Id, country: z.string() }), ok: Label, failures: { refused: Reason }, reconcile },
  voidLabel: { input: Label, ok: Label, reconcile },
  ship: { input: Label, ok: Label, failures: { refused: Reason }, reconcile },
});

const Pick = z.object({ pickId: z.string() });
export const warehouse = port("warehouse", {
  /** `token` answers the pick, once. */
  notify: { input: Shipment.extend({ label: z.string(), token: z.string() }), ok: Pick, reconcile },
  recall: { input: Pick, ok: Pick, reconcile },
});

const Case = z.object({ caseId: z.string() });
export const reviews = port("reviews", {
  /** Puts an order before a person; `token` answers for them, once. */
  open: { input: z.object({ orderId: Id, pence: Pence, token: z.string() }), ok: Case, reconcile },
  close: { input: Case, ok: Case, reconcile },
});
