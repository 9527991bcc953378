// The desk: the orders service of the orchestrated style. It prices an order and starts its checkout, finds what a return came from and starts
// its run, keeps how each ended, and answers whoever asks too late. What happens in between is the workflows'.
import { service, terminal, type Context, type DataOf } from "evenkeel";
import { entities } from "../orders/context.ts";
import { listPrices } from "../orders/listPrices.ts";
import {
  CancelOrder, CancelRefused, ListPrices, OrderCancelled, OrderCancelling, OrderCompensated, OrderConfirmed, OrderRefused, OrderRejected, PlaceOrder,
  ReturnCompleted, ReturnGoods, ReturnRefused,
} from "../orders/messages.ts";
import { placeOrder } from "../orders/placeOrder.ts";
import { remember } from "../orders/recordFact.ts";
import { returnGoods } from "../orders/returnGoods.ts";
import { checkout } from "./checkout.ts";
import { takeBack } from "./takeBack.ts";

const emits = [OrderRefused, OrderCancelling, CancelRefused, ReturnRefused, checkout.start, takeBack.start] as const;
type DeskContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

export const desk = service("orders", { entities, emits })
  .on(ListPrices, listPrices)
  .on(PlaceOrder, (request, context) => placeOrder(request, context, (placed) => { context.emit(checkout.start({ id: placed.orderId, input: placed })); }))
  .on(CancelOrder, cancelOrder)
  .on(ReturnGoods, (request, context) =>
    returnGoods(request, context, (accepted) => { context.emit(takeBack.start({ id: accepted.returnId, input: accepted })); }))
  .on(OrderConfirmed, async ({ orderId }, context) => {
    const { customer, orderedAt, wasCancelled } = await close(orderId, "confirmed", null, context);
    if (customer !== null) await remember(customer, { orderId, orderedAt }, context);
    if (wasCancelled) context.emit(CancelRefused({ orderId, status: "confirmed" }));
  })
  .on(OrderRejected, async ({ orderId }, context) => {
    const { wasCancelled } = await close(orderId, "rejected", null, context);
    if (wasCancelled) context.emit(CancelRefused({ orderId, status: "rejected" }));
  })
  .on(OrderCompensated, async ({ orderId, reason }, context) => { await close(orderId, "compensated", reason, context); })
  .on(OrderCancelled, async ({ orderId }, context) => { await close(orderId, "cancelled", null, context); })
  .on(ReturnCompleted, async ({ returnId }, { goodsReturn, message, now }) => {
    const before = await goodsReturn.get(returnId);
    if (before === undefined) throw terminal("RETURN_UNKNOWN", `Return ${returnId} does not exist: find out who sent '${message.name}', then skip this dead letter.`);
    const history = [...before.history, { at: now, fact: message.name }];
    goodsReturn.put(returnId, { ...before, status: "completed", waitsFor: [], closedAt: now, history });
  });

/** Has the checkout end the order if it still can; it says whether it could. */
async function cancelOrder({ orderId }: DataOf<typeof CancelOrder>, { order, now, message, emit }: DeskContext): Promise<void> {
  const before = await order.get(orderId);
  if (before?.status !== "placed") {
    emit(CancelRefused({ orderId, status: before?.status ?? "unknown" }));
    return;
  }
  order.put(orderId, { ...before, status: "cancelling", goal: "cancelled", history: [...before.history, { at: now, fact: message.name }] });
  emit(OrderCancelling({ orderId }));
}

type End = "confirmed" | "rejected" | "compensated" | "cancelled";

async function close(orderId: string, status: End, reason: string | null, { order, message, now }: DeskContext) {
  const before = await order.get(orderId);
  if (before === undefined) throw terminal("ORDER_UNKNOWN", `Order ${orderId} does not exist: find out who sent '${message.name}', then skip this dead letter.`);
  order.put(orderId, { ...before, status, reason, closedAt: now, history: [...before.history, { at: now, fact: message.name }] });
  return { customer: before.customer, orderedAt: before.orderedAt, wasCancelled: before.status === "cancelling" };
}
