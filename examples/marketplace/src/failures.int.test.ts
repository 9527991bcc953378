// Twelve failures that order systems really had, each shown not to happen here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isEvenkeelError } from "evenkeel";
import { StockShelf } from "./inventory/messages.ts";
import { OrderFailing, PlaceOrder } from "./orders/messages.ts";
import { openScene, ORDERED_AT, until, type Scene } from "./testing/scene.ts";

let scene: Scene;
before(async () => {
  scene = await openScene();
  await scene.stock({ mug: { units: 100_000, pence: 250 }, jug: { units: 100_000, pence: 400 }, rare: { units: 1, pence: 900 } });
});
after(() => scene.close());

const shelf = async (sku: string): Promise<Readonly<Record<string, unknown>>> => (await scene.read("stock", sku)) ?? {};
const of = async (orderId: string) => (await scene.ledger()).filter((one) => one.key.startsWith(`default/${orderId}/`));

test("1: a failed step leaves the context whole, so the compensation runs: label refused, money and stock back", async () => {
  await scene.place("f1", { mug: 3, jug: 2 }, { country: "Unspecified" });
  const order = await scene.reaches("order", "f1", "compensated");
  assert.equal(order["reason"], "the order names no destination");
  assert.deepEqual((await of("f1")).map(({ kind, pence }) => ({ kind, pence })), [{ kind: "captured", pence: 1_550 }, { kind: "refunded", pence: 1_550 }]);
  assert.deepEqual(await scene.read("hold", "f1"), { state: "released" });
});

test("2: every order leaves its first state, whichever way it ends", async () => {
  await scene.place("f2-confirmed", { mug: 1 });
  await scene.place("f2-rejected", { rare: 2 });
  await scene.place("f2-refused", { unheard: 1 });
  await scene.reaches("order", "f2-confirmed", "confirmed");
  await scene.reaches("order", "f2-rejected", "rejected");
  await scene.reaches("order", "f2-refused", "refused");
});

test("3: a provider that cannot be reached is tried again, and the order goes on when it is back", async () => {
  await scene.faults({ down: true });
  await scene.place("f3", { mug: 1 });
  await scene.reaches("order", "f3", "reserved");
  await scene.faults({});
  await scene.reaches("order", "f3", "confirmed");
  assert.equal((await of("f3")).length, 1);
});

test("4: a charge whose answer was lost is asked for by its key, not taken for a failure and not made twice", async () => {
  await scene.faults({ dropAfterCharging: 1 });
  await scene.place("f4-charged", { mug: 1 });
  await scene.reaches("order", "f4-charged", "confirmed");
  await scene.faults({ dropBeforeCharging: 1 });
  await scene.place("f4-not-charged", { mug: 1 });
  await until("the first attempt", async () => (await scene.query(`select 1 from "${scene.schema}".log where name = 'payments.card.charge.outcome' and key = 'f4-not-charged'`)).length > 0);
  await scene.faults({});
  await scene.reaches("order", "f4-not-charged", "confirmed");
  assert.equal((await of("f4-charged")).length, 1);
  assert.equal((await of("f4-not-charged")).length, 1);
});

test("5: a reservation that fails on its second line takes nothing of the first, however often it is asked for", async () => {
  const before = await shelf("jug");
  for (let again = 0; again < 3; again += 1) await scene.place("f5", { jug: 7, rare: 2 });
  await scene.reaches("order", "f5", "rejected");
  assert.deepEqual(await shelf("jug"), before);
  assert.deepEqual(await shelf("rare"), { initial: 1, onHand: 1 });
});

test("6: stock is released once, even when the release is asked for again", async () => {
  await scene.place("f6", { mug: 5, jug: 5 }, { country: "Unspecified" });
  await scene.reaches("order", "f6", "compensated");
  const before = { mug: await shelf("mug"), jug: await shelf("jug") };
  const again = await scene.app.publish(OrderFailing({ orderId: "f6", reason: "said twice" }));
  const inventory = (await import("./inventory/inventory.ts")).inventory;
  await scene.app.handled(again, { by: inventory });
  assert.deepEqual({ mug: await shelf("mug"), jug: await shelf("jug") }, before);
});

test("7: an order, its event and its progress are one transaction: there is no gap in which a process could die", async () => {
  await scene.place("f7", { mug: 1 });
  await scene.reaches("order", "f7", "confirmed");
  const [row] = await scene.query(`
    select l.xmin::text = d.xmin::text as together from "${scene.schema}".log l join "${scene.schema}".entity_order_lines d on d.key = l.key
    where l.key = 'f7' and l.name = 'order.placed'`);
  assert.deepEqual(row, { together: true });
});

