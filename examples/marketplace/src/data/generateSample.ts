// Generates order lines in the format of the order file, with the shape of a real year of trade (`sampleShape`), from a seed.
// Everything in them is made up; it refuses to resemble the real rows in anything but their distributions.
import { rename, writeFile } from "node:fs/promises";
import { COLUMNS } from "./readOrderLines.ts";
import { sampleCatalogue } from "./sampleCatalogue.ts";
import { sampleReturns, type SampleSale } from "./sampleReturns.ts";
import {
  COMMON_QUANTITIES, COUNTRIES, MONTHS, NO_CUSTOMER, ORDER_SHARE, OTHER_QUANTITIES, REPEATED_SKU_SHARE, RETURN_SHARE, ROWS_PER_ORDER,
  quantileAt, shareAt,
} from "./sampleShape.ts";
import { seededRandom, type SeededRandom } from "./seededRandom.ts";

interface SampleOptions {
  /** How many invoice numbers: orders, returns and adjustments together. 400 unless told. */
  readonly invoices?: number;
  /** 1 unless told. */
  readonly seed?: number;
  /** Rows that cannot be read, so that every run shows how they are reported; the real year has none. 3 unless told. */
  readonly badRows?: number;
}

/**
 * Yields the text of a sample order file, one invoice at a time, beginning with the header line.
 *
 * Guarantees: the same options give the same text; the rows of an invoice are neighbours and in time order; every return
 * names a customer and SKUs of an earlier order, and about one return row in eighteen asks for more than was sold before it.
 * The number of rows per order is drawn in equal strata, so even small samples have the real median and tail.
 *
 * @example for (const text of generateSample({ invoices: 400, seed: 1 })) process.stdout.write(text);
 */
export function* generateSample(options: SampleOptions = {}): Generator<string, void, undefined> {
  const { invoices = 400, seed = 1, badRows = 3 } = options;
  const random = seededRandom(seed);
  const catalogue = sampleCatalogue(random);
  const returns = sampleReturns(random);
  const kinds = invoiceKinds(random, invoices);
  const instants = kinds.map((_, index) => instantAt(random, (index + random.next()) / kinds.length)).sort((a, b) => a - b);
  const sizes = orderSizes(random, kinds.filter((kind) => kind === "order").length);
  const badBefore = new Set(Array.from({ length: badRows }, (_, index) => Math.floor(((index + 0.5) * kinds.length) / badRows)));
  const customers = Math.max(1, Math.ceil(kinds.length / 5));
  yield `${COLUMNS.join(",")}\n`;
  let badRow = 0;
  let adjustments = 0;
  for (const [index, kind] of kinds.entries()) {
    const at = instants[index] ?? 0;
    const number = 100_001 + index;
    if (badBefore.has(index)) yield unreadableRow(badRow++, number, at);
    if (kind === "adjustment") {
      yield adjustmentRow(random, catalogue.draw(), number, at, adjustments === 0); // one is an accounting entry, to be seen
      adjustments += 1;
    } else if (kind === "return") {
      yield returns.draw().map((row) => csvRow([`C${number}`, row.sku, catalogue.description(row.sku), -row.quantity, stamp(at), money(row.pence), row.customer, row.country])).join("");
    } else {
      const sale = order(random, catalogue, sizes.pop() ?? 1, customers, at);
      returns.remember(sale);
      yield sale.rows.map((row) => csvRow([number, row.sku, catalogue.description(row.sku), row.quantity, stamp(at), money(row.pence), sale.customer, sale.country])).join("");
    }
  }
}

/** Writes a sample file, whole or not at all: it is written beside its place and then renamed. */
export async function writeSample(path: string, options: SampleOptions = {}): Promise<void> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  await writeFile(unfinished, generateSample(options));
  await rename(unfinished, path);
}

/** How many rows each of `orders` orders has: one draw from each of so many equal parts of the distribution, shuffled. */
export function orderSizes(random: SeededRandom, orders: number): number[] {
  const sizes = Array.from({ length: orders }, (_, index) => Math.round(quantileAt(ROWS_PER_ORDER, (index + random.next()) / orders)));
  return random.shuffle(sizes);
}

