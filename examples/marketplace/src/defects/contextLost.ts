// 1. A failed step's error replaced the saga's context, so that the compensation could not run. Here: when the label cannot be booked, orders
// writes what failed over what it knew of the order: how it is to end and who has to answer first. Nobody is asked to give anything back.
import { service } from "evenkeel";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { emits, entities } from "../orders/context.ts";
import { orders } from "../orders/orders.ts";
import { announce } from "../orders/recordFact.ts";
import { LabelFailed } from "../shipping/messages.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { oneOrder, oneOrderAsItShips } from "./scopes.ts";

const changed = service("orders", { entities, emits })
  .on(LabelFailed, async ({ orderId, reason }, context) => {
    const before = await context.order.get(orderId);
    if (before?.status !== "paid") return;
    const history = [...before.history, { at: context.now, fact: LabelFailed.name }];
    const after = { ...before, status: "failing" as const, goal: null, waitsFor: [], reason, history };
    context.order.put(orderId, after);
    await announce(orderId, after, { reason }, context);
  });

export const contextLost: Defect = {
  kind: "1",
  failure: "A failed step's error replaced the saga's context",
  planted: "orders writes the error of a label over whom it waits for and how it is to end",
  broken: marketplaceScenario(oneOrder, { ...shippingServices, orders: planted(orders, changed) }),
  sound: oneOrderAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 10,
};
