// The price list as the shop uses it: commands at the door, and what an order then costs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, memoryStore } from "@evenkeel/core";
import { isEvenkeelError, service } from "evenkeel";
import { listCatalogue } from "../run/listCatalogue.ts";
import { virtualTime } from "../testing/virtualTime.ts";
import { emits, entities } from "./context.ts";
import { Order, PricePage } from "./entities.ts";
import { ListMonth, ListPrices, PlaceOrder } from "./messages.ts";
import { pageKey, pageOf, PAGES } from "./pageOf.ts";
import { placeOrder } from "./placeOrder.ts";
import { listMonth, listPrices } from "./priceList.ts";

const MONTH = "2011-03";
const AT = `${MONTH}-04T10:00:00.000Z`;
const CAP = 262_144;
const changesOf = (pence: number, count = 1) =>
  Array.from({ length: count }, (_, day) => ({ from: `${MONTH}-01T${String(day).padStart(2, "0")}:00:00.000Z`, pence: pence + count - 1 - day }));
const codes = (count: number): string[] => Array.from({ length: count }, (_, number) => `SKU-${String(number).padStart(5, "0")}`);
const other = (sku: string, isSamePage: boolean): string =>
  codes(1_000).find((one) => one !== sku && (pageOf(one) === pageOf(sku)) === isSamePage) ?? assert.fail("no such SKU");

const priced = service("orders", { entities, emits }).on(ListPrices, listPrices).on(ListMonth, listMonth).on(PlaceOrder, placeOrder);

/** The orders service as far as prices go, alone; `costs` places an order for one of each and says what it costs, or that it is refused. */
async function openShop() {
  const { host, pass, done } = virtualTime();
  const app = await done(createAppOn({ services: [priced], store: memoryStore({ host }), host, accepts: [ListPrices, ListMonth, PlaceOrder] as const }));
  await done(app.start());
  let placed = 0;
  const costs = async (...skus: readonly string[]) => {
    const orderId = `o-${++placed}`;
    const lines = skus.map((sku) => ({ sku, quantity: 1 }));
    await done(app.publish(PlaceOrder({ orderId, customer: null, country: "France", orderedAt: AT, lines })));
    await pass(1_000);
    const order = await done(app.read(Order, orderId));
    return order?.status === "placed" ? order.pence : order?.status;
  };
  return { app, pass, done, costs };
}

for (const [shape, skus] of [
  ["begin alike", codes(4_000)],
  ["end alike", codes(4_000).map((code) => `${code.slice(4)}-GIFT`)],
  ["begin alike and count in twos", codes(8_000).filter((_, index) => index % 2 === 0)],
] as const) {
  test(`codes that ${shape} fill all pages alike`, () => {
    const counts = Array.from({ length: PAGES }, () => 0);
    for (const sku of skus) counts[pageOf(sku)] = (counts[pageOf(sku)] ?? 0) + 1;
    assert.ok(Math.min(...counts) >= 60 && Math.max(...counts) <= 150, `100 each, more or less: ${counts.join(" ")}`);
  });
}

test("a catalogue many times the cap of a body, all codes with one prefix, is listed in commands and pages below it", async () => {
  const skus = codes(6_000);
  const { lists, pages } = listCatalogue(new Map(skus.map((sku, index) => [sku, new Map([[MONTH, changesOf(100 + index, 5)]])])));
  assert.ok(skus.length * JSON.stringify(changesOf(100, 5)).length > 4 * CAP, "the catalogue is large");
  assert.equal(pages, PAGES);
  assert.ok(Math.max(...lists.map(({ data }) => JSON.stringify(data).length)) < CAP / 16);
  assert.equal(lists.flatMap(({ data }) => data.prices).length, skus.length);

  const { app, pass, done, costs } = await openShop();
  for (let from = 0; from < lists.length; from += 40) await done(app.publishAll(lists.slice(from, from + 40)));
  await pass(5_000);
  assert.equal(await costs("SKU-00000", "SKU-02999", "SKU-05999"), 100 + 3_099 + 6_099);
  for (const sku of codes(100)) assert.ok(JSON.stringify(await done(app.read(PricePage, pageKey(sku, AT)))).length < CAP / 4);
  assert.equal(await costs("SKU-06000"), "refused");
  await done(app.stop());
});

