// 12. Two identical notifications after a producer's retry. Within the marketplace no message is handled twice, and orders says how an order ended
// once. So the producer is somebody else here: it publishes from outside, without a key, and does it again when it hears nothing. The shipping
// notifications service looks whether it told this order of this end; here it does not.
import { scenario } from "@evenkeel/checker";
import { service } from "evenkeel";
import type { shippingServices } from "../testing/marketplaceScenario.ts";
import { CustomerNotified, emits, entities, notifications } from "../notifications/notifications.ts";
import { OrderConfirmed } from "../orders/messages.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const changed = service("notifications", { entities, emits })
  .on(OrderConfirmed, ({ orderId }, { notification, message, emit }) => {
    notification.put(orderId, { outcome: "confirmed", sent: 1, correlationId: message.correlationId, causationId: message.id });
    emit(CustomerNotified({ subject: orderId, outcome: "confirmed" }));
  });

const PROPERTY = "INV-6 never two customer messages";

function ordersElsewhere(notifying: Omit<typeof shippingServices.notifications, "on" | "outcome">) {
  return scenario({
    name: "orders are confirmed elsewhere",
    system: [notifying],
    when: [OrderConfirmed({ orderId: "a", pence: 250 })],
    faults: { duplicates: 1 },
    observe: [CustomerNotified],
    invariants: { [PROPERTY]: (s) => s.observed["customer.notified"].every((one) => one.times === 1) },
    eventually: { "INV-6 one customer message for each end": (s) => s.observed["customer.notified"].length === 1 },
  });
}

export const toldTwice: Defect = {
  kind: "12",
  failure: "Two identical notifications after a producer's retry",
  planted: "notifications does not look whether the customer was told of this end",
  broken: ordersElsewhere(planted(notifications, changed)),
  sound: ordersElsewhere(notifications),
  property: PROPERTY,
  steps: 4,
};
