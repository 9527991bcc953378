// The desk: the orders service of the orchestrated style. It prices an order and starts its checkout, finds what a return came from and starts
// its run, and says how each ended, once, when its run has ended. What happens in between is the workflows'.
import { service, terminal, type Context, type DataOf } from "evenkeel";
import { entities } from "../orders/context.ts";
import { listPrices } from "../orders/listPrices.ts";
import {
  CancelOrder, CancelRefused, ListPrices, OrderCancelled, OrderCompensated, OrderConfirmed, OrderRefused, OrderRejected, PlaceOrder,
  ReturnCompleted, ReturnGoods, ReturnRefused,
} from "../orders/messages.ts";
import { takeOrder } from "../orders/placeOrder.ts";
import { remember } from "../orders/recordFact.ts";
import { takeReturn } from "../orders/returnGoods.ts";
import { checkout } from "./checkout.ts";
import { takeBack } from "./takeBack.ts";

const emits = [
  OrderRefused, OrderConfirmed, OrderRejected, OrderCompensated, OrderCancelled, CancelRefused, ReturnRefused, ReturnCompleted,
  checkout.start, checkout.cancel, takeBack.start,
] as const;
type DeskContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

export const desk = service("orders", { entities, emits })
  .on(ListPrices, listPrices)
  .on(PlaceOrder, (request, context) => takeOrder(request, context, (placed) => { context.emit(checkout.start({ id: placed.orderId, input: placed })); }))
  .on(CancelOrder, cancelOrder)
  .on(checkout.ended, closeOrder)
  .on(ReturnGoods, (request, context) => takeReturn(request, context, (accepted) => {
    context.emit(takeBack.start({ id: accepted.returnId, input: accepted }));
  }))
  .on(takeBack.ended, async ({ id: returnId }, { goodsReturn, message, now, emit }) => {
    const before = await goodsReturn.get(returnId);
    if (before === undefined) throw unknown("RETURN_UNKNOWN", returnId, message.name);
    goodsReturn.put(returnId, { ...before, status: "completed", waitsFor: [], closedAt: now, history: [...before.history, { at: now, fact: message.name }] });
    emit(ReturnCompleted({ returnId, pence: before.pence }));
  });

/** Has the checkout end the order if it still can: whether it could is known when the run has ended. */
async function cancelOrder({ orderId }: DataOf<typeof CancelOrder>, { order, now, message, emit }: DeskContext): Promise<void> {
  const before = await order.get(orderId);
  if (before?.status !== "placed") {
    emit(CancelRefused({ orderId, status: before?.status ?? "unknown" }));
    return;
  }
  order.put(orderId, { ...before, status: "cancelling", goal: "cancelled", history: [...before.history, { at: now, fact: message.name }] });
  emit(checkout.cancel({ id: orderId, reason: "its customer cancelled the order" }));
}

async function closeOrder({ id: orderId, status: run, result, failure }: DataOf<typeof checkout.ended>, context: DeskContext): Promise<void> {
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
