// What the handlers of the payments service may read, write, call and say: one type for all of them.
import { entity, type Context } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Pence } from "../orders/messages.ts";
import { card } from "./card.ts";
import { PaymentCaptured, PaymentDeclined, PaymentNothingToRefund, PaymentRefunded, RefundStuck, ReturnRefunded } from "./messages.ts";

const Payment = entity("payment", {
  data: z.object({
    state: z.enum(["charging", "captured", "declined", "refunding", "refunded", "refund stuck", "not wanted"]),
    /** The order is failing or cancelled: what is captured must go back. */
    giveBack: z.boolean(),
    customer: Customer,
    country: z.string(),
    units: z.int(),
    pence: Pence,
  }),
});
/** The refunds of one return; one part per order from which goods came back. */
const Refund = entity("refund", {
  data: z.object({
    parts: z.array(z.object({ orderId: Id, pence: z.int().positive(), state: z.enum(["refunding", "refunded", "refund stuck"]) })),
  }),
});

export const entities = { payment: Payment, refund: Refund };
export const ports = { card };
export const emits = [PaymentCaptured, PaymentDeclined, PaymentNothingToRefund, PaymentRefunded, RefundStuck, ReturnRefunded] as const;

export type PaymentsContext = Context<typeof entities, typeof ports, typeof emits, readonly []>;
