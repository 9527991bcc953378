// Notifications: one message to the customer per terminal outcome of an order or a return. The document per order is the guard: a
// second message about the same order would have to change it, and the audit would see that.
import { entity, event, service, type Context } from "evenkeel";
import { z } from "zod";
import {
  Id, OrderCancelled, OrderCompensated, OrderConfirmed, OrderRefused, OrderRejected, ReturnCompleted, ReturnRefused,
} from "../orders/messages.ts";

export const CustomerNotified = event("customer.notified", { key: (data) => data.subject, data: z.object({ subject: Id, outcome: z.string() }) });

/** Key: the order or return it is about. */
const Notification = entity("notification", {
  data: z.object({ outcome: z.string(), sent: z.int().positive(), correlationId: z.string(), causationId: z.string() }),
});

export const entities = { notification: Notification };
export const emits = [CustomerNotified] as const;
type NotificationsContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

export const notifications = service("notifications", { entities, emits })
  .on(OrderConfirmed, ({ orderId }, context) => notify(orderId, "confirmed", context))
  .on(OrderRejected, ({ orderId }, context) => notify(orderId, "rejected", context))
  .on(OrderCompensated, ({ orderId }, context) => notify(orderId, "compensated", context))
  .on(OrderCancelled, ({ orderId }, context) => notify(orderId, "cancelled", context))
  .on(OrderRefused, ({ orderId }, context) => notify(orderId, "refused", context))
  .on(ReturnCompleted, ({ returnId }, context) => notify(returnId, "return completed", context))
  .on(ReturnRefused, ({ returnId }, context) => notify(returnId, "return refused", context));

export async function notify(subject: string, outcome: string, { notification, message, emit }: NotificationsContext): Promise<void> {
  const before = await notification.get(subject);
  if (before?.outcome === outcome) return;
  notification.put(subject, { outcome, sent: (before?.sent ?? 0) + 1, correlationId: message.correlationId, causationId: message.id });
  emit(CustomerNotified({ subject, outcome }));
}
