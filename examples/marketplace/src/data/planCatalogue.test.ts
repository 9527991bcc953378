// The catalogue planned from an order file: demand, opening stock, prices by month.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeSample } from "./generateSample.ts";
import { groupInvoices } from "./groupInvoices.ts";
import { planCatalogue, type CataloguePlan } from "./planCatalogue.ts";
import { cutIntoMonths, priceAt, priceInMonth } from "./priceMonths.ts";
import { readOrderLines } from "./readOrderLines.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-"));
});
after(() => rm(folder, { recursive: true }));

const HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
async function planOf(rows: string[], options?: { limit?: number }): Promise<CataloguePlan> {
  const path = join(folder, "orders.csv");
  await writeFile(path, [HEADER, ...rows].join("\n"));
  return planCatalogue(path, options);
}

const ROWS = [
  "1,LAMP,,10,2010-12-05 10:00:00,2.00,7,France",
  "2,LAMP,,5,2010-12-20 10:00:00,2.50,7,France",
  "C3,LAMP,,-5,2010-12-21 10:00:00,9.99,7,France",
  "4,LAMP,,3,2010-12-22 10:00:00,2.50,7,France",
  "4,LAMP,,3,2010-12-22 10:00:00,0.0,7,France",
  "5,MUG,,1,2011-02-03 10:00:00,1.00,7,France",
  "6,LAMP,,4,2011-02-10 10:00:00,3.00,7,France",
  "7,MUG,,1,2011-02-10 10:00:00,1.10,7,France",
  "8,MUG,,1,2011-02-10 10:00:00,1.20,7,France",
  "9,RUG,,-3,2011-03-01 10:00:00,0.0,,France",
  "10,MUG,,1,2011-03-02 10:00:00,1.00,7,France",
];

test("demand is what orders asked for, the opening stock 90 % of it rounded down", async () => {
  const { skus } = await planOf(ROWS);
  assert.deepEqual([...skus], [["LAMP", { demand: 22, initialStock: 19 }], ["MUG", { demand: 4, initialStock: 3 }]]);
});

test("each month opens with its price, holds its changes, and repeats nothing", async () => {
  const { priceMonths } = await planOf(ROWS);
  assert.deepEqual([...(priceMonths.get("LAMP") ?? [])], [
    ["2010-12", [{ from: "2010-12-05T10:00:00.000Z", pence: 200 }, { from: "2010-12-20T10:00:00.000Z", pence: 250 }]],
    ["2011-01", [{ from: "2011-01-01T00:00:00.000Z", pence: 250 }]],
    ["2011-02", [{ from: "2011-02-01T00:00:00.000Z", pence: 250 }, { from: "2011-02-10T10:00:00.000Z", pence: 300 }]],
    ["2011-03", [{ from: "2011-03-01T00:00:00.000Z", pence: 300 }]],
  ]);
});

test("the price at an instant is the last one seen; before the first and after the plan there is none", async () => {
  const { priceMonths } = await planOf(ROWS);
  const at = (sku: string, instant: string) => priceAt(priceMonths, sku, `${instant}:00.000Z`);
  assert.equal(at("LAMP", "2010-12-05T09:59"), null);
  assert.equal(at("LAMP", "2010-12-05T10:00"), 200);
  assert.equal(at("LAMP", "2010-12-20T09:59"), 200);
  assert.equal(at("LAMP", "2010-12-21T12:00"), 250); // the return does not move it
  assert.equal(at("LAMP", "2011-01-15T00:00"), 250);
  assert.equal(at("MUG", "2011-02-10T10:00"), 120); // two orders in one minute: the later in the file
  assert.equal(at("MUG", "2011-03-31T23:59"), 100);
  assert.equal(at("LAMP", "2011-04-01T00:00"), null);
  assert.equal(at("RUG", "2011-03-02T10:00"), null);
});

test("prices seen out of time order are put in order; a change on the first instant of a month is its opening", () => {
  const months = cutIntoMonths([{ from: "2011-02-01T00:00:00.000Z", pence: 3 }, { from: "2011-01-05T00:00:00.000Z", pence: 3 }, { from: "2011-01-20T00:00:00.000Z", pence: 4 }], "2011-03");
  assert.deepEqual(months.get("2011-01")?.map((change) => change.pence), [3, 4]);
  assert.deepEqual(months.get("2011-02"), [{ from: "2011-02-01T00:00:00.000Z", pence: 3 }]);
  assert.deepEqual(months.get("2011-03"), [{ from: "2011-03-01T00:00:00.000Z", pence: 3 }]);
});

test("every row of the file is counted once", async () => {
  const { counts } = await planOf([...ROWS, "nonsense"]);
  assert.deepEqual(counts, {
    orders: 8, orderRows: 8, returns: 1, returnRows: 1, adjustments: { "no price": 1, "written off": 1 }, badRows: 1, rejoinedRows: 0,
    lateRows: 0, examples: ["line 13: the row has 1 fields, the header 8"],
  });
});

test("a limited plan covers exactly the invoices of the limited replay", async () => {
  const path = join(folder, "sample.csv");
  await writeSample(path, { invoices: 120, seed: 3 });
  const plan = await planCatalogue(path, { limit: 50 });
  const demand = new Map<string, number>();
  for await (const item of groupInvoices(readOrderLines(path), { limit: 50 })) {
    if (item.kind === "order") for (const { sku, quantity } of item.lines) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
  }
  assert.deepEqual(new Map(Array.from(plan.skus, ([sku, { demand: units }]) => [sku, units])), demand);
});

test("every order line of a file has a price when it is placed, the last price seen in a slow search of the whole file", async () => {
  const path = join(folder, "sample.csv");
  await writeSample(path, { invoices: 150, seed: 4 });
  const { priceMonths } = await planCatalogue(path);
  const seen: { sku: string; from: string; pence: number }[] = [];
  for await (const row of readOrderLines(path)) {
    if (row.kind === "line" && /^\d/.test(row.line.invoice) && row.line.quantity > 0 && row.line.pence > 0) seen.push({ sku: row.line.sku, from: row.line.orderedAt, pence: row.line.pence });
  }
  let compared = 0;
  for await (const item of groupInvoices(readOrderLines(path))) {
    if (item.kind !== "order") continue;
    for (const { sku } of item.lines.slice(0, 10)) {
      assert.equal(priceAt(priceMonths, sku, item.orderedAt), seen.findLast((price) => price.sku === sku && price.from <= item.orderedAt)?.pence);
      compared += 1;
    }
  }
  assert.ok(compared > 500);
});

test("an empty month has no price", () => {
  assert.equal(priceInMonth([], "2011-01-01T00:00:00.000Z"), null);
});
