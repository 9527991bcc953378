// Runs as people look at them: what they wait for, what needs a person, and the answers to what they received.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { command, event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, OrderShipped, ReceiptData, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const base = { input: OrderData, ports: { shop } } as const;
const Answered = event("answered", { key: (data) => data.orderId, data: OrderData });

test("A run is seen with everything that it waits for, since when and until when", async () => {
  const child = workflow("child", base, async (_order, w) => { await w.sleep({ hours: 9 }); });
  const many = workflow("many", { ...base, emits: [OrderShipped], waitsFor: [OrderPicked, Answered], children: [child] }, async (order, w) => {
    await w.sleep({ minutes: 1 });
    await Promise.all([
      w.readonly("look", shop.charge, order), w.sleep({ hours: 1 }), w.waitFor(OrderPicked, { within: { minutes: 30 } }),
      w.ask(OrderShipped(order), { answers: [Answered] }), w.callback("confirm", ReceiptData).answer, w.child("only", child, { id: "c", input: order }),
    ]);
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [many, child], [many.start, OrderPicked, Answered]);
  behaviour["charge"] = "hang";
  assert.equal(many.inspect(await done(app.read(many.run, "m"))), undefined);
  await done(app.publish(many.start({ id: "m", input: { orderId: "m" } })));
  await pass(MINUTE + SECOND);
  const run = await done(app.read(many.run, "m"));
  assert.ok(run !== undefined);
  const { waits, attention, status, buffered } = many.inspect(run);
  const asked = run.journal.find((entry) => entry.kind === "settled")?.at ?? 0;
  assert.ok(asked >= run.startedAt + MINUTE);
  assert.deepEqual(waits.map(({ for: what, name, until }) => [what, name, until === null ? null : until - asked]), [
    ["step", "look", null], ["sleep", null, 60 * MINUTE], ["message", "order.picked", 30 * MINUTE], ["answer", "order.shipped", null],
    ["callback", "confirm", null], ["child", "only", null],
  ]);
  assert.deepEqual(waits.map(({ since }) => since), waits.map(() => asked));
  assert.deepEqual([status, attention, buffered], ["running", [], 0]);
  await stop();
});

test("What was given up is seen with how often it was tried and how that ended, and a run that is over with what came of it", async () => {
  const undoing = workflow("undoing", { ...base, maxAttempts: 3 }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    void w.sleep({ hours: 1 });
    await w.sleep({ minutes: 1 });
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [undoing], [undoing.start, undoing.cancel, undoing.retry]);
  behaviour["release"] = "down";
  await done(app.publish(undoing.start({ id: "u", input: { orderId: "u" } })));
  await pass(SECOND);
  await done(app.publish(undoing.cancel({ id: "u", reason: "no more" })));
  await pass(30 * SECOND);
  const stuck = undoing.inspect(await done(app.read(undoing.run, "u")));
  assert.deepEqual(stuck?.attention, stuck?.waits);
  const [wait] = stuck?.attention ?? [];
  assert.deepEqual([stuck?.status, wait?.for, wait?.name, wait?.attempts, wait?.last?.outcome], ["attention", "undo", "reserve", 3, "notPerformed"]);
  behaviour["release"] = "ok";
  await done(app.publish(undoing.retry({ id: "u" })));
  await pass(5 * SECOND);
  const over = undoing.inspect(await done(app.read(undoing.run, "u")));
  assert.deepEqual([over?.status, over?.waits, over?.attention, over?.cancelReason, over?.failure?.code], ["cancelled", [], [], "no more", "RUN_CANCELLED"]);
  await stop();
});

const AddItem = command("add-item", { key: (data) => data.orderId, data: OrderData });

test("A run answers the messages that it receives, and whoever sent one finds the answer by its id", async () => {
  const basket = workflow("basket", { ...base, waitsFor: [AddItem] }, async (order, w) => {
    for (let items = 1; items < 3; items++) {
      const added = await w.receive(AddItem);
      added.answer({ items, of: order.orderId });
      // Its answers stay answers after whatever is awaited.
      await w.readonly(`look ${String(items)}`, shop.reserve, order);
    }
    const late = await w.receive(AddItem, { within: { minutes: 1 } });
    late?.answer("closed");
    return late === undefined ? "nothing more" : "one too many";
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [basket], [basket.start, AddItem]);
  const add = async (id: string) => {
    const { id: message } = await done(app.publish(AddItem({ orderId: id })));
    await pass(SECOND);
    return message;
  };
  for (const id of ["a", "b"]) await done(app.publish(basket.start({ id, input: { orderId: id } })));
  const asked = [await add("a"), await add("a"), await add("a")];
  const answers = basket.inspect(await done(app.read(basket.run, "a")))?.answers;
  assert.deepEqual(asked.map((id) => answers?.get(id)?.value), [{ items: 1, of: "a" }, { items: 2, of: "a" }, "closed"]);
  for (let times = 0; times < 2; times++) await add("b");
  await pass(2 * MINUTE);
  assert.equal((await done(app.read(basket.run, "b")))?.result, "nothing more");
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A message is answered once", async () => {
  const twice = workflow("twice", { ...base, waitsFor: [AddItem] }, async (_order, w) => {
    const added = await w.receive(AddItem);
    added.answer(1);
    added.answer(2);
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [twice], [twice.start, AddItem]);
  await done(app.publish(twice.start({ id: "t", input: { orderId: "t" } })));
  await done(app.publish(AddItem({ orderId: "t" })));
  await pass(SECOND);
  assert.equal((await done(app.deadLetters.list()))[0]?.code, "WORKFLOW_STEP_REFUSED");
  await stop();
});
