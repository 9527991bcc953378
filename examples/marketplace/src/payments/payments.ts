// Payments: one charge per order, and its way back. Whether a charge was captured is never guessed: an unknown outcome is asked for
// by key until the provider knows. A cancellation that comes before the charge is settled waits for it.
import { service } from "evenkeel";
import { StockReserved } from "../inventory/messages.ts";
import { OrderCancelling, OrderFailing, ReturnAccepted } from "../orders/messages.ts";
import { card, chargeKey } from "./card.ts";
import { chargeOutcomes, startCharge } from "./charge.ts";
import { emits, entities, ports, type PaymentsContext } from "./context.ts";
import { PaymentNothingToRefund, PaymentRefunded, RefundStuck, RetryRefund, ReturnRefunded } from "./messages.ts";
import { requestRefund } from "./requestRefund.ts";

export const payments = service("payments", { entities, ports, emits })
  .on(StockReserved, (reserved, context) => startCharge(reserved, chargeKey(reserved.orderId), context))
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
  .outcome(card.charge, chargeOutcomes)
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
