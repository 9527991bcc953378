// The order workflow as a user of Evenkeel writes it, with the port whose operations are its steps.
import { z } from "zod";
import { port, workflow } from "evenkeel";

const Order = z.object({ id: z.string(), pence: z.number() });
const operation = { input: Order, ok: z.object({}), concurrency: 500, reconcile: "repeat" } as const;
export const shop = port("shop", { reserve: operation, release: operation, charge: operation, refund: operation, book: operation });

// definition begins
export const checkout = workflow("checkout", { input: Order, ports: { shop } }, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  await w.step("charge", shop.charge, order, { undo: shop.refund });
  await w.pivot("book", shop.book, order);
});
// definition ends
