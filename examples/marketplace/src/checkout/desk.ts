// The desk: the orders service of the orchestrated style. It prices an order and starts its checkout, finds what a return came from and starts
// its run, and says how each ended, once, when its run has ended. What happens in between is the workflows'.
import { service, terminal, type Context, type DataOf } from "evenkeel";
import { entities } from "../orders/context.ts";
import {
  CancelOrder, CancelRefused, ListMonth, ListPrices, OrderCancelled, OrderCompensated, OrderConfirmed, OrderRefused, OrderRejected, PlaceOrder,
  ReturnCompleted, ReturnGoods, ReturnRefused,
} from "../orders/messages.ts";
import { takeOrder } from "../orders/placeOrder.ts";
import { listMonth, listPrices } from "../orders/priceList.ts";
import { remember } from "../orders/recordFact.ts";
import { takeReturn } from "../orders/returnGoods.ts";
import { checkout as shippedCheckout } from "./checkout.ts";
import { takeBack } from "./takeBack.ts";

const said = [OrderConfirmed, OrderRejected, OrderCompensated, OrderCancelled, CancelRefused] as const;
type Door = Context<typeof entities, Record<never, never>, readonly [typeof CancelRefused], readonly []>;
type Closing = Context<typeof entities, Record<never, never>, typeof said, readonly []>;

/** @param checkout the version that new orders begin with */
export function deskOf(checkout: typeof shippedCheckout) {
  return service("orders", { entities, emits: [...said, OrderRefused, ReturnRefused, ReturnCompleted, checkout.start, checkout.cancel, takeBack.start] })
    .on(ListPrices, listPrices)
    .on(ListMonth, listMonth)
    .on(PlaceOrder, (request, context) => takeOrder(request, context, (placed) => { context.emit(checkout.start({ id: placed.orderId, input: placed })); }))
    .on(CancelOrder, ({ orderId }, context) => cancelOrder(orderId, context, () => {
      context.emit(checkout.cancel({ id: orderId, reason: "its customer cancelled the order" }));
    }))
    .on(checkout.ended, closeOrder)
    .on(ReturnGoods, (request, context) => takeReturn(request, context, (accepted) => {
      context.emit(takeBack.start({ id: accepted.returnId, input: accepted }));
    }))
    .on(takeBack.ended, async ({ id: returnId }, { goodsReturn, message, now, emit }) => {
      const before = await goodsReturn.get(returnId);
      if (before === undefined) throw unknown("RETURN_UNKNOWN", returnId, message.name);
      const history = [...before.history, { at: now, fact: message.name }];
      goodsReturn.put(returnId, { ...before, status: "completed", waitsFor: [], closedAt: now, history });
      emit(ReturnCompleted({ returnId, pence: before.pence }));
    });
}

export const desk = deskOf(shippedCheckout);

/** Has the checkout end the order if it still can: whether it could is known when the run has ended. */
async function cancelOrder(orderId: string, { order, now, message, emit }: Door, cancel: () => void): Promise<void> {
  const before = await order.get(orderId);
  if (before?.status !== "placed") {
    emit(CancelRefused({ orderId, status: before?.status ?? "unknown" }));
    return;
  }
  order.put(orderId, { ...before, status: "cancelling", goal: "cancelled", history: [...before.history, { at: now, fact: message.name }] });
  cancel();
}

async function closeOrder({ id: orderId, status: run, result, failure }: DataOf<typeof shippedCheckout.ended>, context: Closing): Promise<void> {
  const { order, message, now, emit } = context;
  const before = await order.get(orderId);
  if (before === undefined) throw unknown("ORDER_UNKNOWN", orderId, message.name);
  const status = run === "cancelled" ? "cancelled" : result?.outcome ?? "compensated";
  const reason = status === "compensated" ? failure?.message ?? "" : null;
  order.put(orderId, { ...before, status, reason, closedAt: now, history: [...before.history, { at: now, fact: message.name }] });
  if (before.status === "cancelling" && status !== "cancelled") emit(CancelRefused({ orderId, status }));
  if (result?.outcome === "confirmed") {
    if (before.customer !== null) await remember(before.customer, { orderId, orderedAt: before.orderedAt }, context);
    emit(OrderConfirmed({ orderId, pence: result.pence }));
  } else if (result?.outcome === "rejected") emit(OrderRejected({ orderId, missing: result.missing }));
  else emit(status === "cancelled" ? OrderCancelled({ orderId }) : OrderCompensated({ orderId, reason: reason ?? "" }));
}

function unknown(code: "ORDER_UNKNOWN" | "RETURN_UNKNOWN", id: string, name: string): Error {
  return terminal(code, `'${name}' belongs to ${id}, which does not exist: find out who sent it, then skip this dead letter.`);
}
