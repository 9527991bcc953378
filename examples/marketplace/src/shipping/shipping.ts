// Shipping: books a label once the order is paid, voids it when the order is cancelled, and lets the parcel go once the order is
// confirmed. A cancellation that comes before the payment leaves a voided shipment behind, so that no label is booked after it.
import { entity, service } from "evenkeel";
import { z } from "zod";
import { refusalOf } from "../checkout/carrier.ts";
import { OrderCancelling, OrderConfirmed } from "../orders/messages.ts";
import { PaymentCaptured } from "../payments/messages.ts";
import { LabelBooked, LabelFailed, LabelVoided, Shipped } from "./messages.ts";

const Shipment = entity("shipment", {
  data: z.object({ state: z.enum(["booked", "failed", "voided", "shipped"]), label: z.string() }),
});

export const shipping = service("shipping", {
  entities: { shipment: Shipment },
  emits: [LabelBooked, LabelFailed, LabelVoided, Shipped],
})
  .on(PaymentCaptured, async ({ orderId, country, units }, { shipment, emit }) => {
    if ((await shipment.get(orderId)) !== undefined) return;
    const reason = refusalOf(country, units);
    if (reason !== null) {
      shipment.put(orderId, { state: "failed", label: "" });
      emit(LabelFailed({ orderId, reason }));
      return;
    }
    const label = `EK-${orderId}`;
    shipment.put(orderId, { state: "booked", label });
    emit(LabelBooked({ orderId, label }));
  })
  .on(OrderCancelling, async ({ orderId }, { shipment, emit }) => {
    const before = await shipment.get(orderId);
    if (before?.state !== "voided") shipment.put(orderId, { state: "voided", label: before?.label ?? "" });
    emit(LabelVoided({ orderId }));
  })
  .on(OrderConfirmed, async ({ orderId }, { shipment, emit }) => {
    const booked = await shipment.get(orderId);
    if (booked?.state !== "booked") return;
    shipment.put(orderId, { state: "shipped", label: booked.label });
    emit(Shipped({ orderId, label: booked.label }));
  });
