// Taking goods back, as a run: the goods go to the shelf and the money to the customer, and the return is completed once both have arrived.
// Nothing of it is ever undone: what does not succeed is tried again, and at last put before a person.
import { workflow } from "evenkeel";
import { GoodsRestocked, RestockGoods } from "../inventory/messages.ts";
import { Accepted } from "../orders/messages.ts";
import { card, chargeKey, refundKey } from "../payments/card.ts";
import { MAX_ATTEMPTS } from "./checkout.ts";

export const takeBack = workflow("takeback", {
  input: Accepted, ports: { card }, emits: [RestockGoods], waitsFor: [GoodsRestocked], announces: true, maxAttempts: MAX_ATTEMPTS,
}, async ({ returnId, lines, parts }, w) => {
  await w.ask(RestockGoods({ returnId, lines }), { answers: [GoodsRestocked] });
  await w.map(parts, { atMost: 4 }, ({ orderId, pence }) =>
    w.retriable(`refund ${orderId}`, card.refund, { orderId, returnId, chargeKey: chargeKey(orderId), pence }, { key: refundKey(orderId, returnId) }));
});
