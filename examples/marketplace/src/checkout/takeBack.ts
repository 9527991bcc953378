// Taking goods back, as a run: the goods go to the shelf and the money to the customer, and the return is completed once both have arrived.
// Nothing of it is ever undone: what does not succeed is tried again, and at last put before a person.
import { workflow } from "evenkeel";
import { GoodsRestocked, RestockGoods } from "../inventory/messages.ts";
import { Accepted, ReturnCompleted } from "../orders/messages.ts";
import { card, chargeKey, refundKey } from "../payments/card.ts";
import { MAX_ATTEMPTS } from "./purchase.ts";

export const takeBack = workflow("takeback", {
  input: Accepted, ports: { card }, emits: [RestockGoods, ReturnCompleted], waitsFor: [GoodsRestocked], maxAttempts: MAX_ATTEMPTS,
}, async ({ returnId, lines, parts }, w) => {
  w.emit(RestockGoods({ returnId, lines }));
  await w.map(parts, { atMost: 4 }, ({ orderId, pence }) =>
    w.retriable(`refund ${orderId}`, card.refund, { orderId, returnId, chargeKey: chargeKey(orderId), pence }, { key: refundKey(orderId, returnId) }));
  await w.waitFor(GoodsRestocked);
  w.emit(ReturnCompleted({ returnId, pence: parts.reduce((sum, part) => sum + part.pence, 0) }));
});
