// Counts what became of every row of an order file, so that the rows add up. It keeps numbers and a few examples, no rows.
import type { AdjustmentReason } from "./classifyLine.ts";
import type { InvoiceRun, RowReport } from "./invoiceRuns.ts";

export interface PlanCounts {
  readonly orders: number;
  readonly orderRows: number;
  readonly returns: number;
  readonly returnRows: number;
  /** Rows that are neither, by reason. */
  readonly adjustments: Partial<Record<AdjustmentReason, number>>;
  readonly badRows: number;
  /** Rows that were added to an order although another invoice stood between; also counted in `orderRows` or `returnRows`. */
  readonly rejoinedRows: number;
  /** Rows of an invoice that had been passed on: part of no order. */
  readonly lateRows: number;
  /** The first few rows that could not be read or came late, in words. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** A running count over what `invoiceRuns` yields. */
export function planCounter(): { add(item: InvoiceRun | RowReport): void; total(): PlanCounts } {
  const count = { orders: 0, orderRows: 0, returns: 0, returnRows: 0, badRows: 0, rejoinedRows: 0, lateRows: 0 };
  const adjustments: Partial<Record<AdjustmentReason, number>> = {};
  const examples: string[] = [];
  return {
    add(item) {
      if (item.kind === "run") {
        count[item.sale ? "orders" : "returns"] += 1;
        count[item.sale ? "orderRows" : "returnRows"] += item.lines.length;
      } else if (item.kind === "adjustment") {
        adjustments[item.reason] = (adjustments[item.reason] ?? 0) + 1;
      } else if (item.kind === "rejoined") {
        count.rejoinedRows += 1;
      } else if (item.kind === "late") {
        count.lateRows += 1;
        if (examples.length < EXAMPLES) examples.push(`line ${item.line.lineNumber}: invoice ${item.line.invoice} had ended before`);
      } else {
        count.badRows += 1;
        if (examples.length < EXAMPLES) examples.push(`line ${item.lineNumber}: ${item.reason}`);
      }
    },
    total: () => ({ ...count, adjustments, examples }),
  };
}
