// Orders that wait for what is said of their payment, and the application that they run in: on PostgreSQL, with leases short enough to be lost in a test.
import { createApp, event, workflow } from "evenkeel";
import { z } from "zod";

export const Settled = event("payment.settled", { key: (one) => one.payment, data: z.object({ payment: z.string(), turn: z.number() }) });

/** Two turns of one payment, in order. */
export const orders = workflow("orders", { input: z.object({ payment: z.string() }), waitsForByKey: [Settled] }, async ({ payment }, w) => {
  const first = await w.waitFor(Settled, { key: payment });
  const second = await w.waitFor(Settled, { key: payment });
  return [first.turn, second.turn];
});

export function ordersApp(database: string, schema: string) {
  return createApp({
    services: [orders], accepts: [orders.start, Settled], database, schema, log: () => undefined,
    settings: { partitions: 4, spread: "partitions", leaseMs: 800, stopWithinMs: 5_000 },
  });
}
