// Grouping rows into orders and returns, and accounting for every row that is neither.
import assert from "node:assert/strict";
import { test } from "node:test";
import { groupInvoices, type Invoice } from "./groupInvoices.ts";
import type { RowReport } from "./invoiceRuns.ts";
import type { OrderLine } from "./orderLine.ts";
import type { OrderRow } from "./readOrderLines.ts";

async function* rows(...lines: Partial<OrderLine>[]): AsyncGenerator<OrderRow> {
  for (const [index, line] of lines.entries()) {
    yield {
      kind: "line",
      line: {
        lineNumber: index + 2, invoice: "1", sku: "LAMP", description: "", quantity: 1, orderedAt: "2011-01-02T10:00:00.000Z", pence: 100,
        customer: "7", country: "France", ...line,
      },
    };
  }
}
async function grouped(from: AsyncIterable<OrderRow>, options?: { limit?: number }): Promise<(Invoice | RowReport)[]> {
  const items: (Invoice | RowReport)[] = [];
  for await (const item of groupInvoices(from, options)) items.push(item);
  return items;
}
const names = async (from: AsyncIterable<OrderRow>, options?: { limit?: number }) =>
  (await grouped(from, options)).map((item) => ("invoice" in item ? item.invoice : item.kind));

test("an order has one line per SKU with the quantities added, and no prices", async () => {
  assert.deepEqual(await grouped(rows({ quantity: 2 }, { sku: "MUG" }, { quantity: 3, orderedAt: "2011-01-02T10:01:00.000Z" })), [
    {
      kind: "order", invoice: "1", orderedAt: "2011-01-02T10:00:00.000Z", customer: "7", country: "France",
      lines: [{ sku: "LAMP", quantity: 5 }, { sku: "MUG", quantity: 1 }], fileLines: 3,
    },
  ]);
});

test("a return has positive quantities", async () => {
  const [item] = await grouped(rows({ invoice: "C1", quantity: -4 }));
  assert.ok(item?.kind === "return");
  assert.deepEqual(item.lines, [{ sku: "LAMP", quantity: 4 }]);
});

test("adjustments and unreadable rows are reported and are part of no order", async () => {
  const items = await grouped(rows({ quantity: -4, pence: 0 }, { invoice: "2", pence: 0 }, { invoice: "2", sku: "MUG" }));
  assert.deepEqual(items.map((item) => (item.kind === "adjustment" ? item.reason : item.kind)), ["written off", "no price", "order"]);
});

test("an invoice interrupted by another is put together again and the row is reported", async () => {
  const items = await grouped(rows({ invoice: "1" }, { invoice: "2" }, { invoice: "1", sku: "MUG" }, { invoice: "1", sku: "RUG" }));
  assert.deepEqual(items.map((item) => item.kind), ["rejoined", "order", "order"]);
  assert.ok(items[1]?.kind === "order");
  assert.deepEqual([items[1].invoice, items[1].lines.length], ["1", 3]);
});

test("a row of an invoice that was passed on is reported as late and makes no second order", async () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ invoice: String(index) }));
  const items = await grouped(rows(...many, { invoice: "0", sku: "MUG" }));
  assert.equal(items.filter((item) => item.kind === "order").length, 12);
  const late = items.find((item) => item.kind === "late");
  assert.ok(late?.kind === "late");
  assert.equal(late.line.lineNumber, 14);
});

test("a row of another customer is not slipped into an invoice", async () => {
  const items = await grouped(rows({}, { customer: "8" }));
  assert.deepEqual(items.map((item) => item.kind), ["bad", "order"]);
});

test("a limit gives the first invoices, the same ones as without it", async () => {
  const lines = () => rows(...Array.from({ length: 30 }, (_, index) => ({ invoice: String(Math.floor(index / 2)) })));
  const all = await names(lines());
  assert.equal(all.length, 15);
  for (const limit of [0, 1, 3, 9, 14, 15, 99]) assert.deepEqual(await names(lines(), { limit }), all.slice(0, limit), `limit ${limit}`);
});
