// 8. Keys built from transport message ids let a producer's retry through twice. A message that is published again without a key of its own is
// another message with another id. The shipping orders service looks whether it has this order; here it looks whether it has seen this message.
import { entity, service } from "evenkeel";
import { z } from "zod";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { emits, entities } from "../orders/context.ts";
import { PlaceOrder } from "../orders/messages.ts";
import { orders } from "../orders/orders.ts";
import { placeOrder } from "../orders/placeOrder.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { retried, retriedAsItShips } from "./scopes.ts";

const Seen = entity("seen", { data: z.object({}) });

const changed = service("orders", { entities: { ...entities, seen: Seen }, emits })
  .on(PlaceOrder, async (request, { order, orderLines, prices, message, now, emit, seen }) => {
    if ((await seen.get(message.id)) !== undefined) return;
    seen.put(message.id, {});
    const unlooked = { get: () => Promise.resolve(undefined), put: order.put.bind(order), delete: order.delete.bind(order) };
    await placeOrder(request, { order: unlooked, orderLines, prices, message, now, emit });
  });

export const transportIds: Defect = {
  kind: "8, message ids",
  failure: "Keys built from transport message ids let a producer's retry through twice",
  planted: "orders knows a request again by the id of its message, not by its order",
  broken: marketplaceScenario(retried, { ...shippingServices, orders: planted(orders, changed) }),
  sound: retriedAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 11,
};
