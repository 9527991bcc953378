// What inventory does to its shelves, whoever asks for it: holds stock for an order, sells it, puts it back. All lines of an order move together
// or not at all, in one handler run and so in one commit, and the hold's state says what was done already: nothing is held, sold or put back
// twice. It refuses to know what moved somebody to ask.
import { terminal, type Context, type DataOf } from "evenkeel";
import type { Line, OrderPlaced } from "../orders/messages.ts";
import type { emits, entities } from "./context.ts";
import { GoodsRestocked, StockRejected, StockReleased, StockReserved, StockSold, type StockShelf } from "./messages.ts";
import { missingOf, putBack, release, shelvesOf, take } from "./shelves.ts";

type InventoryContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

export async function shelve({ sku, units }: DataOf<typeof StockShelf>, { stock }: InventoryContext): Promise<void> {
  if ((await stock.get(sku)) !== undefined) throw terminal("SHELF_TAKEN", `SKU ${sku} is on the shelf already: skip this dead letter.`);
  stock.put(sku, { initial: units, onHand: units });
}

export async function reserve(order: DataOf<typeof OrderPlaced>, context: InventoryContext): Promise<void> {
  const { stock, hold, holdLines, emit } = context;
  const { orderId, lines } = order;
  const [before, shelves] = await Promise.all([hold.get(orderId), shelvesOf(stock, lines)]);
  if (before !== undefined) return;
  const missing = missingOf(lines, shelves);
  if (missing.length > 0) {
    hold.put(orderId, { state: "rejected" });
    emit(StockRejected({ orderId, missing }));
    return;
  }
  const units = take(stock, lines, shelves);
  hold.put(orderId, { state: "held" });
  holdLines.put(orderId, { lines });
  emit(StockReserved({ orderId, customer: order.customer, country: order.country, pence: order.pence, units }));
}

/** What is held is sold: it left the shelves when it was held. */
export async function sell(orderId: string, { hold, emit }: InventoryContext): Promise<void> {
  const held = await hold.get(orderId);
  // The order may have been cancelled while its label was booked: then nothing is held any more.
  if (held?.state !== "held") return;
  hold.put(orderId, { state: "sold" });
  emit(StockSold({ orderId }));
}

/** Puts back whatever the order has, and says how many units that were. */
export async function giveBack(orderId: string, context: InventoryContext): Promise<void> {
  context.emit(StockReleased({ orderId, units: await release(orderId, context) }));
}

export async function restock(returnId: string, lines: Line[], { stock, restock, emit }: InventoryContext): Promise<void> {
  if ((await restock.get(returnId)) !== undefined) return;
  putBack(stock, lines, await shelvesOf(stock, lines));
  restock.put(returnId, { lines });
  emit(GoodsRestocked({ returnId, lines }));
}
