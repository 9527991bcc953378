// The price list: a document for each page and month, so that the many lines of an order read few documents, and a price that changes rewrites
// only what stands beside it. It refuses to know what is done with a price.
import type { DataOf } from "evenkeel";
import { priceInMonth, type PriceChange } from "../data/priceMonths.ts";
import type { DoorContext } from "./context.ts";
import type { ListMonth, ListPrices } from "./messages.ts";

type Prices = Pick<DoorContext, "prices">;

/** SKUs whose codes begin alike stand on one page. */
const pageOf = (sku: string): string => sku.slice(0, 3);

/** The key of the page on which a SKU's prices stand. @example pageKey("85123A", "2011-03-04T10:00:00.000Z") // "851@2011-03" */
export const pageKey = (sku: string, at: string): string => `${pageOf(sku)}@${at.slice(0, 7)}`;

export async function listPrices({ sku, months }: DataOf<typeof ListPrices>, context: Prices): Promise<void> {
  await Promise.all(months.map(({ month, changes }) => list(month, [{ sku, changes }], context)));
}

export function listMonth({ month, prices }: DataOf<typeof ListMonth>, context: Prices): Promise<void> {
  return list(month, prices, context);
}

/** What is listed takes the place of what was listed for the same SKU in that month. */
async function list(month: string, listed: readonly { sku: string; changes: PriceChange[] }[], { prices }: Prices): Promise<void> {
  const pages = new Map<string, Record<string, PriceChange[]>>();
  for (const { sku, changes } of listed) {
    const key = pageKey(sku, month);
    const page = pages.get(key) ?? {};
    page[sku] = changes;
    pages.set(key, page);
  }
  await Promise.all([...pages].map(async ([key, changed]) => {
    const before = await prices.get(key);
    prices.put(key, { prices: { ...before?.prices, ...changed } });
  }));
}

/** Reads the pages that these SKUs need, together; returns the price of each at that time, null where there is none. */
export async function pricesAt(at: string, skus: Iterable<string>, { prices }: Prices): Promise<(sku: string) => number | null> {
  const pages = new Map<string, Awaited<ReturnType<Prices["prices"]["get"]>>>();
  for (const sku of skus) pages.set(pageOf(sku), undefined);
  await Promise.all([...pages.keys()].map(async (page) => { pages.set(page, await prices.get(pageKey(page, at))); }));
  return (sku) => {
    const page = pages.get(pageOf(sku))?.prices;
    return page !== undefined && Object.hasOwn(page, sku) ? priceInMonth(page[sku] ?? [], at) : null;
  };
}
