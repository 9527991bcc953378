// What inventory is asked and what it says.
import { command, event } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Line, Missing, Pence, Sku, Units } from "../orders/messages.ts";

const byOrder = (data: { readonly orderId: string }): string => data.orderId;

/** Puts units of a SKU on the shelf for the first time. */
export const StockShelf = command("stock-shelf", { key: (shelf) => shelf.sku, data: z.object({ sku: Sku, units: z.int().min(0) }) });

/** All lines of the order are held. What payments and shipping must know of the order travels with it. */
export const StockReserved = event("stock.reserved", {
  key: byOrder,
  data: z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, units: Units }),
});
/** Nothing is held: these lines are not there. */
export const StockRejected = event("stock.rejected", { key: byOrder, data: z.object({ orderId: Id, missing: z.array(Missing) }) });
export const StockSold = event("stock.sold", { key: byOrder, data: z.object({ orderId: Id }) });
/** Nothing is held or sold for the order any more; `units` went back to the shelf. */
export const StockReleased = event("stock.released", { key: byOrder, data: z.object({ orderId: Id, units: z.int().min(0) }) });
export const GoodsRestocked = event("goods.restocked", {
  key: (data) => data.returnId,
  data: z.object({ returnId: Id, lines: z.array(Line) }),
});
