// What shipping says.
import { event } from "evenkeel";
import { z } from "zod";
import { Id } from "../orders/messages.ts";

const byOrder = (data: { readonly orderId: string }): string => data.orderId;

export const LabelBooked = event("label.booked", { key: byOrder, data: z.object({ orderId: Id, label: z.string() }) });
export const LabelFailed = event("label.failed", { key: byOrder, data: z.object({ orderId: Id, reason: z.string() }) });
/** No parcel of this order will leave. */
export const LabelVoided = event("label.voided", { key: byOrder, data: z.object({ orderId: Id }) });
export const Shipped = event("order.shipped", { key: byOrder, data: z.object({ orderId: Id, label: z.string() }) });
