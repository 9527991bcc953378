// Lists the catalogue's prices: one document per SKU and month, so that an order reads one small document per line.
import type { DataOf } from "evenkeel";
import type { DoorContext } from "./context.ts";
import type { ListPrices } from "./messages.ts";

/** The key of a price document. @example priceKey("85123A", "2011-03-04T10:00:00.000Z") // "85123A@2011-03" */
export const priceKey = (sku: string, at: string): string => `${sku}@${at.slice(0, 7)}`;

export function listPrices({ sku, months }: DataOf<typeof ListPrices>, { price }: DoorContext): void {
  for (const { month, changes } of months) price.put(priceKey(sku, month), { changes });
}
