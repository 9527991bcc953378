// What the orders service is asked and what it says: its commands and events. It refuses to know how either is handled.
import { command, event } from "evenkeel";
import { z } from "zod";
import { pageOf } from "./pageOf.ts";

/** Without a slash: keys at the payment provider are made of several ids. */
export const Id = z.string().min(1).max(60).regex(/^[^/]+$/);
/** Its shelf has it as its key: without what no key may have, U+0000 and half a surrogate pair. */
export const Sku = z.string().min(1).max(60).regex(/^[^\0\p{Cs}]+$/u);
export const Units = z.int().positive();
export const Pence = z.int().min(0);
export const Customer = z.string().min(1).max(100).nullable();
/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it: text order is time order. */
export const Instant = z.string().length(24);
/** Units of one SKU; no SKU comes twice in one order. */
export const Line = z.object({ sku: Sku, quantity: Units });
export type Line = z.infer<typeof Line>;

const byOrder = (data: { readonly orderId: string }): string => data.orderId;
const byReturn = (data: { readonly returnId: string }): string => data.returnId;

/** From this instant the price of one unit. */
const PriceChange = z.object({ from: Instant, pence: z.int().positive() });
/** What one SKU costs in one month, change by change. */
export const Listed = z.object({ sku: Sku, changes: z.array(PriceChange) });
const Month = z.string().length(7);

/** One for all that may change a page, in whichever month, so that of two prices listed for a SKU the one that came later stays. */
const byPage = (sku: string): string => `prices/${pageOf(sku)}`;

/** The catalogue's prices of one SKU, month by month; a month listed again replaces what was listed for it. */
export const ListPrices = command("list-prices", {
  key: (prices) => byPage(prices.sku),
  data: z.object({ sku: Sku, months: z.array(z.object({ month: Month, changes: z.array(PriceChange) })) }),
});
/** The catalogue's prices of many SKUs of one page (`pageOf`) in one month; of others nothing changes. */
export const ListMonth = command("list-month", {
  key: ({ prices: [first] }) => byPage(first?.sku ?? ""),
  data: z.object({
    month: Month,
    prices: z.array(Listed).min(1).refine((prices) => new Set(prices.map(({ sku }) => pageOf(sku))).size === 1, {
      error: "All of them stand on one page of the price list: send one command for each page.",
    }),
  }),
});

export const PlaceOrder = command("place-order", {
  key: byOrder,
  data: z.object({ orderId: Id, customer: Customer, country: z.string().max(100), orderedAt: Instant, lines: z.array(Line).min(1) }),
});
export const CancelOrder = command("cancel-order", { key: byOrder, data: z.object({ orderId: Id }) });
/** Goods that come back. The customer is known, the order is not: it is found among what the customer bought before. */
export const ReturnGoods = command("return-goods", {
  key: byReturn,
  data: z.object({ returnId: Id, customer: Customer, returnedAt: Instant, lines: z.array(Line).min(1) }),
});

/** An order as it was placed, with the price that the catalogue has for it. */
export const Placed = z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, lines: z.array(Line) });

export const OrderPlaced = event("order.placed", { key: byOrder, data: Placed });
/** The order was not accepted: the catalogue has no price for these SKUs at that time. */
export const OrderRefused = event("order.refused", { key: byOrder, data: z.object({ orderId: Id, unpriced: z.array(Sku) }) });
export const OrderFailing = event("order.failing", { key: byOrder, data: z.object({ orderId: Id, reason: z.string() }) });
export const OrderCancelling = event("order.cancelling", { key: byOrder, data: z.object({ orderId: Id }) });
/** Everything is sold and paid, and the parcel may leave: from here on the order cannot be cancelled. */
export const OrderConfirmed = event("order.confirmed", { key: byOrder, data: z.object({ orderId: Id, pence: Pence }) });
export const Missing = z.object({ sku: Sku, wanted: Units, onHand: z.int().min(0) });
export const OrderRejected = event("order.rejected", { key: byOrder, data: z.object({ orderId: Id, missing: z.array(Missing) }) });
export const OrderCompensated = event("order.compensated", { key: byOrder, data: z.object({ orderId: Id, reason: z.string() }) });
export const OrderCancelled = event("order.cancelled", { key: byOrder, data: z.object({ orderId: Id }) });
/** A compensation cannot go on by itself. */
export const OrderNeedsAttention = event("order.needs-attention", { key: byOrder, data: z.object({ orderId: Id, reason: z.string() }) });
/** The order is past the point at which it could be cancelled, or there is none; `status` says which. */
export const CancelRefused = event("cancel.refused", { key: byOrder, data: z.object({ orderId: Id, status: z.string() }) });

/** A return as it was accepted: what comes back, and what each order that it came from gives back for it. */
export const Accepted = z.object({ returnId: Id, lines: z.array(Line), parts: z.array(z.object({ orderId: Id, pence: Units })) });

export const ReturnAccepted = event("return.accepted", { key: byReturn, data: Accepted });
/** More comes back than this customer bought before and did not return yet, or nobody knows who bought it. */
export const ReturnRefused = event("return.refused", {
  key: byReturn,
  data: z.object({ returnId: Id, beyond: z.array(z.object({ sku: Sku, asked: Units, returnable: z.int().min(0) })) }),
});
export const ReturnCompleted = event("return.completed", { key: byReturn, data: z.object({ returnId: Id, pence: Pence }) });
