// The generated sample: the same for the same seed, and shaped like a real year.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { classifyLine } from "./classifyLine.ts";
import { generateSample, orderSizes, writeSample } from "./generateSample.ts";
import type { OrderLine } from "./orderLine.ts";
import { readOrderLines, type BadRow } from "./readOrderLines.ts";
import { skuOfRank } from "./sampleCatalogue.ts";
import { seededRandom } from "./seededRandom.ts";

let folder = "";
const lines: OrderLine[] = [];
const bad: BadRow[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sample-"));
  await writeSample(join(folder, "sample.csv"), { invoices: 1_500, seed: 11 });
  for await (const row of readOrderLines(join(folder, "sample.csv"))) {
    if (row.kind === "line") lines.push(row.line);
    else bad.push(row);
  }
});
after(() => rm(folder, { recursive: true }));

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const sales = (): OrderLine[] => lines.filter((line) => classifyLine(line).kind === "sale");
const close = (actual: number, expected: number, by: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= by, `${what}: ${actual} should be within ${by} of ${expected}`);

test("the same seed gives the same text, another seed another", () => {
  const text = (seed: number): string => [...generateSample({ invoices: 60, seed })].join("");
  assert.equal(text(5), text(5));
  assert.notEqual(text(5), text(6));
});

test("rows per order have the quantiles of the real year", () => {
  const sizes = orderSizes(seededRandom(1), 20_000).sort((a, b) => a - b);
  const at = (fraction: number): number => sizes[Math.floor(fraction * sizes.length)] ?? 0;
  close(at(0.1), 2, 0, "10 %");
  close(at(0.25), 6, 1, "25 %");
  close(at(0.5), 15, 1, "median");
  close(at(0.75), 29, 1, "75 %");
  close(at(0.95), 79, 3, "95 %");
  close(at(0.99), 220, 10, "99 %");
  close(mean(sizes), 26.6, 1, "mean");
  assert.ok((sizes.at(-1) ?? 0) > 651 && (sizes.at(-1) ?? 0) <= 1_114, "largest");
});

test("rows per invoice number that is not a return have the published median and mean", () => {
  const rows = new Map<string, number>();
  for (const { invoice } of lines) if (!invoice.startsWith("C")) rows.set(invoice, (rows.get(invoice) ?? 0) + 1);
  close(median([...rows.values()]), 13, 1, "median");
  close(mean([...rows.values()]), 24, 1.5, "mean");
});

test("the popular SKUs hold the real share of the rows", () => {
  for (const [rank, share] of [[10, 0.0315], [100, 0.1883], [1_000, 0.7208]] as const) {
    const popular = new Set(Array.from({ length: rank }, (_, index) => skuOfRank(index + 1)));
    const found = sales().filter((line) => popular.has(line.sku)).length / sales().length;
    close(found, share, 0.02, `share of the first ${rank}`);
  }
});

test("quantities, prices and kinds of invoice are near the real ones", () => {
  close(median(sales().map((line) => line.quantity)), 3, 0, "median quantity");
  close(mean(sales().map((line) => line.quantity)), 10, 2, "mean quantity");
  close(sales().filter((line) => line.quantity === 1).length / sales().length, 0.279, 0.02, "single units");
  close(median(sales().map((line) => line.pence)), 208, 60, "median price in pence");
  close(new Set(lines.filter((line) => line.invoice.startsWith("C")).map((line) => line.invoice)).size / 1_500, 0.148, 0.01, "returns");
  close(new Set(sales().map((line) => line.invoice)).size / 1_500, 0.7706, 0.01, "orders");
});

test("returns name a customer and a SKU of an earlier order; a few ask for more than was sold", () => {
  const bought = new Map<string, number>();
  const buyers = new Set<string>();
  let returned = 0;
  let beyond = 0;
  for (const line of lines) {
    const key = `${line.customer ?? ""}/${line.sku}`;
    if (classifyLine(line).kind === "sale") {
      buyers.add(key);
      bought.set(line.sku, (bought.get(line.sku) ?? 0) + line.quantity);
    } else if (classifyLine(line).kind === "return") {
      returned += 1;
      assert.ok(buyers.has(key), `line ${line.lineNumber} returns what ${key} never bought`);
      const left = (bought.get(line.sku) ?? 0) + line.quantity;
      if (left < 0) beyond += 1;
      else bought.set(line.sku, left);
    }
  }
  assert.ok(returned > 300, `${returned} rows returned`);
  close(beyond / returned, 0.056, 0.04, "share beyond sales");
});

test("the sample shows every kind of row: adjustments by reason, repeated SKUs, quoted names, rows that cannot be read", () => {
  const reasons = new Set<string>(lines.map((line) => classifyLine(line)).map((is) => (is.kind === "adjustment" ? is.reason : is.kind)));
  for (const reason of ["sale", "return", "accounting entry", "written off", "no price"]) assert.ok(reasons.has(reason), reason);
  assert.equal(bad.length, 3);
  assert.ok(lines.some((line) => line.description.includes(",")) && lines.some((line) => line.description.includes('"')));
  assert.ok(new Set(sales().map((line) => `${line.invoice}/${line.sku}`)).size < sales().length);
});

test("invoices are contiguous and in time order", () => {
  const seen = new Set<string>();
  let last: OrderLine | undefined;
  for (const line of lines) {
    if (last !== undefined) assert.ok(line.orderedAt >= last.orderedAt);
    if (line.invoice !== last?.invoice) assert.ok(!seen.has(line.invoice), line.invoice);
    seen.add(line.invoice);
    last = line;
  }
});

test("the smallest samples are orders, and nothing unfinished stays beside a written file", async () => {
  for (const invoices of [1, 2, 3]) {
    const text = [...generateSample({ invoices, badRows: 0 })];
    assert.equal(text.length, invoices + 1);
    assert.match(text[1] ?? "", /^100001,/);
  }
  assert.deepEqual(await readdir(folder), ["sample.csv"]);
});
