// What the outside of a delivery answers in a check: values, and pure functions of what it is asked. Parcels cost different amounts, so that one
// is never paid back for the other unnoticed.
import { answers, type FakePort } from "@evenkeel/checker";
import { bank, catalogue, parcels, reviews, stock, warehouse, type Shipment } from "../ports.ts";

export type Failing = "stock.reserve" | "bank.authorize" | "stock.commit" | "bank.capture" | "parcels.label" | "parcels.ship";

const PENCE: ReadonlyMap<string, number> = new Map([["s-1", 500], ["s-2", 300]]);
const reason = { reason: "no" };

export function penceOf(shipmentId: string): number {
  const pence = PENCE.get(shipmentId);
  if (pence === undefined) throw new RangeError(`Nobody has said what the shipment '${shipmentId}' costs.`);
  return pence;
}

function shipmentOf(shipmentId: string): Shipment {
  return { shipmentId, lines: [{ sku: "LAMP", quantity: 1 }], pence: penceOf(shipmentId) };
}

export function answersOf(shipments: readonly string[]): FakePort[] {
  const pence = shipments.reduce((sum, one) => sum + penceOf(one), 0);
  return [
    answers(catalogue, { validate: { ok: { pence, shipments: shipments.map(shipmentOf) } } }),
    answers(stock, {
      reserve: { ok: ({ input }) => ({ reservationId: input.orderId }), soldOut: reason }, release: { ok: ({ input }) => input },
      commit: { ok: ({ input }) => input, expired: reason }, uncommit: { ok: ({ input }) => input },
      restock: { ok: ({ input: { reservationId } }) => ({ reservationId }) },
    }),
    answers(bank, {
      authorize: { ok: ({ input }) => ({ authorizationId: input.orderId }), declined: reason }, void: { ok: ({ input }) => input },
      capture: { ok: ({ input }) => ({ captureId: input.authorizationId, pence: input.pence }), declined: reason },
      refund: { ok: ({ input }) => input },
    }),
    answers(parcels, {
      label: { ok: ({ input: { shipmentId } }) => ({ shipmentId, label: `label of ${shipmentId}` }), refused: reason }, voidLabel: { ok: ({ input }) => input },
      ship: { ok: ({ input }) => input, refused: reason },
    }),
    answers(warehouse, { notify: { ok: ({ input: { shipmentId } }) => ({ pickId: shipmentId }) }, recall: { ok: ({ input }) => input } }),
    answers(reviews, { open: { ok: ({ input }) => ({ caseId: input.orderId }) }, close: { ok: ({ input }) => input } }),
  ];
}
