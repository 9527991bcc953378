// Turns order lines into the requests a shop receives: orders and returns with one line per SKU and no prices, because prices
// come from the catalogue. It refuses to place anything: whoever reads it decides what an order is for.
import { invoiceRuns, type InvoiceRun, type RowReport } from "./invoiceRuns.ts";
import type { OrderRow } from "./readOrderLines.ts";

interface InvoiceLine {
  readonly sku: string;
  /** Units ordered, or units that come back; always positive. */
  readonly quantity: number;
}

export interface Invoice {
  readonly kind: "order" | "return";
  readonly invoice: string;
  /** The instant of its first line (ISO 8601, UTC); 43 invoices of the public data set span two minutes. */
  readonly orderedAt: string;
  readonly customer: string | null;
  readonly country: string;
  /** One per SKU, in order of first appearance: a hold is per SKU, so quantities of a repeated SKU are added. */
  readonly lines: readonly InvoiceLine[];
  /** How many rows of the file these lines stand for. */
  readonly fileLines: number;
}

/**
 * Groups the rows of an order file into orders and returns, streaming, in file order.
 *
 * Whatever is not part of one is yielded as a report: `bad` (could not be read), `adjustment` (rules in `classifyLine`),
 * `rejoined` (its invoice was interrupted by another; the line is part of the order), `late` (its invoice had been passed
 * on; the line is part of no order).
 *
 * @param options.limit stops after so many orders and returns; all unless told
 * @example
 * for await (const it of groupInvoices(readOrderLines(path))) if (it.kind === "order") await place(it);
 */
export async function* groupInvoices(
  rows: AsyncIterable<OrderRow>,
  options: { readonly limit?: number } = {},
): AsyncGenerator<Invoice | RowReport, void, undefined> {
  for await (const item of invoiceRuns(rows, options)) yield item.kind === "run" ? toInvoice(item) : item;
}

function toInvoice(run: InvoiceRun): Invoice {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of run.lines) quantities.set(sku, (quantities.get(sku) ?? 0) + Math.abs(quantity));
  return {
    kind: run.sale ? "order" : "return",
    invoice: run.first.invoice,
    orderedAt: run.first.orderedAt,
    customer: run.first.customer,
    country: run.first.country,
    lines: Array.from(quantities, ([sku, quantity]) => ({ sku, quantity })),
    fileLines: run.lines.length,
  };
}
