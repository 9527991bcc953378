// The first screen of the README: one event, one service, one entity.
import { createApp, entity, event, service } from "evenkeel";
import { z } from "zod";

const OrderPlaced = event("order.placed", {
  key: (order) => order.orderId,
  data: z.object({ orderId: z.string(), pence: z.number().int() }),
});

const Revenue = entity("revenue", { data: z.object({ orders: z.number().int(), pence: z.number().int() }) });

const accounting = service("accounting", { entities: { revenue: Revenue } })
  .on(OrderPlaced, async (order, { revenue }) => {
    const soFar = (await revenue.get("total")) ?? { orders: 0, pence: 0 };
    revenue.put("total", { orders: soFar.orders + 1, pence: soFar.pence + order.pence });
  });

const app = await createApp({ services: [accounting], accepts: [OrderPlaced] });
await app.start();

const order = OrderPlaced({ orderId: "o-1", pence: 1250 });
const first = await app.publish(order, { idempotencyKey: "o-1" });
const again = await app.publish(order, { idempotencyKey: "o-1" }); // a retry: the same message

await app.handled(again, { by: accounting });
console.log("the same message:", first.id === again.id);
console.log("revenue:", await app.read(Revenue, "total"));
await app.stop();
