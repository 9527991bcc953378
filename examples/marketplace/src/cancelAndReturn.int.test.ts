// Cancelling by state, returning goods, and refunds that cannot go on by themselves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { notPerformed, provide } from "evenkeel";
import { CancelOrder, ReturnGoods } from "./orders/messages.ts";
import { card } from "./payments/card.ts";
import { RetryRefund } from "./payments/messages.ts";
import { openScene, ORDERED_AT, until, type Scene } from "./testing/scene.ts";

/** A card provider in memory whose refunds can be switched off and whose charges can be held back. */
const books = { refunds: true, charges: true, charged: new Map<string, number>(), refunded: new Map<string, number>() };
const memoryCard = provide(card, {
  charge: {
    perform: async ({ key, input, signal }) => {
      while (!books.charges && !signal.aborted) await new Promise((resolve) => void setTimeout(resolve, 10));
      if (input.customer === "unreachable") throw notPerformed("no connection");
      books.charged.set(key, input.pence);
      return { kind: "ok", value: { chargeId: key } };
    },
    ask: async ({ key }) => (books.charged.has(key) ? { kind: "ok", value: { chargeId: key } } : { kind: "absent" }),
  },
  refund: {
    perform: async ({ key, input }) => {
      if (!books.refunds) throw notPerformed("the refund desk is closed");
      books.refunded.set(key, input.pence);
      return { kind: "ok", value: { refundId: key } };
    },
    ask: async ({ key }) => (books.refunded.has(key) ? { kind: "ok", value: { refundId: key } } : { kind: "absent" }),
  },
});

let scene: Scene;
before(async () => {
  scene = await openScene(memoryCard);
  await scene.stock({ mug: { units: 1_000, pence: 250 }, jug: { units: 1_000, pence: 400 } });
});
after(() => scene.close());

const shelf = async (sku: string): Promise<Readonly<Record<string, unknown>>> => (await scene.read("stock", sku)) ?? {};
const said = async (key: string, name: string): Promise<unknown[]> =>
  (await scene.query(`select body from "${scene.schema}".log where key = $1 and name = $2 order by position`, [key, name])).map((row) => row["body"]);
const giveBack = (returnId: string, customer: string | null, lines: { sku: string; quantity: number }[], returnedAt = "2011-03-10T10:00:00.000Z") =>
  scene.app.publish(ReturnGoods({ returnId, customer, returnedAt, lines }), { idempotencyKey: returnId });

test("a charge that is certainly not made, time after time, compensates the order: nothing is held, nothing was paid", async () => {
  await scene.place("c-unreachable", { mug: 9 }, { customer: "unreachable" });
  const order = await scene.reaches("order", "c-unreachable", "compensated");
  assert.equal(order["reason"], "no connection");
  assert.equal((await scene.read("hold", "c-unreachable"))?.["state"], "released");
});

test("cancelled before the charge is made: the stock is released, and what is charged meanwhile goes back", async () => {
  books.charges = false;
  await scene.place("c-early", { mug: 4 });
  await scene.reaches("order", "c-early", "reserved");
  await scene.app.publish(CancelOrder({ orderId: "c-early" }));
  await scene.reaches("order", "c-early", "cancelling");
  books.charges = true;
  await scene.reaches("order", "c-early", "cancelled");
  assert.equal((await scene.read("hold", "c-early"))?.["state"], "released");
  assert.equal((await scene.read("shipment", "c-early"))?.["state"], "voided");
  assert.equal(books.refunded.get("c-early/refund"), 1_000);
});

test("cancelled with the order itself: it ends cancelled, at whatever moment the cancellation arrives", async () => {
  const count = 40;
  for (let n = 0; n < count; n += 1) {
    await scene.place(`c-race-${n}`, { mug: 1 });
    // Later and later after the order: before the hold, the charge, the label, the sale.
    await scene.app.publish(CancelOrder({ orderId: `c-race-${n}` }), { afterMs: n * 2 });
  }
  const ends = new Map<unknown, number>();
  for (let n = 0; n < count; n += 1) {
    let status: unknown;
    await until(`c-race-${n}`, async () => {
      status = (await scene.read("order", `c-race-${n}`))?.["status"];
      return status === "cancelled" || (status === "confirmed" && (await said(`c-race-${n}`, "cancel.refused")).length === 1);
    });
    ends.set(status, (ends.get(status) ?? 0) + 1);
  }
  assert.ok((ends.get("cancelled") ?? 0) > 0, "some cancellations came in time");
});