type Kind = "order" | "return" | "adjustment";

function invoiceKinds(random: SeededRandom, invoices: number): Kind[] {
  const orders = Math.min(invoices, Math.max(1, Math.round(invoices * ORDER_SHARE)));
  const returns = Math.min(invoices - orders, Math.round(invoices * RETURN_SHARE));
  const kinds = Array.from({ length: invoices }, (_, index): Kind => (index < orders ? "order" : index < orders + returns ? "return" : "adjustment"));
  random.shuffle(kinds);
  // There is nothing to return before the first order.
  const firstOrder = kinds.indexOf("order");
  if (firstOrder > 0) [kinds[0], kinds[firstOrder]] = ["order", kinds[0] ?? "adjustment"];
  return kinds;
}

function order(random: SeededRandom, catalogue: ReturnType<typeof sampleCatalogue>, size: number, customers: number, at: number): SampleSale {
  const unregistered = random.chance(size > NO_CUSTOMER.manyRows ? NO_CUSTOMER.shareOfLarge : NO_CUSTOMER.shareOfOthers);
  const skus: string[] = [];
  const taken = new Set<string>();
  while (skus.length < size) {
    let sku = skus[random.below(skus.length)];
    if (sku === undefined || !random.chance(REPEATED_SKU_SHARE)) {
      do sku = catalogue.draw();
      while (taken.has(sku));
    }
    taken.add(sku);
    skus.push(sku);
  }
  return {
    // A few customers order often, most once or twice: the square crowds the draws at the low end.
    customer: unregistered ? "" : String(50_001 + Math.floor(random.next() ** 2 * customers)),
    country: shareAt(COUNTRIES, random.next()) ?? "United Kingdom",
    rows: skus.map((sku) => ({
      sku,
      quantity: shareAt(COMMON_QUANTITIES, random.next()) ?? Math.round(quantileAt(OTHER_QUANTITIES, random.next())),
      pence: catalogue.price(sku, at, unregistered),
    })),
  };
}

/** Stock found or lost: one row without a price and without a customer; or an accounting entry. */
function adjustmentRow(random: SeededRandom, sku: string, number: number, at: number, accounting: boolean): string {
  if (accounting) return csvRow([`A${number}`, "B", "Bad debt", 1, stamp(at), money(-100 * (1 + random.below(10_000))), "", "United Kingdom"]);
  const found = random.chance(0.36);
  const units = Math.max(1, Math.round(quantileAt([[0, 1], [0.5, 12], [0.9, 200], [1, 1000]], random.next())));
  return csvRow([number, sku, found ? "found" : "damaged", found ? units : -units, stamp(at), "0.0", "", "United Kingdom"]);
}

function unreadableRow(which: number, number: number, at: number): string {
  if (which % 3 === 0) return csvRow([number, "30001", "Quantity in words", "a dozen", stamp(at), "1.25", "", "United Kingdom"]);
  if (which % 3 === 1) return csvRow([number, "30001", "No price and no customer", 1, stamp(at)]);
  return csvRow([number, "", "No stock code", 1, stamp(at), "1.25", "", "United Kingdom"]);
}

/** An instant of the trading year in milliseconds, by the share of orders up to it, between 8 and 18 o'clock. */
function instantAt(random: SeededRandom, fraction: number): number {
  let left = fraction;
  for (const [index, [from, share]] of MONTHS.entries()) {
    const begin = Date.parse(`${from}T00:00:00Z`);
    const end = Date.parse(`${MONTHS[index + 1]?.[0] ?? from}T00:00:00Z`);
    if (left < share || index === MONTHS.length - 2) {
      const day = Math.min(Math.floor(((left / share) * (end - begin)) / 86_400_000), (end - begin) / 86_400_000 - 1);
      return begin + day * 86_400_000 + (8 * 60 + random.below(600)) * 60_000;
    }
    left -= share;
  }
  return 0;
}

function stamp(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

function money(pence: number): string {
  const digits = String(Math.abs(pence)).padStart(3, "0");
  return `${pence < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function csvRow(values: readonly (string | number)[]): string {
  return `${values.map((value) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value)).join(",")}\n`;
}
