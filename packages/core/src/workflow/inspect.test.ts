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

test("A run is seen with the steps that it took: when each was asked for and settled, how it ended, and whether it was undone", async () => {
  const stepping = workflow("stepping", base, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.sleep({ minutes: 1 });
    await w.retriable("ship", shop.ship, order);
    await w.pivot("charge", shop.charge, order);
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [stepping], [stepping.start, stepping.restart]);
  const view = async () => stepping.inspect(await done(app.read(stepping.run, "s")));
  behaviour["ship"] = "down";
  await done(app.publish(stepping.start({ id: "s", input: { orderId: "s" } })));
  await pass(MINUTE + 2 * SECOND);
  const going = await view();
  const [reserve, ship, ...none] = going?.steps ?? [];
  assert.deepEqual(none, []);
  assert.deepEqual(reserve, {
    name: "reserve", type: "compensatable", operation: "shop.reserve", key: "stepping/s/reserve", askedAt: going?.startedAt, settledAt: reserve?.settledAt,
    outcome: "ok", value: { orderId: "stepping/s/reserve", receipt: "reserve:stepping/s/reserve" }, attempts: 0, last: null, undo: "none",
  });
  assert.ok((reserve?.settledAt ?? 0) >= (reserve?.askedAt ?? Infinity));
  assert.ok((ship?.askedAt ?? 0) >= (reserve?.settledAt ?? Infinity) + MINUTE);
  assert.deepEqual([ship?.settledAt, ship?.outcome, ship?.last?.outcome], [null, null, "notPerformed"]);
  assert.ok((ship?.attempts ?? 0) >= 1);
  behaviour["ship"] = "ok";
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await pass(MINUTE);
  const over = await view();
  assert.equal(over?.status, "compensated");
  assert.deepEqual(over.steps.map(({ name, outcome, undo }) => [name, outcome, undo]), [["reserve", "ok", "done"], ["ship", "ok", "none"], ["charge", "declined", "none"]]);
  assert.deepEqual(over.steps.at(-1)?.value, { reason: "no money" });
  // A restart keeps what stands before it, with its times, and begins a generation.
  behaviour["charge"] = "ok";
  await done(app.publish(stepping.restart({ id: "s", from: "reserve", by: "ann", reason: "topped up" })));
  await pass(SECOND);
  const again = await view();
  assert.deepEqual([again?.startedAt, again?.generation], [going?.startedAt, 1]);
  assert.equal(again?.generationStartedAt, again?.restarts[0]?.at);
  assert.ok((again?.generationStartedAt ?? 0) > (over.endedAt ?? Infinity));
  assert.deepEqual(again?.steps.map(({ name, askedAt }) => [name, askedAt]), [["reserve", again?.generationStartedAt]]);
  await stop();
});

test("What a restart kept has the times at which it was asked for; a later generation tells when its run and itself began", async () => {
  const keeping = workflow("keeping", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    await w.readonly("look", shop.reserve, order);
    await w.pivot("charge", shop.charge, order);
    if (order.orderId !== "kept") await w.sleep({ seconds: 1 });
    if (order.orderId === "anew") return w.continueAsNew({ orderId: "again" });
    return order.orderId === "again" ? (await w.waitFor(OrderPicked)).orderId : "over";
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [keeping], [keeping.start, keeping.restart, OrderPicked]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(keeping.start({ id: "kept", input: { orderId: "kept" } })));
  await pass(MINUTE);
  behaviour["charge"] = "ok";
  await done(app.publish(keeping.restart({ id: "kept", from: "charge", by: "ann", reason: "topped up" })));
  await done(app.publish(keeping.start({ id: "anew", input: { orderId: "anew" } })));
  await pass(MINUTE);
  const kept = keeping.inspect(await done(app.read(keeping.run, "kept")));
  assert.deepEqual([kept?.status, ...(kept?.steps ?? []).map(({ askedAt }) => askedAt)], ["completed", kept?.startedAt, kept?.restarts[0]?.at]);
  const anew = keeping.inspect(await done(app.read(keeping.run, "anew")));
  assert.ok((anew?.generationStartedAt ?? 0) > (anew?.startedAt ?? Infinity));
  assert.deepEqual(anew?.steps.map(({ key }) => key), ["keeping/anew#1/look", "keeping/anew#1/charge"]);
  await done(app.publish(OrderPicked({ orderId: "early" })));
  await pass(SECOND);
  const early = keeping.inspect(await done(app.read(keeping.run, "early")));
  assert.deepEqual([early?.status, early?.startedAt, early?.generationStartedAt, early?.steps], ["awaited", null, null, []]);
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
