// The checkout: the whole way of a placed order, told in one place. It commands inventory and has the purchase done, waits for their answers,
// and says how the order ended once everything is in: sold and paid, or given back.
//
// The purchase is a run of its own because it is what can be undone: when it has ended, its refund has been made.
import { isEvenkeelError, workflow } from "evenkeel";
import { ReleaseStock, ReserveStock, SellStock, StockRejected, StockReleased, StockReserved, StockSold } from "../inventory/messages.ts";
import { OrderCancelled, OrderCancelling, OrderCompensated, OrderConfirmed, OrderRejected, Placed } from "../orders/messages.ts";
import { Shipped } from "../shipping/messages.ts";
import { purchase } from "./purchase.ts";

export const checkout = workflow("checkout", {
  input: Placed,
  emits: [ReserveStock, SellStock, ReleaseStock, purchase.cancel, OrderConfirmed, OrderRejected, OrderCompensated, OrderCancelled, Shipped],
  waitsFor: [StockReserved, StockRejected, StockSold, StockReleased, OrderCancelling],
  children: [purchase],
}, async (order, w) => {
  const { orderId, customer, country, pence } = order;
  w.emit(ReserveStock(order));
  const stock = await Promise.race([w.waitFor(StockReserved), w.waitFor(StockRejected)]);
  if ("missing" in stock) {
    w.emit(OrderRejected({ orderId, missing: stock.missing }));
    return "rejected";
  }
  const bought = w.child("purchase", purchase, { id: orderId, input: { orderId, customer, country, pence, units: stock.units } });
  // At any moment. A purchase that is past its handing over, or has ended, is told nothing.
  void w.waitFor(OrderCancelling).then(() => { w.emit(purchase.cancel({ id: orderId, reason: "its customer cancelled the order" })); });
  try {
    const { label } = await bought;
    w.emit(SellStock({ orderId }));
    await w.waitFor(StockSold);
    w.emit(OrderConfirmed({ orderId, pence }));
    w.emit(Shipped({ orderId, label }));
    return "confirmed";
  } catch (error) {
    const { isCancelled, reason } = endOf(error);
    w.emit(ReleaseStock({ orderId }));
    await w.waitFor(StockReleased);
    w.emit(isCancelled ? OrderCancelled({ orderId }) : OrderCompensated({ orderId, reason }));
    return isCancelled ? "cancelled" : "compensated";
  }
});

/** How the purchase ended, or throws what was no end of it. */
function endOf(error: unknown): { readonly isCancelled: boolean; readonly reason: string } {
  if (!isEvenkeelError(error) || error.code !== "CHILD_FAILED") throw error;
  const { status, failure } = error.details as { readonly status: string; readonly failure: { readonly message: string } };
  return { isCancelled: status === "cancelled", reason: failure.message };
}
