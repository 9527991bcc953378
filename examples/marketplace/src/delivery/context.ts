// What the parts of a delivery may use and say: one type for all of them.
import { event, type WorkflowContext } from "evenkeel";
import { z } from "zod";
import { Id } from "../orders/messages.ts";
import { bank, catalogue, parcels, reviews, stock, warehouse } from "./ports.ts";

export const Delivered = event("order.delivered", {
  key: (order) => order.orderId,
  data: z.object({ orderId: Id, shipped: z.array(Id), paidBack: z.array(Id) }),
});

export const ports = { catalogue, stock, bank, parcels, warehouse, reviews };
export const emits = [Delivered] as const;
export type DeliveryContext = WorkflowContext<{
  readonly ports: typeof ports; readonly emits: typeof emits; readonly waitsFor: readonly []; readonly statements: readonly []; readonly children: readonly [];
}>;
