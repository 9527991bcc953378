// The documents of the orders service. It refuses to say what happens to them.
import { entity } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Instant, Line, Listed, Pence, Sku, Units } from "./messages.ts";

const Millis = z.int();
const Fact = z.object({ at: Millis, fact: z.string() });

/** An order's state and everything that happened to it. What was ordered never changes and stands in `order_lines`. */
export const Order = entity("order", {
  data: z.object({
    status: z.enum([
      "refused", "placed", "reserved", "paid", "labelled", "confirmed", "rejected",
      "failing", "compensated", "cancelling", "cancelled", "needs attention",
    ]),
    goal: z.enum(["compensated", "cancelled"]).nullable(),
    waitsFor: z.array(z.enum(["inventory", "payments", "shipping"])),
    customer: Customer,
    orderedAt: Instant,
    pence: Pence,
    /** Why it fails, in words. */
    reason: z.string().nullable(),
    /** When it was published, and when it reached its end: milliseconds since 1970. */
    publishedAt: Millis,
    closedAt: Millis.nullable(),
    history: z.array(Fact),
  }),
});

/** What was ordered, at which price, and how many units came back since. */
export const OrderLines = entity("order_lines", {
  data: z.object({ lines: z.array(z.object({ sku: Sku, quantity: Units, pence: z.int().positive(), returned: z.int().min(0) })) }),
});

/** A page of the price list: what every SKU on it, each once, cost in one month; key `page@month`. No record: one has no field `__proto__`. */
export const PricePage = entity("price_page", { data: z.object({ prices: z.array(Listed) }) });

/** What a customer bought, oldest first. */
export const Purchases = entity("purchases", { data: z.object({ orders: z.array(z.object({ orderId: Id, orderedAt: Instant })) }) });

export const GoodsReturn = entity("goods_return", {
  data: z.object({
    status: z.enum(["refused", "accepted", "completed", "needs attention"]),
    waitsFor: z.array(z.enum(["inventory", "payments"])),
    pence: Pence,
    lines: z.array(Line),
    publishedAt: Millis,
    closedAt: Millis.nullable(),
    history: z.array(Fact),
  }),
});
