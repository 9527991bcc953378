// What is taken from the shelves and put back: for an order that is held, released, returned. All lines of an order together, in the run of one
// handler; it refuses to know which message asked for it.
import type { EntityAccess } from "evenkeel";
import type { Line } from "../orders/messages.ts";

interface Shelf { readonly initial: number; readonly onHand: number }
interface Held { readonly state: "held" | "sold" | "released" | "rejected" }
interface Shelves { readonly stock: EntityAccess<Shelf>; readonly hold: EntityAccess<Held>; readonly holdLines: EntityAccess<{ readonly lines: Line[] }> }

const NOTHING: Shelf = { initial: 0, onHand: 0 };

/** Puts back whatever the order has; returns how many units. */
export async function release(orderId: string, { stock, hold, holdLines }: Shelves): Promise<number> {
  const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
  if ((held?.state !== "held" && held?.state !== "sold") || taken === undefined) return 0;
  const units = putBack(stock, taken.lines, await shelvesOf(stock, taken.lines));
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

/** Takes the units of all lines; returns how many. The schema refuses a count below zero, and with it the whole message. */
export function take(stock: EntityAccess<Shelf>, lines: readonly Line[], shelves: readonly (Shelf | undefined)[]): number {
  return move(stock, lines, shelves, -1);
}

/** Puts the units of all lines back; returns how many. */
export function putBack(stock: EntityAccess<Shelf>, lines: readonly Line[], shelves: readonly (Shelf | undefined)[]): number {
  return move(stock, lines, shelves, 1);
}

function move(stock: EntityAccess<Shelf>, lines: readonly Line[], shelves: readonly (Shelf | undefined)[], sign: 1 | -1): number {
  let units = 0;
  for (const [index, { sku, quantity }] of lines.entries()) {
    const { initial, onHand } = shelves[index] ?? NOTHING;
    stock.put(sku, { initial, onHand: onHand + sign * quantity });
    units += quantity;
  }
  return units;
}
