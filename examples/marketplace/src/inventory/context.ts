// What the handlers of the inventory service may read, write and say.
import { Hold, HoldLines, Restock, Stock } from "./entities.ts";
import { GoodsRestocked, StockRejected, StockReleased, StockReserved, StockSold } from "./messages.ts";

export const entities = { stock: Stock, hold: Hold, holdLines: HoldLines, restock: Restock };
export const emits = [StockReserved, StockRejected, StockSold, StockReleased, GoodsRestocked] as const;
