// Two versions of the checkout at once: orders that began with the old one end with it, new ones take the new way, in one process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, memoryStore } from "@evenkeel/core";
import { provide, workflow } from "evenkeel";
import { commandedInventory } from "../inventory/inventory.ts";
import { ReleaseStock, ReserveStock, SellStock, StockRejected, StockReleased, StockReserved, StockShelf, StockSold } from "../inventory/messages.ts";
import { notifications } from "../notifications/notifications.ts";
import { CancelOrder, ListMonth, ListPrices, Placed, PlaceOrder, ReturnGoods } from "../orders/messages.ts";
import { Order } from "../orders/entities.ts";
import { card, chargeKey } from "../payments/card.ts";
import { Shipped } from "../shipping/messages.ts";
import { virtualTime } from "../testing/virtualTime.ts";
import { carrier, providedCarrier } from "./carrier.ts";
import { checkout, MAX_ATTEMPTS } from "./checkout.ts";
import { desk, deskOf } from "./desk.ts";
import { takeBack } from "./takeBack.ts";

/** The next version: no card is charged before the carrier has taken the parcel. */
const labelFirst = workflow("checkout", {
  input: Placed, ports: { card, carrier }, emits: [ReserveStock, SellStock, ReleaseStock, Shipped],
  waitsFor: [StockReserved, StockRejected, StockSold, StockReleased], announces: true, maxAttempts: MAX_ATTEMPTS, version: 2, previous: [checkout],
}, async (order, w) => {
  const { orderId, customer, country, pence } = order;
  const key = chargeKey(orderId);
  const stock = await w.ask(ReserveStock(order), {
    answers: [StockReserved, StockRejected], undo: { send: ReleaseStock({ orderId }), answers: [StockReleased], unless: [StockRejected] },
  });
  if (stock.name === "stock.rejected") return { outcome: "rejected" as const, missing: stock.data.missing };
  const parcel = await w.step("label", carrier.book, { orderId, country, units: stock.data.units }, { undo: carrier.void, undoInput: (booked) => booked });
  await w.step("charge", card.charge, { orderId, customer, pence }, {
    key, undo: card.refund, undoInput: () => ({ orderId, returnId: null, chargeKey: key, pence }),
  });
  await w.pivot("hand over", carrier.handOver, parcel);
  await w.ask(SellStock({ orderId }), { answers: [StockSold] });
  w.emit(Shipped(parcel));
  return { outcome: "confirmed" as const, pence };
});

/** A shop whose bank answers nobody until it opens; its processes come one after the other, on one store. */
function shopOverTime() {
  const { host, pass, done } = virtualTime();
  const store = memoryStore({ host });
  const charged: string[] = [];
  const isOpen = { now: false };
  const bank = provide(card, {
    charge: {
      perform: async ({ key, signal }) => {
        if (!isOpen.now) await new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
        signal.throwIfAborted();
        charged.push(key);
        return { kind: "ok", value: { chargeId: key } };
      },
      ask: ({ key }) => Promise.resolve(charged.includes(key) ? { kind: "ok", value: { chargeId: key } } : { kind: "absent" }),
    },
    refund: {
      perform: ({ key }) => Promise.resolve({ kind: "ok", value: { refundId: key } }),
      ask: () => Promise.resolve({ kind: "absent" }),
    },
  });
  const at = { store, host, ports: [bank, providedCarrier], accepts: [StockShelf, ListPrices, ListMonth, PlaceOrder, CancelOrder, ReturnGoods] as const };
  const order = (orderId: string) => PlaceOrder({
    orderId, customer: null, country: "France", orderedAt: "2011-03-04T10:00:00.000Z", lines: [{ sku: "LAMP", quantity: 1 }],
  });
  const begun = async (desk: ReturnType<typeof deskOf>, version: typeof checkout | typeof labelFirst) => {
    const app = await done(createAppOn({ ...at, services: [desk, version, takeBack, commandedInventory, notifications] }));
    await done(app.start());
    return app;
  };
  const stock = [
    StockShelf({ sku: "LAMP", units: 5 }),
    ListPrices({ sku: "LAMP", months: [{ month: "2011-03", changes: [{ from: "2011-03-01T00:00:00.000Z", pence: 250 }] }] }),
  ] as const;
  return { pass, done, begun, stock, order, charged, open: () => { isOpen.now = true; } };
}

test("orders that were under way when version 2 came end as version 1 would have had them, and new ones as version 2", async () => {
  const { pass, done, begun, stock, order, charged, open } = shopOverTime();
  const old = await begun(desk, checkout);
  await done(old.publishAll(stock));
  await pass(1_000);
  await done(old.publish(order("begun-before")));
  await pass(1_000);
  assert.equal((await done(old.read(checkout.run, "begun-before")))?.status, "running");
  await done(old.stop());

  const next = await begun(deskOf(labelFirst), labelFirst);
  await done(next.publish(order("begun-after")));
  await pass(1_000);
  const steps = async (orderId: string) => {
    const run = await done(next.read(labelFirst.run, orderId));
    return [run?.version, run?.status, ...(run?.journal ?? []).flatMap((entry) => (entry.kind === "requested" && entry.what === "step" ? [entry.name] : []))];
  };
  // Both wait for the bank, each at its own place.
  assert.deepEqual(await steps("begun-before"), [1, "running", "charge"]);
  assert.deepEqual(await steps("begun-after"), [2, "running", "label", "charge"]);
  open();
  await pass(120_000);
  assert.deepEqual(await steps("begun-before"), [1, "completed", "charge", "label", "hand over"]);
  assert.deepEqual(await steps("begun-after"), [2, "completed", "label", "charge", "hand over"]);
  for (const orderId of ["begun-before", "begun-after"]) assert.equal((await done(next.read(Order, orderId)))?.status, "confirmed");
  assert.deepEqual([...charged].sort(), ["begun-after/charge", "begun-before/charge"]);
  await done(next.stop());
});

test("an order that version 2 began waits in a process that has only version 1, and goes on by itself once version 2 is back", async () => {
  const { pass, done, begun, stock, order, charged, open } = shopOverTime();
  const next = await begun(deskOf(labelFirst), labelFirst);
  await done(next.publishAll(stock));
  await pass(1_000);
  await done(next.publish(order("ahead")));
  await pass(1_000);
  await done(next.stop());

  const old = await begun(desk, checkout);
  open();
  await pass(5_000);
  // The card was charged; what that leads to is not this process's to say.
  assert.deepEqual(charged, ["ahead/charge"]);
  const [letter] = await done(old.deadLetters.list({ state: "waiting" }));
  assert.deepEqual([letter?.key, letter?.code], ["ahead", "WORKFLOW_VERSION_UNKNOWN"]);
  assert.equal((await done(old.read(Order, "ahead")))?.status, "placed");
  await done(old.publish(order("beside")));
  await pass(5_000);
  assert.equal((await done(old.read(Order, "beside")))?.status, "confirmed");
  await done(old.stop());

  const back = await begun(deskOf(labelFirst), labelFirst);
  await pass(120_000);
  assert.equal((await done(back.read(Order, "ahead")))?.status, "confirmed");
  assert.deepEqual(charged, ["ahead/charge", "beside/charge"]);
  await done(back.stop());
});
