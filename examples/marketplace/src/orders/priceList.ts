// The price list: a document for each page and month, so that the many lines of an order read few documents, and a price that changes rewrites
// only what stands beside it. It refuses to know what is done with a price.
import type { DataOf } from "evenkeel";
import { priceInMonth, type PriceChange } from "../data/priceMonths.ts";
import type { DoorContext } from "./context.ts";
import type { ListMonth, ListPrices } from "./messages.ts";
import { pageKey } from "./pageOf.ts";

type Prices = Pick<DoorContext, "prices">;

export async function listPrices({ sku, months }: DataOf<typeof ListPrices>, context: Prices): Promise<void> {
  // Of a month that is named twice the last counts, as of a SKU below.
  const byMonth = new Map(months.map(({ month, changes }) => [month, changes]));
  await Promise.all([...byMonth].map(([month, changes]) => list(month, [{ sku, changes }], context)));
}

export function listMonth({ month, prices }: DataOf<typeof ListMonth>, context: Prices): Promise<void> {
  return list(month, prices, context);
}

/** What is listed takes the place of what was listed for the same SKU in that month. All of it stands on one page: both commands see to that. */
async function list(month: string, listed: readonly { sku: string; changes: PriceChange[] }[], { prices }: Prices): Promise<void> {
  const [first] = listed;
  if (first === undefined) return;
  const key = pageKey(first.sku, month);
  const before = await prices.get(key);
  const page = new Map([...before?.prices ?? [], ...listed].map(({ sku, changes }) => [sku, changes]));
  prices.put(key, { prices: [...page].map(([sku, changes]) => ({ sku, changes })) });
}

/** Reads the pages that these SKUs need, together; returns the price of each at that time, null where there is none. */
export async function pricesAt(at: string, skus: Iterable<string>, { prices }: Prices): Promise<(sku: string) => number | null> {
  const keys = new Set<string>();
  for (const sku of skus) keys.add(pageKey(sku, at));
  const pages = new Map(await Promise.all([...keys].map(async (key) => [key, await prices.get(key)] as const)));
  return (sku) => {
    const listed = pages.get(pageKey(sku, at))?.prices.find((one) => one.sku === sku);
    return listed === undefined ? null : priceInMonth(listed.changes, at);
  };
}
