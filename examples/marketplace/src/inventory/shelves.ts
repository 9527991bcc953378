// What moves between the piles of a shelf: taken for an order, sold, put back. All lines of an order together, in the run of one handler; it
// refuses to know which message asked for it.
import type { EntityAccess } from "evenkeel";
import type { Line } from "../orders/messages.ts";

interface Shelf { readonly initial: number; readonly onHand: number; readonly held: number; readonly sold: number }
type Pile = "onHand" | "held" | "sold";
interface Held { readonly state: "held" | "sold" | "released" | "rejected" }
interface Shelves { readonly stock: EntityAccess<Shelf>; readonly hold: EntityAccess<Held>; readonly holdLines: EntityAccess<{ readonly lines: Line[] }> }

const NOTHING: Shelf = { initial: 0, onHand: 0, held: 0, sold: 0 };

/** Puts back whatever the order has; returns how many units. */
export async function release(orderId: string, { stock, hold, holdLines }: Shelves): Promise<number> {
  const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
  if ((held?.state !== "held" && held?.state !== "sold") || taken === undefined) return 0;
  const units = move(stock, taken.lines, await shelvesOf(stock, taken.lines), held.state, "onHand");
  hold.put(orderId, { state: "released" });
  return units;
}

/** The shelves of all lines, read together. */
export function shelvesOf(stock: EntityAccess<Shelf>, lines: readonly Line[]): Promise<(Shelf | undefined)[]> {
  const reads: Promise<Shelf | undefined>[] = [];
  for (const line of lines) reads.push(stock.get(line.sku));
  return Promise.all(reads);
}

export function missingOf(lines: readonly Line[], shelves: readonly (Shelf | undefined)[]): { sku: string; wanted: number; onHand: number }[] {
  const missing: { sku: string; wanted: number; onHand: number }[] = [];
  for (const [index, { sku, quantity }] of lines.entries()) {
    const onHand = shelves[index]?.onHand ?? 0;
    if (onHand < quantity) missing.push({ sku, wanted: quantity, onHand });
  }
  return missing;
}

/** Moves the units of all lines; returns how many. The schema refuses a count below zero, and with it the whole message. */
export function move(stock: EntityAccess<Shelf>, lines: readonly Line[], shelves: readonly (Shelf | undefined)[], from: Pile, to: Pile): number {
  let units = 0;
  for (const [index, { sku, quantity }] of lines.entries()) {
    const shelf = shelves[index] ?? NOTHING;
    stock.put(sku, { ...shelf, [from]: shelf[from] - quantity, [to]: shelf[to] + quantity });
    units += quantity;
  }
  return units;
}
