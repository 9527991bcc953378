// What payments is asked and what it says.
import { command, event } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Pence, Units } from "../orders/messages.ts";

const byOrder = (data: { readonly orderId: string }): string => data.orderId;

/** A person asks for a refund again that was given up: of an order, or of one order's part of a return. */
export const RetryRefund = command("retry-refund", {
  key: (data) => data.returnId ?? data.orderId,
  data: z.object({ orderId: Id, returnId: Id.nullable() }),
});

/** What shipping must know of the order travels with it. */
export const PaymentCaptured = event("payment.captured", {
  key: byOrder,
  data: z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, units: Units }),
});
export const PaymentDeclined = event("payment.declined", { key: byOrder, data: z.object({ orderId: Id, reason: z.string() }) });
export const PaymentRefunded = event("payment.refunded", { key: byOrder, data: z.object({ orderId: Id, pence: Pence }) });
export const PaymentNothingToRefund = event("payment.nothing-to-refund", { key: byOrder, data: z.object({ orderId: Id }) });
export const ReturnRefunded = event("return.refunded", { key: (data) => data.returnId, data: z.object({ returnId: Id, pence: Pence }) });
/** A refund was given up: it waits for a person. */
export const RefundStuck = event("refund.stuck", {
  key: (data) => data.returnId ?? data.orderId,
  data: z.object({ orderId: Id, returnId: Id.nullable(), reason: z.string() }),
});
