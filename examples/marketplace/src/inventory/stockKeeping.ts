// What inventory does to its shelves, whoever asks for it: holds stock for an order, sells it, puts it back. All lines of an order move together
// or not at all, in one handler run and so in one commit, and the hold's state says what was done already: nothing is held, sold or put back
// twice. It refuses to know what moved somebody to ask.
import { terminal, type Context, type DataOf, type EntityAccess } from "evenkeel";
import type { Line, OrderPlaced } from "../orders/messages.ts";
import { Hold, HoldLines, Restock, Stock } from "./entities.ts";
import { GoodsRestocked, StockRejected, StockReleased, StockReserved, StockSold, type StockShelf } from "./messages.ts";

interface Shelf { readonly initial: number; readonly onHand: number; readonly held: number; readonly sold: number }
type Pile = "onHand" | "held" | "sold";

const NOTHING: Shelf = { initial: 0, onHand: 0, held: 0, sold: 0 };

export const entities = { stock: Stock, hold: Hold, holdLines: HoldLines, restock: Restock };
export const emits = [StockReserved, StockRejected, StockSold, StockReleased, GoodsRestocked] as const;
type InventoryContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

export async function shelve({ sku, units }: DataOf<typeof StockShelf>, { stock }: InventoryContext): Promise<void> {
  if ((await stock.get(sku)) !== undefined) throw terminal("SHELF_TAKEN", `SKU ${sku} is on the shelf already: skip this dead letter.`);
  stock.put(sku, { initial: units, onHand: units, held: 0, sold: 0 });
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
  const units = move(stock, lines, shelves, "onHand", "held");
  hold.put(orderId, { state: "held" });
  holdLines.put(orderId, { lines });
  emit(StockReserved({ orderId, customer: order.customer, country: order.country, pence: order.pence, units }));
}

export async function sell(orderId: string, { stock, hold, holdLines, emit }: InventoryContext): Promise<void> {
  const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
  // The order may have been cancelled while its label was booked: then nothing is held any more.
  if (held?.state !== "held" || taken === undefined) return;
  move(stock, taken.lines, await shelvesOf(stock, taken.lines), "held", "sold");
  hold.put(orderId, { state: "sold" });
  emit(StockSold({ orderId }));
}

/** Puts back whatever the order has, and says how many units that were. */
export async function release(orderId: string, { stock, hold, holdLines, emit }: InventoryContext): Promise<void> {
  const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
  if ((held?.state !== "held" && held?.state !== "sold") || taken === undefined) {
    emit(StockReleased({ orderId, units: 0 }));
    return;
  }
  const units = move(stock, taken.lines, await shelvesOf(stock, taken.lines), held.state, "onHand");
  hold.put(orderId, { state: "released" });
  emit(StockReleased({ orderId, units }));
}

export async function restock(returnId: string, lines: Line[], { stock, restock, emit }: InventoryContext): Promise<void> {
  if ((await restock.get(returnId)) !== undefined) return;
  move(stock, lines, await shelvesOf(stock, lines), "sold", "onHand");
  restock.put(returnId, { lines });
  emit(GoodsRestocked({ returnId, lines }));
}

/** The shelves of all lines, read together. */
function shelvesOf(stock: EntityAccess<Shelf>, lines: readonly Line[]): Promise<(Shelf | undefined)[]> {
  const reads: Promise<Shelf | undefined>[] = [];
  for (const line of lines) reads.push(stock.get(line.sku));
  return Promise.all(reads);
}

function missingOf(lines: readonly Line[], shelves: readonly (Shelf | undefined)[]): { sku: string; wanted: number; onHand: number }[] {
  const missing: { sku: string; wanted: number; onHand: number }[] = [];
  for (const [index, { sku, quantity }] of lines.entries()) {
    const onHand = shelves[index]?.onHand ?? 0;
    if (onHand < quantity) missing.push({ sku, wanted: quantity, onHand });
  }
  return missing;
}

/** Moves the units of all lines; returns how many. The schema refuses a count below zero, and with it the whole message. */
function move(stock: EntityAccess<Shelf>, lines: readonly Line[], shelves: readonly (Shelf | undefined)[], from: Pile, to: Pile): number {
  let units = 0;
  for (const [index, { sku, quantity }] of lines.entries()) {
    const shelf = shelves[index] ?? NOTHING;
    stock.put(sku, { ...shelf, [from]: shelf[from] - quantity, [to]: shelf[to] + quantity });
    units += quantity;
  }
  return units;
}
