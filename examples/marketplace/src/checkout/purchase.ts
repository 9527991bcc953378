// The purchase: what a placed order does outside the shop, as a run that leaves nothing behind if it fails or is cancelled. Once the parcel is
// handed over it stands. It refuses to know of stock: that is the checkout's.
import { failedWith, terminal, workflow } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Pence, Units } from "../orders/messages.ts";
import { card, chargeKey } from "../payments/card.ts";
import { carrier } from "./carrier.ts";

/** A refund that is refused so often is put before a person. */
export const MAX_ATTEMPTS = 5;

const Purchase = z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, units: Units });

export const purchase = workflow("purchase", { input: Purchase, ports: { card, carrier }, maxAttempts: MAX_ATTEMPTS }, async (order, w) => {
  const { orderId, customer, country, pence, units } = order;
  const key = chargeKey(orderId);
  try {
    await w.step("charge", card.charge, { orderId, customer, pence }, {
      key, undo: card.refund, undoInput: () => ({ orderId, returnId: null, chargeKey: key, pence }),
    });
    const parcel = await w.step("label", carrier.book, { orderId, country, units }, { undo: carrier.void, undoInput: (booked) => booked });
    await w.pivot("hand over", carrier.handOver, parcel);
    return { label: parcel.label };
  } catch (error) {
    // What the provider said is what the customer is told.
    if (failedWith(error, card.charge, "declined") || failedWith(error, card.charge, "refused")) throw terminal("CARD_DECLINED", error.value.reason);
    if (failedWith(error, carrier.book, "refused")) throw terminal("LABEL_REFUSED", error.value.reason);
    throw error;
  }
});
