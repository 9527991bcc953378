// Gathers the sale or return lines of each invoice, streaming. It refuses to wait for the end of the file: an invoice is passed
// on once several later ones have begun, and a line that comes after that is reported, never added to a second order.
import { classifyLine, type AdjustmentReason } from "./classifyLine.ts";
import type { OrderLine } from "./orderLine.ts";
import type { BadRow, OrderRow } from "./readOrderLines.ts";

/** The accepted lines of one invoice, in file order, as they stand in the file. Never empty. */
export interface InvoiceRun {
  readonly kind: "run";
  readonly sale: boolean;
  readonly first: OrderLine;
  readonly lines: readonly OrderLine[];
}

/** What happened to a row that is not part of an order or a return, or that came out of place. */
export type RowReport =
  | BadRow
  | { readonly kind: "adjustment"; readonly reason: AdjustmentReason; readonly line: OrderLine }
  /** The invoice went on after lines of another one; the line was added to it. */
  | { readonly kind: "rejoined"; readonly line: OrderLine }
  /** The invoice had been passed on already; the line is not part of any order. */
  | { readonly kind: "late"; readonly line: OrderLine };

/**
 * How many invoices are open at a time. In the public data set one invoice of 25,900 (542806) is interrupted, by one other
 * invoice within the same minute; eight is that with room to spare, at the price of eight invoices of memory.
 */
const OPEN_INVOICES = 8;

/**
 * Groups rows into invoices, in the order in which the invoices begin.
 *
 * Besides the open invoices it remembers the number of every invoice passed on, to tell a late line from a new invoice:
 * about 2 MB for the 25,900 invoices of a year.
 *
 * @param options.limit stops after so many invoices; all unless told
 */
export async function* invoiceRuns(
  rows: AsyncIterable<OrderRow>,
  options: { readonly limit?: number } = {},
): AsyncGenerator<InvoiceRun | RowReport, void, undefined> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const open = new Map<string, OrderLine[]>();
  const passedOn = new Set<string>();
  let latest = "";
  if (limit <= 0) return;
  for await (const row of rows) {
    if (row.kind === "bad") {
      yield row;
      continue;
    }
    const { line } = row;
    const is = classifyLine(line);
    if (is.kind === "adjustment") {
      yield { kind: "adjustment", reason: is.reason, line };
      continue;
    }
    const lines = open.get(line.invoice);
    if (lines !== undefined) {
      const first = lines[0];
      if (first !== undefined && first.customer !== line.customer) {
        yield { kind: "bad", lineNumber: line.lineNumber, reason: `the customer differs from that of invoice ${line.invoice} on line ${first.lineNumber}`, text: `${line.invoice},${line.sku}` };
        continue;
      }
      lines.push(line);
      if (line.invoice !== latest) yield { kind: "rejoined", line };
    } else if (passedOn.has(line.invoice)) {
      yield { kind: "late", line };
      continue;
    } else {
      open.set(line.invoice, [line]);
      if (open.size > OPEN_INVOICES) {
        const [run] = closed(open);
        if (run !== undefined) {
          passedOn.add(run.first.invoice);
          yield run;
        }
        if (passedOn.size >= limit) return;
      }
    }
    latest = line.invoice;
  }
  for (const run of closed(open)) {
    if (passedOn.size >= limit) return;
    passedOn.add(run.first.invoice);
    yield run;
  }
}

/** The open invoices, oldest first; each is removed as it is taken. */
function* closed(open: Map<string, OrderLine[]>): Generator<InvoiceRun, void, undefined> {
  for (const [invoice, lines] of open) {
    open.delete(invoice);
    const first = lines[0];
    if (first !== undefined) yield { kind: "run", sale: classifyLine(first).kind === "sale", first, lines };
  }
}
