// Runs that are over and are restarted from a step: what is kept, what is asked for anew, and where it is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { command } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, OrderShipped, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const base = { input: OrderData, ports: { shop } } as const;
const who = { by: "ann", reason: "the card was topped up" } as const;

/** Looks, waits, reserves, charges and ships; tells then. */
const looked: string[] = [];
const drawn: string[] = [];
const checkout = workflow("checkout", { ...base, emits: [OrderShipped], waitsFor: [OrderPicked] }, async (order, w) => {
  const lookedAt = w.newId();
  looked.push(lookedAt);
  await w.readonly("look", shop.reserve, { orderId: lookedAt });
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  drawn.push(w.newId());
  await w.waitFor(OrderPicked);
  await w.pivot("charge", shop.charge, order);
  await w.retriable("ship", shop.ship, order);
  w.emit(OrderShipped(order));
  return "shipped";
});
const accepts = [checkout.start, checkout.cancel, checkout.restart, OrderPicked] as const;

test("A run that was compensated goes on from its first undone step, with what it was told before and the messages that have come", async () => {
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [checkout], accepts);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await done(app.publish(OrderPicked({ orderId: "o-1" })));
  await pass(5 * SECOND);
  const failed = await done(app.read(checkout.run, "o-1"));
  assert.equal(failed?.status, "compensated");
  behaviour["charge"] = "ok";
  const before = new Set(drawn.splice(0));
  await done(app.publish(checkout.restart({ id: "o-1", from: "reserve", ...who })));
  await pass(5 * SECOND);
  const run = await done(app.read(checkout.run, "o-1"));
  assert.deepEqual([run?.status, run?.result, run?.failure, run?.generation], ["completed", "shipped", undefined, 1]);
  assert.deepEqual(did, [
    "reserve checkout/o-1/look", "reserve checkout/o-1/reserve", "release checkout/o-1/reserve/undo",
    "reserve checkout/o-1#1/reserve", "charge checkout/o-1#1/charge", "ship checkout/o-1#1/ship",
  ]);
  assert.deepEqual(run?.restarts?.map(({ at: _at, ...said }) => said), [{ ...who, from: "reserve", was: "compensated", generation: 1 }]);
  // The step that was kept was asked for with ids of the first generation; what comes after it draws anew, the same at every replay.
  assert.deepEqual([new Set(looked).size, before.size, new Set(drawn).size, before.has(drawn[0] ?? "")], [1, 1, 1, false]);
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A restart may be restarted: each part of the journal keeps the keys of the generation that asked for it", async () => {
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [checkout], accepts);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await done(app.publish(OrderPicked({ orderId: "o-1" })));
  await pass(5 * SECOND);
  const restart = async (from: string) => {
    await done(app.publish(checkout.restart({ id: "o-1", from, ...who })));
    await pass(5 * SECOND);
  };
  await restart("reserve");
  await restart("look");
  await restart("reserve");
  behaviour["charge"] = "ok";
  await restart("reserve");
  const completed = await done(app.read(checkout.run, "o-1"));
  assert.deepEqual([completed?.status, completed?.generation], ["completed", 4]);
  // Past its pivot, only what stands after it is done again.
  await restart("ship");
  await restart("charge");
  const run = await done(app.read(checkout.run, "o-1"));
  assert.deepEqual([run?.status, run?.generation, run?.cuts], ["completed", 5, [{ requests: 1, generation: 2 }, { requests: 4, generation: 4 }]]);
  assert.equal(run?.strays[0]?.why, "'charge' was done and stands: it would be done twice");
  assert.deepEqual(did.filter((one) => !one.startsWith("re")), ["charge checkout/o-1#4/charge", "ship checkout/o-1#4/ship", "ship checkout/o-1#5/ship"]);
  await stop();
});

