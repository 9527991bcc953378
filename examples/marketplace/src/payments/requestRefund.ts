// Asks for money to go back: the whole charge of an order, or one return's part of it. It refuses to say whether it should.
import { card, chargeKey, refundKey } from "./card.ts";
import type { PaymentsContext } from "./context.ts";

export function requestRefund(call: PaymentsContext["call"], orderId: string, returnId: string | null, pence: number): void {
  call(card.refund, { key: refundKey(orderId, returnId), input: { orderId, returnId, chargeKey: chargeKey(orderId), pence } });
}
