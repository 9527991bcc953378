// An order's one charge: how it is asked for, and what follows from each of its ends. Whether it was captured is never guessed: an unknown
// outcome is asked for by key until the provider knows.
import type { DataOf } from "evenkeel";
import type { StockReserved } from "../inventory/messages.ts";
import { card } from "./card.ts";
import type { PaymentsContext } from "./context.ts";
import { PaymentCaptured, PaymentDeclined, PaymentNothingToRefund } from "./messages.ts";
import { requestRefund } from "./requestRefund.ts";

/** @param key under which the provider charges once */
export async function startCharge(reserved: DataOf<typeof StockReserved>, key: string, { payment, call }: PaymentsContext): Promise<void> {
  const { orderId, customer, country, pence, units } = reserved;
  // A cancellation may have come first: then nothing is charged.
  if ((await payment.get(orderId)) !== undefined) return;
  payment.put(orderId, { state: "charging", giveBack: false, customer, country, units, pence });
  call(card.charge, { key, input: { orderId, customer, pence } });
}

interface Charge { readonly call: { readonly input: { readonly orderId: string } } }
interface Refused extends Charge { readonly value: { readonly reason: string } }
interface NotPerformed extends Charge { readonly failure: { readonly message: string } }

export const chargeOutcomes = {
  ok: async ({ call: { input } }: Charge, context: PaymentsContext): Promise<void> => {
    const { payment, emit, call } = context;
    const paid = await payment.get(input.orderId);
    if (paid?.state !== "charging") return;
    const { customer, country, units, pence } = paid;
    payment.put(input.orderId, { ...paid, state: paid.giveBack ? "refunding" : "captured" });
    emit(PaymentCaptured({ orderId: input.orderId, customer, country, units, pence }));
    if (paid.giveBack) requestRefund(call, input.orderId, null, pence);
  },
  declined: ({ call: { input }, value }: Refused, context: PaymentsContext) => notCaptured(input.orderId, value.reason, context),
  refused: ({ call: { input }, value }: Refused, context: PaymentsContext) => notCaptured(input.orderId, value.reason, context),
  notPerformed: ({ call: { input }, failure }: NotPerformed, context: PaymentsContext) => notCaptured(input.orderId, failure.message, context),
  unknown: (_charge: Charge, { reconcile }: { reconcile(): void }): void => { reconcile(); },
};

async function notCaptured(orderId: string, reason: string, { payment, emit }: PaymentsContext): Promise<void> {
  const paid = await payment.get(orderId);
  if (paid?.state !== "charging") return;
  payment.put(orderId, { ...paid, state: "declined" });
  emit(PaymentDeclined({ orderId, reason }));
  if (paid.giveBack) emit(PaymentNothingToRefund({ orderId }));
}
