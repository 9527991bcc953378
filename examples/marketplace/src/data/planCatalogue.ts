// The first pass over an order file: what the shop must have known before the first order came in. Demand and opening stock per
// SKU, and the price history. Memory grows with SKUs and price changes, not with lines; it refuses to keep any order.
import { planCounter, type PlanCounts } from "./planCounts.ts";
import { invoiceRuns } from "./invoiceRuns.ts";
import { cutIntoMonths, monthOf, type PriceChange } from "./priceMonths.ts";
import { readOrderLines } from "./readOrderLines.ts";

interface SkuPlan {
  /** Units ordered over the invoices read, returns not subtracted. */
  readonly demand: number;
  /** 90 % of the demand, rounded down: some orders are bound to find the shelf empty. */
  readonly initialStock: number;
}

export interface CataloguePlan {
  readonly skus: Map<string, SkuPlan>;
  readonly priceMonths: Map<string, Map<string, PriceChange[]>>;
  readonly counts: PlanCounts;
}

/**
 * Plans the catalogue for an order file.
 *
 * Prices: the catalogue price of a SKU at an instant is the last positive price seen for it on a sale line, valid from the
 * instant of that line's order. So an order sees the price of its own lines (of two prices for one SKU in the same minute, the
 * later in the file), and no accepted order line is ever without a price. Returns do not move prices: they repeat the price
 * of an old sale. A SKU that was never sold has neither stock nor price; its returns are beyond what was sold.
 *
 * Measured on the public data set (541,909 lines, 3,920 SKUs, 227,852 price changes in 44,863 months, Node 20.20, one core):
 * 3.2 s; 30 MB of live heap with the finished plan, and the pass also completes within `--max-old-space-size=40`.
 *
 * @param options.limit plans for the first so many orders and returns, exactly those of `groupInvoices` with that limit
 * @throws OrderFileError when the file cannot be read as a whole
 * @example (await planCatalogue("orders.csv")).skus.get("85123A") // { demand: 37660, initialStock: 33894 }
 */
export async function planCatalogue(path: string, options: { readonly limit?: number } = {}): Promise<CataloguePlan> {
  const demand = new Map<string, number>();
  const prices = new Map<string, PriceChange[]>();
  const counts = planCounter();
  let lastMonth = "";
  for await (const item of invoiceRuns(readOrderLines(path), options)) {
    counts.add(item);
    if (item.kind !== "run") continue;
    const from = item.first.orderedAt;
    if (monthOf(from) > lastMonth) lastMonth = monthOf(from);
    if (!item.sale) continue;
    for (const { sku, quantity, pence } of item.lines) {
      demand.set(sku, (demand.get(sku) ?? 0) + quantity);
      remember(prices, sku, from, pence);
    }
  }
  const skus = new Map<string, SkuPlan>();
  const priceMonths = new Map<string, Map<string, PriceChange[]>>();
  for (const [sku, units] of demand) {
    skus.set(sku, { demand: units, initialStock: Math.floor((units * 9) / 10) });
    priceMonths.set(sku, cutIntoMonths(prices.get(sku) ?? [], lastMonth));
    prices.delete(sku);
  }
  return { skus, priceMonths, counts: counts.total() };
}

/** Remembers a price unless it repeats the last one; within one instant the last price replaces the one before. */
function remember(prices: Map<string, PriceChange[]>, sku: string, from: string, pence: number): void {
  const changes = prices.get(sku);
  if (changes === undefined) {
    prices.set(sku, [{ from, pence }]);
    return;
  }
  const last = changes.at(-1);
  if (last === undefined || from !== last.from) {
    if (last === undefined || from < last.from || pence !== last.pence) changes.push({ from, pence });
  } else if (pence !== last.pence) {
    changes[changes.length - 1] = { from, pence };
  }
}
