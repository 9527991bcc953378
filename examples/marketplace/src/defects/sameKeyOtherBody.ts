// 8. The same key with another body returned the first body's result. The platform refuses that at its door and for calls that are under way; the
// provider of this example answers 409. A call whose key has been answered is the provider's business, and the checker's stand-in for one keeps
// to the key alone, as careless providers do. Here payments charges under the customer instead of the order, so that the second order is
// "captured" with the first one's charge.
import { service } from "evenkeel";
import { StockReserved } from "../inventory/messages.ts";
import { marketplaceScenario, shippingServices, type Scope } from "../testing/marketplaceScenario.ts";
import { startCharge } from "../payments/charge.ts";
import { emits, entities, ports } from "../payments/context.ts";
import { payments } from "../payments/payments.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const changed = service("payments", { entities, ports, emits })
  .on(StockReserved, (reserved, context) => startCharge(reserved, `${reserved.customer ?? reserved.orderId}/charge`, context));

/** A customer who bought one lamp orders two more. */
const scope: Scope = {
  customer: "c", before: [{ orderId: "a", lines: [{ sku: "LAMP", quantity: 1 }] }], orders: ["b"], lines: [{ sku: "LAMP", quantity: 2 }], shelves: { LAMP: 3 },
};

export const sameKeyOtherBody: Defect = {
  kind: "8, another body",
  failure: "The same key with another body returned the first body's result",
  planted: "payments charges under the customer's name, not the order's",
  broken: marketplaceScenario(scope, { ...shippingServices, payments: planted(payments, changed) }),
  sound: marketplaceScenario(scope),
  property: "INV-4 confirmed: exactly one charge of the right amount, hold consumed",
  steps: 12,
};
