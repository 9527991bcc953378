// 2. Nothing ever moved the order out of PENDING. Here: orders does not listen to the answer that would move it, so that everything is held, paid
// and sold, and the order stays placed for ever.
import { StockReserved } from "../inventory/messages.ts";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { orders } from "../orders/orders.ts";
import type { Defect } from "./defect.ts";
import { deafTo } from "./planted.ts";
import { oneOrder, oneOrderAsItShips } from "./scopes.ts";

export const neverMoved: Defect = {
  kind: "2",
  failure: "Nothing ever moved the order out of PENDING",
  planted: "orders has no handler for stock.reserved",
  broken: marketplaceScenario(oneOrder, { ...shippingServices, orders: deafTo(orders, StockReserved.name) }),
  sound: oneOrderAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 7,
};
