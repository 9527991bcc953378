// Says what one order line is: a sale, a return, or an adjustment that is no order at all. Pure; refuses to drop anything.
import type { OrderLine } from "./orderLine.ts";

export type AdjustmentReason = "accounting entry" | "no price" | "written off" | "nothing moved" | "return without returned goods";

type LineClass =
  | { readonly kind: "sale" }
  | { readonly kind: "return" }
  | { readonly kind: "adjustment"; readonly reason: AdjustmentReason };

const SALE: LineClass = { kind: "sale" };
const RETURN: LineClass = { kind: "return" };

/**
 * The rules, found by looking at the 541,909 rows of the public data set (counts in brackets):
 *
 * 1. An invoice number that begins with `A` is an accounting entry, such as a bad debt written off (3 rows).
 * 2. A quantity of zero moves nothing (0 rows).
 * 3. An invoice number that begins with `C` is a return and has negative quantities (9,288 rows); a positive one is an
 *    adjustment (0 rows).
 * 4. On any other invoice a negative quantity is stock written off: none of these rows has a price, and their descriptions
 *    say "damaged", "lost", "check" (1,336 rows).
 * 5. A price of zero pence or less is not a sale: 1,139 of the 1,179 rows have no customer and 766 of their 819 invoices hold
 *    nothing else ("found", "check", "adjustment"). The catalogue would price them, but what nobody bought must not be charged;
 *    the 40 rows with a customer are gifts and samples. A price that rounds to zero pence counts as zero (4 rows).
 * 6. Everything else is a sale (530,099 rows): postage and fees too, because the shop itself sells them as stock codes.
 *
 * @example classifyLine({ ...line, invoice: "C536379", quantity: -1 }) // { kind: "return" }
 */
export function classifyLine(line: Pick<OrderLine, "invoice" | "quantity" | "pence">): LineClass {
  const first = line.invoice.charAt(0);
  if (first === "A") return adjustment("accounting entry");
  if (line.quantity === 0) return adjustment("nothing moved");
  if (first === "C") {
    if (line.quantity > 0) return adjustment("return without returned goods");
    return line.pence > 0 ? RETURN : adjustment("no price");
  }
  if (line.quantity < 0) return adjustment("written off");
  return line.pence > 0 ? SALE : adjustment("no price");
}

function adjustment(reason: AdjustmentReason): LineClass {
  return { kind: "adjustment", reason };
}
