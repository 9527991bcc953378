// What inventory is asked and what it says.
import { command, event } from "evenkeel";
import { z } from "zod";
import { Customer, Id, Line, Missing, Pence, Placed, Sku, Units } from "../orders/messages.ts";

const byOrder = (data: { readonly orderId: string }): string => data.orderId;

/** Puts units of a SKU on the shelf for the first time. */
export const StockShelf = command("stock-shelf", { key: (shelf) => shelf.sku, data: z.object({ sku: Sku, units: z.int().min(0) }) });

/** Asks for all lines of an order, or nothing. */
export const ReserveStock = command("reserve-stock", { key: byOrder, data: Placed });
/** What is held for the order is sold. */
export const SellStock = command("sell-stock", { key: byOrder, data: z.object({ orderId: Id }) });
/** Whatever the order has goes back. */
export const ReleaseStock = command("release-stock", { key: byOrder, data: z.object({ orderId: Id }) });
/** What came back is put on the shelf again. */
export const RestockGoods = command("restock-goods", {
  key: (data) => data.returnId,
  data: z.object({ returnId: Id, lines: z.array(Line) }),
});

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
