// 7. Database row, then event, then process start: three writes with crash windows between them. In the platform documents and messages are one
// commit, so that a handler has no such window (and an engine that had one is found by the checker's own tests of the protocol: "effects and
// progress commit apart"). It can still be made where the platform ends: by a client that makes two requests of one, the row and the event that
// starts the process, and that may die between them. Here orders writes the row, and waits for the same client to tell it to start.
import { optional } from "@evenkeel/checker";
import { command, service, transient } from "evenkeel";
import { z } from "zod";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { emits, entities } from "../orders/context.ts";
import { Id, Line, OrderPlaced, PlaceOrder } from "../orders/messages.ts";
import { orders } from "../orders/orders.ts";
import { placeOrder } from "../orders/placeOrder.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { oneOrder, oneOrderAsItShips } from "./scopes.ts";

const StartOrder = command("start-order", { key: (data) => data.orderId, data: z.object({ orderId: Id, country: z.string(), lines: z.array(Line) }) });

const changed = service("orders", { entities, emits })
  .on(PlaceOrder, (request, { order, orderLines, prices, message, now }) =>
    placeOrder(request, { order, orderLines, prices, message, now, emit: () => undefined }))
  .on(StartOrder, async ({ orderId, country, lines }, { order, emit }) => {
    const row = await order.get(orderId);
    if (row === undefined) throw transient("ORDER_UNKNOWN", `Order ${orderId} was not placed yet.`);
    emit(OrderPlaced({ orderId, customer: row.customer, country, pence: row.pence, lines }));
  });

const started = optional(StartOrder({ orderId: "a", country: "United Kingdom", lines: [{ sku: "LAMP", quantity: 1 }] }));

export const threeWrites: Defect = {
  kind: "7",
  failure: "Row, event and start of the process are written one after the other, and a crash falls in between",
  planted: "orders writes the row and says nothing; the client starts the order in a second request, unless it died",
  broken: marketplaceScenario({ ...oneOrder, more: [started] }, { ...shippingServices, orders: planted(orders, changed) }),
  // Here one request does both.
  sound: oneOrderAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 2,
};
