// Records what happened to an order and says what follows from it. The fact is the message at hand, by its name.
import { terminal, type DataOf } from "evenkeel";
import type { OrdersContext } from "./context.ts";
import {
  OrderCancelled, OrderCancelling, OrderCompensated, OrderConfirmed, OrderFailing, OrderNeedsAttention, OrderRejected,
} from "./messages.ts";
import { advance } from "./orderState.ts";

interface Details {
  readonly reason?: string;
  readonly missing?: DataOf<typeof OrderRejected>["missing"];
}

const NO_DETAILS: Details = {};
type OrderDocument = NonNullable<Awaited<ReturnType<OrdersContext["order"]["get"]>>>;

export async function recordFact(orderId: string, context: OrdersContext, details: Details = NO_DETAILS): Promise<void> {
  const { order, message, now } = context;
  const before = await order.get(orderId);
  if (before === undefined) {
    const advice = "find out who sent it, then skip this dead letter";
    throw terminal("ORDER_UNKNOWN", `'${message.name}' belongs to order ${orderId}, which does not exist: ${advice}.`);
  }
  const { status, goal, waitsFor } = advance(before, message.name);
  const changed = status !== before.status;
  const closed = changed && (status === goal || status === "confirmed" || status === "rejected");
  const after: OrderDocument = {
    ...before, status, goal, waitsFor: [...waitsFor],
    reason: before.reason ?? details.reason ?? null,
    closedAt: closed ? now : before.closedAt,
    history: [...before.history, { at: now, fact: message.name }],
  };
  order.put(orderId, after);
  if (changed) await announce(orderId, after, details, context);
}

export async function announce(orderId: string, order: OrderDocument, details: Details, context: OrdersContext): Promise<void> {
  const { emit } = context;
  const reason = details.reason ?? order.reason ?? "";
  switch (order.status) {
    case "confirmed":
      if (order.customer !== null) await remember(order.customer, { orderId, orderedAt: order.orderedAt }, context);
      emit(OrderConfirmed({ orderId, pence: order.pence }));
      return;
    case "rejected":
      emit(OrderRejected({ orderId, missing: [...(details.missing ?? [])] }));
      return;
    case "failing":
      // Back from "needs attention" it was said before.
      if (order.waitsFor.length === 2) emit(OrderFailing({ orderId, reason }));
      return;
    case "cancelling":
      if (order.waitsFor.length === 3) emit(OrderCancelling({ orderId }));
      return;
    case "compensated":
      emit(OrderCompensated({ orderId, reason }));
      return;
    case "cancelled":
      emit(OrderCancelled({ orderId }));
      return;
    case "needs attention":
      emit(OrderNeedsAttention({ orderId, reason }));
      return;
    default: // on its way forward: the next service goes on by itself
  }
}

/** A later return is looked for among the customer's confirmed orders. */
export async function remember(customer: string, bought: { orderId: string; orderedAt: string }, { purchases }: Pick<OrdersContext, "purchases">): Promise<void> {
  const before = await purchases.get(customer);
  purchases.put(customer, { orders: [...(before?.orders ?? []), bought] });
}
