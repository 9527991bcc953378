// Payments: one charge per order, and its way back. Whether a charge was captured is never guessed: an unknown outcome is asked for
// by key until the provider knows. A cancellation that comes before the charge is settled waits for it.
import { entity, service, type Context } from "evenkeel";
import { z } from "zod";
import { StockReserved } from "../inventory/messages.ts";
import { Customer, Id, OrderCancelling, OrderFailing, Pence, ReturnAccepted } from "../orders/messages.ts";
import { card, chargeKey, refundKey } from "./card.ts";
import {
  PaymentCaptured, PaymentDeclined, PaymentNothingToRefund, PaymentRefunded, RefundStuck, RetryRefund, ReturnRefunded,
} from "./messages.ts";

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

const entities = { payment: Payment, refund: Refund };
const ports = { card };
const emits = [PaymentCaptured, PaymentDeclined, PaymentNothingToRefund, PaymentRefunded, RefundStuck, ReturnRefunded] as const;
type PaymentsContext = Context<typeof entities, typeof ports, typeof emits, readonly []>;

export const payments = service("payments", { entities, ports, emits })
  .on(StockReserved, async ({ orderId, customer, country, pence, units }, { payment, call }) => {
    // A cancellation may have come first: then nothing is charged.
    if ((await payment.get(orderId)) !== undefined) return;
    payment.put(orderId, { state: "charging", giveBack: false, customer, country, units, pence });
    call(card.charge, { key: chargeKey(orderId), input: { orderId, customer, pence } });
  })
  .on(OrderFailing, ({ orderId }, context) => giveBack(orderId, context))
  .on(OrderCancelling, ({ orderId }, context) => giveBack(orderId, context))
  .on(ReturnAccepted, async ({ returnId, parts }, { refund, call }) => {
    if ((await refund.get(returnId)) !== undefined) return;
    refund.put(returnId, { parts: parts.map(({ orderId, pence }) => ({ orderId, pence, state: "refunding" })) });
    for (const { orderId, pence } of parts) requestRefund(call, orderId, returnId, pence);
  })
  .on(RetryRefund, async ({ orderId, returnId }, { payment, refund, call }) => {
    if (returnId === null) {
      const paid = await payment.get(orderId);
      if (paid?.state !== "refund stuck") return;
      payment.put(orderId, { ...paid, state: "refunding" });
      requestRefund(call, orderId, null, paid.pence);
      return;
    }
    const document = await refund.get(returnId);
    const part = document?.parts.find((one) => one.orderId === orderId && one.state === "refund stuck");
    if (document === undefined || part === undefined) return;
    refund.put(returnId, { parts: document.parts.map((one) => (one === part ? { ...one, state: "refunding" } : one)) });
    requestRefund(call, orderId, returnId, part.pence);
  })
  .outcome(card.charge, {
    ok: async ({ call: { input } }, context) => {
      const { payment, emit, call } = context;
      const paid = await payment.get(input.orderId);
      if (paid?.state !== "charging") return;
      const { customer, country, units, pence } = paid;
      payment.put(input.orderId, { ...paid, state: paid.giveBack ? "refunding" : "captured" });
      emit(PaymentCaptured({ orderId: input.orderId, customer, country, units, pence }));
      if (paid.giveBack) requestRefund(call, input.orderId, null, pence);
    },
    declined: ({ call: { input }, value }, context) => notCaptured(input.orderId, value.reason, context),
    refused: ({ call: { input }, value }, context) => notCaptured(input.orderId, value.reason, context),
    notPerformed: ({ call: { input }, failure }, context) => notCaptured(input.orderId, failure.message, context),
    unknown: (_call, { reconcile }) => { reconcile(); },
  })
  .outcome(card.refund, {
    ok: async ({ call: { input } }, { payment, refund, emit }) => {
      const { orderId, returnId, pence } = input;
      if (returnId === null) {
        const paid = await payment.get(orderId);
        if (paid === undefined || paid.state === "refunded") return;
        payment.put(orderId, { ...paid, state: "refunded" });
        emit(PaymentRefunded({ orderId, pence }));
        return;
      }
      const before = await refund.get(returnId);
      if (before === undefined) return;
      const parts = before.parts.map((one) => (one.orderId === orderId ? { ...one, state: "refunded" as const } : one));
      refund.put(returnId, { parts });
      if (parts.some((one) => one.state !== "refunded")) return;
      emit(ReturnRefunded({ returnId, pence: parts.reduce((sum, one) => sum + one.pence, 0) }));
    },
    refused: ({ call: { input }, value }, context) => stuck(input, value.reason, context),
    notPerformed: ({ call: { input }, failure }, context) => stuck(input, failure.message, context),
    unknown: (_call, { reconcile }) => { reconcile(); },
  });

interface RefundOf { readonly orderId: string; readonly returnId: string | null }

function requestRefund(call: PaymentsContext["call"], orderId: string, returnId: string | null, pence: number): void {
  call(card.refund, { key: refundKey(orderId, returnId), input: { orderId, returnId, chargeKey: chargeKey(orderId), pence } });
}

/** The order is failing or cancelled: gives back what was captured, now or as soon as that is known. */
async function giveBack(orderId: string, { payment, emit, call }: PaymentsContext): Promise<void> {
  const paid = await payment.get(orderId);
  if (paid === undefined) {
    payment.put(orderId, { state: "not wanted", giveBack: true, customer: null, country: "", units: 0, pence: 0 });
    emit(PaymentNothingToRefund({ orderId }));
  } else if (paid.state === "charging") {
    payment.put(orderId, { ...paid, giveBack: true });
  } else if (paid.state === "captured") {
    payment.put(orderId, { ...paid, state: "refunding", giveBack: true });
    requestRefund(call, orderId, null, paid.pence);
  } else if (paid.state === "declined") {
    emit(PaymentNothingToRefund({ orderId }));
  }
}

async function notCaptured(orderId: string, reason: string, { payment, emit }: PaymentsContext): Promise<void> {
  const paid = await payment.get(orderId);
  if (paid?.state !== "charging") return;
  payment.put(orderId, { ...paid, state: "declined" });
  emit(PaymentDeclined({ orderId, reason }));
  if (paid.giveBack) emit(PaymentNothingToRefund({ orderId }));
}

/** The refund was given up: it is visible, here and in the order or return, until a person asks for it again. */
async function stuck(of: RefundOf, reason: string, { payment, refund, emit }: PaymentsContext): Promise<void> {
  const { orderId, returnId } = of;
  if (returnId === null) {
    const paid = await payment.get(orderId);
    if (paid !== undefined) payment.put(orderId, { ...paid, state: "refund stuck" });
  } else {
    const document = await refund.get(returnId);
    if (document !== undefined) {
      refund.put(returnId, { parts: document.parts.map((one) => (one.orderId === orderId ? { ...one, state: "refund stuck" } : one)) });
    }
  }
  emit(RefundStuck({ orderId, returnId, reason }));
}
