// Draws the returns of the sample out of its earlier sales. It keeps what can still be returned; it refuses to invent a customer.
import { RETURNED_QUANTITIES, RETURN_BEYOND_SALES_SHARE, ROWS_PER_RETURN, quantileAt } from "./sampleShape.ts";
import type { SeededRandom } from "./seededRandom.ts";

export interface SampleSale {
  /** Empty where the order has no customer. */
  readonly customer: string;
  readonly country: string;
  readonly rows: readonly { readonly sku: string; readonly quantity: number; readonly pence: number }[];
}

interface SampleReturnRow {
  readonly sku: string;
  readonly quantity: number;
  readonly pence: number;
  readonly customer: string;
  readonly country: string;
}

export function sampleReturns(random: SeededRandom): { remember(sale: SampleSale): void; draw(): SampleReturnRow[] } {
  const sales: SampleSale[] = [];
  const left = new Map<string, number>(); // units per SKU sold and not returned yet
  return {
    remember(sale) {
      sales.push(sale);
      for (const { sku, quantity } of sale.rows) left.set(sku, (left.get(sku) ?? 0) + quantity);
    },
    draw() {
      const sale = sales[random.below(sales.length)];
      if (sale === undefined) throw new RangeError("The sample has a return before its first sale.");
      const wanted = Math.round(quantileAt(ROWS_PER_RETURN, random.next()));
      const rows = random.shuffle([...new Map(sale.rows.map((row) => [row.sku, row])).values()]).slice(0, wanted);
      return rows.map(({ sku, quantity, pence }) => {
        const remaining = left.get(sku) ?? 0;
        const drawn = Math.min(quantity, remaining, Math.round(quantileAt(RETURNED_QUANTITIES, random.next())));
        const units = drawn < 1 || random.chance(RETURN_BEYOND_SALES_SHARE) ? remaining + 1 + random.below(12) : drawn;
        if (units <= remaining) left.set(sku, remaining - units);
        return { sku, quantity: units, pence, customer: sale.customer, country: sale.country };
      });
    },
  };
}
