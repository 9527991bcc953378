// The checkout: the whole way of a placed order, told in one place. It asks inventory for the stock, charges the card, has a label booked and
// hands the parcel over. Until then everything can be undone, and is, in reverse, when a step fails or the customer cancels; from then on the
// order stands. Its end is announced once everything is in.
import { failedWith, terminal, workflow } from "evenkeel";
import { ReleaseStock, ReserveStock, SellStock, StockRejected, StockReleased, StockReserved, StockSold } from "../inventory/messages.ts";
import { Placed } from "../orders/messages.ts";
import { card, chargeKey } from "../payments/card.ts";
import { Shipped } from "../shipping/messages.ts";
import { carrier } from "./carrier.ts";

/** A refund that is refused so often is put before a person. */
export const MAX_ATTEMPTS = 5;

export const checkout = workflow("checkout", {
  input: Placed, ports: { card, carrier }, emits: [ReserveStock, SellStock, ReleaseStock, Shipped],
  waitsFor: [StockReserved, StockRejected, StockSold, StockReleased], announces: true, maxAttempts: MAX_ATTEMPTS,
}, async (order, w) => {
  const { orderId, customer, country, pence } = order;
  const key = chargeKey(orderId);
  const stock = await w.ask(ReserveStock(order), {
    answers: [StockReserved, StockRejected], undo: { send: ReleaseStock({ orderId }), answers: [StockReleased], unless: [StockRejected] },
  });
  if (stock.name === "stock.rejected") return { outcome: "rejected" as const, missing: stock.data.missing };
  try {
    await w.step("charge", card.charge, { orderId, customer, pence }, {
      key, undo: card.refund, undoInput: () => ({ orderId, returnId: null, chargeKey: key, pence }),
    });
    const parcel = await w.step("label", carrier.book, { orderId, country, units: stock.data.units }, { undo: carrier.void, undoInput: (booked) => booked });
    await w.pivot("hand over", carrier.handOver, parcel);
    await w.ask(SellStock({ orderId }), { answers: [StockSold] });
    w.emit(Shipped(parcel));
    return { outcome: "confirmed" as const, pence };
  } catch (error) {
    // What the provider said is what the customer is told.
    if (failedWith(error, card.charge, "declined") || failedWith(error, card.charge, "refused")) throw terminal("CARD_DECLINED", error.value.reason);
    if (failedWith(error, carrier.book, "refused")) throw terminal("LABEL_REFUSED", error.value.reason);
    throw error;
  }
});