test("A message that had come and that a run had not waited for when it ended is there when it is restarted, also after a second end", async () => {
  const late = workflow("late", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    await w.readonly("charge", shop.charge, order);
    return (await w.waitFor(OrderPicked)).orderId;
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [late], [late.start, late.restart, OrderPicked]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(OrderPicked({ orderId: "o-1" })));
  await done(app.publish(late.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(5 * SECOND);
  const restart = async () => {
    await done(app.publish(late.restart({ id: "o-1", from: "charge", ...who })));
    await pass(5 * SECOND);
    return done(app.read(late.run, "o-1"));
  };
  const failed = await restart();
  assert.deepEqual([failed?.status, failed?.generation, failed?.inbox, failed?.unread?.map(({ name }) => name)], ["compensated", 1, [], ["order.picked"]]);
  behaviour["charge"] = "ok";
  const run = await restart();
  assert.deepEqual([run?.status, run?.result, run?.unread], ["completed", "o-1", undefined]);
  await stop();
});

const Tick = command("tick", { key: (data) => data.orderId, data: OrderData });

test("What a restart gives back is more than a run keeps and stands all the same, and one more message than that is refused as ever", async () => {
  const many = workflow("many", { ...base, waitsFor: [Tick], maxBuffered: 2 }, async (order, w) => {
    await w.readonly("look", shop.reserve, order);
    for (let ticks = 0; ticks < 2; ticks++) await w.waitFor(Tick);
    await w.sleep({ minutes: 1 });
    await w.readonly("charge", shop.charge, order);
    for (let ticks = 0; ticks < 2; ticks++) await w.waitFor(Tick);
    return "all came";
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [many], [many.start, many.restart, Tick]);
  const tick = async () => { await done(app.publish(Tick({ orderId: "o-1" }))); await pass(SECOND); };
  const read = () => done(app.read(many.run, "o-1"));
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(many.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  for (let ticks = 0; ticks < 4; ticks++) await tick();
  await pass(70 * SECOND);
  const failed = await read();
  assert.deepEqual([failed?.status, failed?.inbox.length, failed?.unread?.length], ["compensated", 0, 2]);
  assert.equal(failed === undefined ? null : many.inspect(failed).buffered, 2);
  await done(app.publish(many.restart({ id: "o-1", from: "look", ...who })));
  await pass(SECOND);
  // While it looked there were four.
  assert.deepEqual([(await read())?.status, (await read())?.inbox.length, await done(app.deadLetters.list())], ["running", 2, []]);
  await tick();
  assert.deepEqual((await done(app.deadLetters.list())).map(({ code, key }) => [code, key]), [["WORKFLOW_INBOX_FULL", "o-1"]]);
  await stop();
});

test("A run that has ended keeps the newest hundred messages for a restart, and tells of those before them", async () => {
  const idle = workflow("idle", { ...base, waitsFor: [Tick, OrderPicked] }, async (_order, w) => { await w.waitFor(OrderPicked); });
  const { app, done, pass, stop } = await shopApp(setImmediate, [idle], [idle.start, idle.cancel, Tick, OrderPicked]);
  await done(app.publish(idle.start({ id: "o-1", input: { orderId: "o-1" } })));
  for (let ticks = 0; ticks < 103; ticks++) await done(app.publish(Tick({ orderId: "o-1" })));
  await pass(SECOND);
  const ids = (await done(app.read(idle.run, "o-1")))?.inbox.map(({ id }) => id) ?? [];
  assert.equal(ids.length, 103);
  await done(app.publish(idle.cancel({ id: "o-1", reason: "enough" })));
  await pass(SECOND);
  const run = await done(app.read(idle.run, "o-1"));
  assert.deepEqual([run?.status, run?.unread?.map(({ id }) => id)], ["cancelled", ids.slice(3)]);
  assert.deepEqual(run?.strays.map(({ id, name }) => [id, name]), ids.slice(0, 3).map((id) => [id, "tick"]));
  assert.match(run.strays[0]?.why ?? "", /a restart is given the last 100 messages/);
  await stop();
});

test("A restart is refused, with the reason among the strays, where it would build on what was undone or do anything twice", async () => {
  const child = workflow("child", base, async (order, w) => { await w.readonly("look", shop.reserve, order); });
  const several = workflow("several", { ...base, children: [child] }, async (order, w) => {
    await w.readonly("first", shop.reserve, order);
    if (order.orderId === "child") await w.child("only", child, { id: `${order.orderId}/c`, input: order });
    if (order.orderId === "parallel") await Promise.all([w.readonly("left", shop.reserve, order), w.readonly("right", shop.reserve, order)]);
    const key = order.orderId === "named" ? { key: "mine" } : {};
    await w.step("reserve", shop.reserve, order, { ...key, undo: shop.release });
    await w.readonly("charge", shop.charge, order);
    if (order.orderId === "going") await w.sleep({ hours: 1 });
    return "done";
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [several, child], [several.start, several.restart, child.start, child.restart]);
  const refusal = async (id: string, from: string) => {
    await done(app.publish(several.restart({ id, from, ...who })));
    await pass(SECOND);
    const run = await done(app.read(several.run, id));
    assert.equal(run?.generation, 0);
    return run.strays.at(-1)?.why;
  };
  const start = async (id: string) => { await done(app.publish(several.start({ id, input: { orderId: id } }))); await pass(5 * SECOND); };
  for (const id of ["going", "child", "plain", "parallel"]) await start(id);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  for (const id of ["named", "undone"]) await start(id);
  assert.equal(await refusal("going", "first"), "the run is under way: cancel it first");
  assert.equal(await refusal("child", "first"), "'only' is a child run, whose id is taken");
  assert.equal(await refusal("plain", "first"), "'reserve' was done and stands: it would be done twice");
  assert.equal(await refusal("plain", "no such"), "its last generation has no step 'no such'");
  assert.equal(await refusal("parallel", "right"), "'right' was asked for while 'left' was under way: restart from a step before both");
  assert.equal(await refusal("named", "first"), "'reserve' was undone, and would be asked for under the same key 'mine', which its code names");
  assert.equal(await refusal("undone", "charge"), "'reserve' would be kept, and was undone: restart from there, or from before it");
  await done(app.publish(child.restart({ id: "child/c", from: "look", ...who })));
  await pass(SECOND);
  assert.equal((await done(app.read(child.run, "child/c")))?.strays[0]?.why, "its parent 'child' was told of its end");
  await stop();
});