test("8: an idempotency key belongs to one body and one tenant, and has no state in which it could be stuck", async () => {
  const { app } = scene;
  const order = (quantity: number) => PlaceOrder({ orderId: "f8", customer: null, country: "France", orderedAt: ORDERED_AT, lines: [{ sku: "mug", quantity }] });
  const first = await app.publish(order(1), { idempotencyKey: "f8" });
  assert.deepEqual(await app.publish(order(1), { idempotencyKey: "f8" }), first);
  await assert.rejects(app.publish(order(2), { idempotencyKey: "f8" }), (error) => isEvenkeelError(error) && error.code === "IDEMPOTENCY_CONFLICT");
  const elsewhere = await app.publish(order(2), { idempotencyKey: "f8", tenant: "another-shop" });
  assert.notEqual(elsewhere.id, first.id);
  // A publish that was refused leaves no record behind: the key is free.
  const wrong = PlaceOrder({ orderId: "f8-b", customer: null, country: "France", orderedAt: "yesterday", lines: [{ sku: "mug", quantity: 1 }] });
  await assert.rejects(app.publish(wrong, { idempotencyKey: "f8-b" }), (error) => isEvenkeelError(error) && error.code === "DATA_INVALID");
  await scene.place("f8-b", { mug: 1 });
  await scene.reaches("order", "f8-b", "confirmed");
});

test("9: declined cards are answers, not faults: each is asked once, and the next customer pays at once", async () => {
  await scene.faults({ declineCustomers: ["blocked"] });
  const before = await scene.requests();
  for (let n = 0; n < 20; n += 1) await scene.place(`f9-${n}`, { mug: 1 }, { customer: "blocked" });
  await scene.place("f9-good", { mug: 1 });
  await scene.reaches("order", "f9-good", "confirmed");
  for (let n = 0; n < 20; n += 1) await scene.reaches("order", `f9-${n}`, "compensated");
  assert.equal(await scene.requests() - before, 21);
  await scene.faults({});
});

test("9: at a steady failure rate of one half every order still ends, and none is charged twice", async () => {
  await scene.faults({ error500: 0.5, seed: 3 });
  for (let n = 0; n < 20; n += 1) await scene.place(`f9-half-${n}`, { mug: 1 });
  for (let n = 0; n < 20; n += 1) await scene.reaches("order", `f9-half-${n}`, "confirmed");
  await scene.faults({});
  assert.equal((await of("f9-half-7")).length, 1);
});

test("10: a message that cannot be handled is kept, shown, and can be mended and run again", async () => {
  const { deadLetters } = scene.app;
  const by = { actor: "a shopkeeper" };
  await scene.app.publish(StockShelf({ sku: "mug", units: 5 }));
  await until("the dead letter", async () => (await deadLetters.list({ group: "inventory" })).length === 1);
  const [letter] = await deadLetters.list({ group: "inventory" });
  assert.ok(letter !== undefined);
  assert.equal(letter.code, "SHELF_TAKEN");
  await deadLetters.redrive(letter, by);
  await until("the same end", async () => (await deadLetters.list({ group: "inventory" })).length === 1);
  await deadLetters.edit(letter, { sku: "mug-with-handle", units: 5 }, by);
  await deadLetters.redrive(letter, by);
  await until("the shelf", async () => (await scene.read("stock", "mug-with-handle")) !== undefined);
  assert.deepEqual(await deadLetters.list({ group: "inventory" }), []);
  assert.deepEqual(new Set((await deadLetters.audit()).map((one) => one.actor)), new Set(["a shopkeeper"]));
});

test("11: the correlation reaches the customer's message, and everything but the command names its cause", async () => {
  const order = PlaceOrder({ orderId: "f11", customer: null, country: "France", orderedAt: ORDERED_AT, lines: [{ sku: "mug", quantity: 1 }] });
  await scene.app.publish(order, { correlationId: "a-visit-to-the-shop" });
  await until("the notification", async () => (await scene.read("notification", "f11")) !== undefined);
  await until("the parcel", async () => (await scene.query(`select 1 from "${scene.schema}".log where name = 'order.shipped' and key = 'f11'`)).length > 0);
  const rows = await scene.query(`
    select l.name, l.correlation_id, cause.name as cause from "${scene.schema}".log l left join "${scene.schema}".log cause on cause.id = l.causation_id
    where l.key = 'f11' order by l.position`);
  const causes = new Map(rows.map((row) => [row["name"], row["cause"]]));
  assert.deepEqual(new Set(rows.map((row) => row["correlation_id"])), new Set(["a-visit-to-the-shop"]));
  assert.equal(causes.get("customer.notified"), "order.confirmed");
  assert.deepEqual([...causes].filter(([, cause]) => cause === null).map(([name]) => name), ["place-order"]);
});

test("12: a producer that sends its order twice makes one customer message", async () => {
  await scene.place("f12", { mug: 1 });
  await scene.place("f12", { mug: 1 });
  await scene.reaches("order", "f12", "confirmed");
  const told = (): ReturnType<Scene["query"]> => scene.query(`select id from "${scene.schema}".log where name = 'customer.notified' and key = 'f12'`);
  await until("the message", async () => (await told()).length > 0);
  await scene.place("f12", { mug: 1 });
  assert.equal((await told()).length, 1);
});

test("after all of that no invariant is violated", async () => {
  const { violations } = await scene.audit();
  assert.deepEqual(violations, []);
});