test("cancelled after it was confirmed: refused, for the parcel may have left; so is a second cancellation, and one of nothing", async () => {
  await scene.place("c-late", { mug: 1 });
  await scene.reaches("order", "c-late", "confirmed");
  await scene.app.publish(CancelOrder({ orderId: "c-late" }));
  await scene.app.publish(CancelOrder({ orderId: "c-nobody" }));
  await scene.app.publish(CancelOrder({ orderId: "c-early" }));
  await until("the refusals", async () => (await said("c-late", "cancel.refused")).length + (await said("c-nobody", "cancel.refused")).length + (await said("c-early", "cancel.refused")).length === 3);
  assert.deepEqual(await said("c-late", "cancel.refused"), [{ orderId: "c-late", status: "confirmed" }]);
  assert.deepEqual(await said("c-nobody", "cancel.refused"), [{ orderId: "c-nobody", status: "unknown" }]);
  assert.deepEqual(await said("c-early", "cancel.refused"), [{ orderId: "c-early", status: "cancelled" }]);
});

test("goods that come back are refunded at the price paid, order by order, and are on the shelf again", async () => {
  await scene.place("r-1", { mug: 2, jug: 1 }, { customer: "anna" });
  await scene.reaches("order", "r-1", "confirmed");
  await scene.place("r-2", { mug: 3 }, { customer: "anna" });
  await scene.reaches("order", "r-2", "confirmed");
  const before = await shelf("mug");
  await giveBack("back-1", "anna", [{ sku: "mug", quantity: 4 }]);
  const done = await scene.reaches("goods_return", "back-1", "completed");
  assert.equal(done["pence"], 1_000);
  const refunds = [...books.refunded].filter(([key]) => key.endsWith("/refund/back-1")).map(([, pence]) => pence);
  assert.equal(refunds.length, 2);
  assert.equal(refunds.reduce((sum, pence) => sum + pence, 0), 1_000);
  const now = await shelf("mug");
  assert.equal(Number(now["onHand"]) - Number(before["onHand"]), 4);
});

test("more than was bought and not returned yet is refused as a whole, and changes nothing", async () => {
  const before = await shelf("jug");
  await giveBack("back-2", "anna", [{ sku: "jug", quantity: 1 }, { sku: "mug", quantity: 2 }]);
  await scene.reaches("goods_return", "back-2", "refused");
  assert.deepEqual(await said("back-2", "return.refused"), [{ returnId: "back-2", beyond: [{ sku: "mug", asked: 2, returnable: 1 }] }]);
  assert.deepEqual(await shelf("jug"), before);
});

test("a return before the purchase, by a stranger or by nobody in particular is refused", async () => {
  await giveBack("back-3", "anna", [{ sku: "jug", quantity: 1 }], "2011-03-01T10:00:00.000Z");
  await giveBack("back-4", "bert", [{ sku: "jug", quantity: 1 }]);
  await giveBack("back-5", null, [{ sku: "jug", quantity: 1 }]);
  for (const returnId of ["back-3", "back-4", "back-5"]) await scene.reaches("goods_return", returnId, "refused");
  assert.ok(ORDERED_AT > "2011-03-01");
});

test("a refund that keeps failing leaves order and return in need of attention, and a person can have it tried again", async () => {
  await scene.place("s-2", { jug: 2 }, { customer: "carl" });
  await scene.reaches("order", "s-2", "confirmed");
  books.refunds = false;
  await scene.place("s-1", { mug: 2 }, { country: "Unspecified" });
  await giveBack("back-6", "carl", [{ sku: "jug", quantity: 2 }]);
  const stuck = await scene.reaches("order", "s-1", "needs attention");
  assert.equal(stuck["reason"], "the order names no destination");
  await scene.reaches("goods_return", "back-6", "needs attention");
  assert.deepEqual(await said("s-1", "order.needs-attention"), [{ orderId: "s-1", reason: "the refund desk is closed" }]);
  const open = (await scene.audit()).violations.filter(({ invariant }) => invariant.startsWith("INV-8"));
  assert.deepEqual(open, [], "what is stuck is visible");
  books.refunds = true;
  await scene.app.publish(RetryRefund({ orderId: "s-1", returnId: null }));
  await scene.app.publish(RetryRefund({ orderId: "s-2", returnId: "back-6" }));
  await scene.reaches("order", "s-1", "compensated");
  await scene.reaches("goods_return", "back-6", "completed");
  assert.equal(books.refunded.get("s-1/refund"), 500);
  assert.equal(books.refunded.get("s-2/refund/back-6"), 800);
});

test("stock, messages and histories agree after all of that", async () => {
  // The provider's ledger is empty, for these books are in memory: of confirmed orders the audit finds no charge there.
  const { violations } = await scene.audit();
  assert.deepEqual(violations.filter(({ invariant }) => !invariant.startsWith("INV-4")), []);
});