test("a SKU with more changes in a month than one command takes stands whole in a command of its own", () => {
  const many = Array.from({ length: 500 }, (_, second) => ({ from: new Date(Date.parse(AT) + second * 1_000).toISOString(), pence: 1 + second }));
  const near = other("SKU-00000", true);
  const { lists } = listCatalogue(new Map([
    ["SKU-00000", new Map([[MONTH, changesOf(100)]])], [near, new Map([[MONTH, many]])],
  ]));
  assert.deepEqual(lists.map(({ data }) => data.prices.map(({ sku, changes }) => [sku, changes.length])), [[["SKU-00000", 1]], [[near, 500]]]);
});

test("both commands that change a page have its key, so that the later of two prices stays, whichever command listed it", async () => {
  const prices = (sku: string, pence: number) => ({ sku, changes: changesOf(pence) });
  for (const sku of codes(200)) {
    assert.equal(
      ListMonth.keyOf({ month: MONTH, prices: [prices(other(sku, true), 1), prices(sku, 1)] }),
      ListPrices.keyOf({ sku, months: [{ month: "2011-04", changes: changesOf(1) }, { month: MONTH, changes: changesOf(1) }] }),
    );
  }
  const { app, pass, done, costs } = await openShop();
  const [sku, near] = ["SKU-00000", other("SKU-00000", true)];
  await done(app.publishAll([
    ListMonth({ month: MONTH, prices: [prices(sku, 100), prices(near, 1_000)] }),
    ListPrices({ sku, months: [{ month: MONTH, changes: changesOf(200) }] }),
  ]));
  await pass(1_000);
  assert.equal(await costs(sku, near), 1_200);
  await done(app.publish(ListMonth({ month: MONTH, prices: [prices(sku, 300)] })));
  await pass(1_000);
  assert.equal(await costs(sku, near), 1_300);
  await done(app.stop());
});

test("a list of SKUs of two pages is refused at the door, since no one key would order it", async () => {
  const { app, done } = await openShop();
  const listed = ["SKU-00000", other("SKU-00000", false)].map((sku) => ({ sku, changes: changesOf(1) }));
  await assert.rejects(done(app.publish(ListMonth({ month: MONTH, prices: listed }))), (error) => isEvenkeelError(error) && error.code === "DATA_INVALID");
  await done(app.stop());
});

test("any code that can be a key can have a price: beyond the basic plane, `__proto__`, `constructor`", async () => {
  const { app, pass, done, costs } = await openShop();
  const skus = ["ab😀x", "😀", "__proto__", "constructor", "a/b@2011-03"];
  assert.equal(await costs("constructor"), "refused");
  await done(app.publishAll(skus.map((sku, index) => ListPrices({ sku, months: [{ month: MONTH, changes: changesOf(10 ** index) }] }))));
  await pass(1_000);
  for (const [index, sku] of skus.entries()) assert.equal(await costs(sku), 10 ** index, sku);
  assert.equal(await costs("ab😀y"), "refused");
  await done(app.stop());
});

test("a code that cannot be a key is refused at the door, where it is listed and where it is ordered", async () => {
  const { app, done } = await openShop();
  for (const sku of ["ab\ud83d", "\ude00", "a\u0000b"]) {
    const changes = changesOf(1);
    for (const one of [
      ListPrices({ sku, months: [{ month: MONTH, changes }] }),
      ListMonth({ month: MONTH, prices: [{ sku, changes }] }),
      PlaceOrder({ orderId: "o", customer: null, country: "France", orderedAt: AT, lines: [{ sku, quantity: 1 }] }),
    ]) await assert.rejects(done(app.publish(one)), (error) => isEvenkeelError(error) && error.code === "DATA_INVALID");
  }
  await done(app.stop());
});
