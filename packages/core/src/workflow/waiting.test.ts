// What workflows wait for: time, messages, callbacks, children; and what becomes of what comes late, twice or for nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { service } from "../decide/service.ts";
import { terminal } from "../errors.ts";
import { command, event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { isCancelled } from "./failures.ts";
import { OrderData, OrderPicked, OrderShipped, ReceiptData, shop, shopApp } from "./testing/shop.ts";

const MINUTE = 60_000;

const picking = workflow("picking", { input: OrderData, ports: { shop }, waitsFor: [OrderPicked] }, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  const picked = await w.waitFor(OrderPicked, { within: { minutes: 3 } });
  return picked === undefined ? "too late" : `picked ${picked.orderId}`;
});

test("A wait for a message that reaches no run is refused, also where nobody checks types", async () => {
  const deaf = workflow("deaf", { input: OrderData, ports: { shop } }, async (_order, w) => {
    // @ts-expect-error it is not among `waitsFor`
    await w.waitFor(OrderPicked);
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [deaf], [deaf.start]);
  await done(app.publish(deaf.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const [letter] = await done(app.deadLetters.list());
  assert.equal(letter?.code, "WORKFLOW_STEP_REFUSED");
  assert.match(letter.reason, /'order.picked'.*add its definition to the workflow's `waitsFor`/);
  await stop();
});

test("A run sleeps and goes on", async () => {
  const sleeper = workflow("sleeper", { input: OrderData }, async (_order, w) => {
    const before = w.now;
    await w.sleep({ minutes: 90 });
    return w.now - before;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [sleeper], [sleeper.start]);
  await done(app.publish(sleeper.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.equal((await done(app.read(sleeper.run, "o-1")))?.status, "running");
  await pass(90 * MINUTE);
  const run = await done(app.read(sleeper.run, "o-1"));
  assert.equal(run?.status, "completed");
  assert.ok((run.result ?? 0) >= 90 * MINUTE);
  await stop();
});

test("A wait ends with its message, also with one that came before it or before the run began", async () => {
  const { app, done, pass, stop } = await shopApp(setImmediate, [picking], [picking.start, OrderPicked]);
  const start = (id: string) => done(app.publish(picking.start({ id, input: { orderId: id } })));
  const picked = (id: string) => done(app.publish(OrderPicked({ orderId: id })));
  await start("after");
  await pass(1_000);
  await picked("after");
  await picked("before");
  await pass(1_000);
  await start("before");
  await start("at-once");
  await picked("at-once");
  await pass(1_000);
  for (const id of ["after", "before", "at-once"]) assert.equal((await done(app.read(picking.run, id)))?.result, `picked ${id}`);
  await stop();
});

test("A wait ends when its time is over, and what comes later changes nothing", async () => {
  const { app, done, pass, stop } = await shopApp(setImmediate, [picking], [picking.start, OrderPicked]);
  await done(app.publish(picking.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(3 * MINUTE + 10_000);
  assert.equal((await done(app.read(picking.run, "o-1")))?.result, "too late");
  await done(app.publish(OrderPicked({ orderId: "o-1" })));
  await pass(1_000);
  const run = await done(app.read(picking.run, "o-1"));
  assert.equal(run?.result, "too late");
  assert.deepEqual(run.strays.map((stray) => [stray.name, stray.why]), [["order.picked", "the run has ended"]]);
  await stop();
});

/** As the outside is given them. */
const tokens: string[] = [];
const asking = workflow("asking", { input: OrderData, ports: { shop } }, async (order, w) => {
  const pick = w.callback("pick", ReceiptData, { within: { minutes: 1 } });
  tokens.push(pick.token);
  await w.retriable("tell", shop.ship, { orderId: pick.token });
  const answer = await pick.answer;
  return answer === undefined ? `${order.orderId} never came` : answer.receipt;
});

test("A callback is answered once by its token: a wrong one, a wrong answer, a second and a late one are told among the strays", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [asking], [asking.start, asking.callback]);
  const answer = (token: string, data: unknown) => done(app.publish(asking.callback({ token, data })));
  await done(app.publish(asking.start({ id: "o 1~2", input: { orderId: "o-1" } })));
  await pass(1_000);
  const entry = (await done(app.read(asking.run, "o 1~2")))?.journal[0];
  assert.ok(entry?.kind === "requested" && entry.what === "callback");
  assert.equal(did.length, 1);
  const token = tokens[0] ?? "";
  assert.ok(token.endsWith(entry.secret));
  await answer(token.slice(0, -2), { receipt: "r" });
  await answer(token, { receipt: 7 });
  await pass(1_000);
  assert.equal((await done(app.read(asking.run, "o 1~2")))?.status, "running");
  await answer(token, { receipt: "r-1" });
  await pass(1_000);
  await answer(token, { receipt: "r-2" });
  await pass(2 * MINUTE);
  const run = await done(app.read(asking.run, "o 1~2"));
  assert.equal(run?.result, "r-1");
  assert.equal(run.strays.length, 3);
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A run that is cancelled undoes its steps, and refuses after its pivot", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [picking], [picking.start, picking.cancel, OrderPicked]);
  await done(app.publish(picking.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  await done(app.publish(picking.cancel({ id: "o-1", reason: "the customer changed their mind" })));
  await done(app.publish(OrderPicked({ orderId: "o-1" })));
  await pass(1_000);
  const run = await done(app.read(picking.run, "o-1"));
  assert.equal(run?.status, "cancelled");
  assert.equal(run.failure?.code, "RUN_CANCELLED");
  assert.deepEqual(did, ["reserve picking/o-1/reserve", "release picking/o-1/reserve/undo"]);
  await stop();

  const sold = workflow("sold", { input: OrderData, ports: { shop }, waitsFor: [OrderPicked] }, async (order, w) => {
    await w.pivot("charge", shop.charge, order);
    await w.waitFor(OrderPicked);
  });
  const other = await shopApp(setImmediate, [sold], [sold.start, sold.cancel, OrderPicked]);
  await other.done(other.app.publish(sold.start({ id: "o-1", input: { orderId: "o-1" } })));
  await other.pass(1_000);
  await other.done(other.app.publish(sold.cancel({ id: "o-1", reason: "too late" })));
  await other.pass(1_000);
  const going = await other.done(other.app.read(sold.run, "o-1"));
  assert.equal(going?.status, "running");
  assert.equal(going.strays[0]?.why, "the run has gone past its pivot");
  await other.stop();
});

test("A cancellation waits for the step under way, and the function may say goodbye", async () => {
  const leaving = workflow("leaving", { input: OrderData, ports: { shop }, emits: [OrderShipped] }, async (order, w) => {
    try {
      await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt });
      await w.sleep({ minutes: 1 });
    } catch (error) {
      if (isCancelled(error)) w.emit(OrderShipped(order));
      throw error;
    }
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [leaving], [leaving.start, leaving.cancel]);
  await done(app.publish(leaving.start({ id: "o-1", input: { orderId: "o-1" } })));
  await done(app.publish(leaving.cancel({ id: "o-1", reason: "no" })));
  await pass(10_000);
  assert.equal((await done(app.read(leaving.run, "o-1")))?.status, "cancelled");
  assert.deepEqual(did, ["charge leaving/o-1/charge", "refund leaving/o-1/charge/undo"]);
  await stop();
});

test("A child run gives its parent its result, or its failure", async () => {
  const child = workflow("child", { input: OrderData, ports: { shop } }, async (order, w) =>
    (await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt })).receipt);
  const parent = workflow("parent", { input: OrderData, ports: { shop }, children: [child] }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const paid = await w.child("pay", child, { id: `${order.orderId}/pay`, input: order });
    return paid.length;
  });
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [parent, child], [parent.start]);
  await done(app.publish(parent.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.equal((await done(app.read(parent.run, "o-1")))?.result, "charge:child/o-1/pay/charge".length);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  await done(app.publish(parent.start({ id: "o-2", input: { orderId: "o-2" } })));
  await pass(1_000);
  const run = await done(app.read(parent.run, "o-2"));
  assert.equal(run?.status, "compensated");
  assert.equal(run.failure?.code, "CHILD_FAILED");
  assert.deepEqual(did.slice(-1), ["release parent/o-2/reserve/undo"]);
  await stop();
});

const Reserve = command("reserve-stock", { key: (data) => data.orderId, data: OrderData });
const Release = command("release-stock", { key: (data) => data.orderId, data: OrderData });
const Reserved = event("stock.reserved", { key: (data) => data.orderId, data: OrderData });
const Rejected = event("stock.rejected", { key: (data) => data.orderId, data: OrderData });
const Released = event("stock.released", { key: (data) => data.orderId, data: OrderData });

/** A service that a workflow asks; it never answers for orders called "silent". */
function stock(log: string[]) {
  return service("stock", { emits: [Reserved, Rejected, Released] })
    .on(Reserve, (order, { emit }) => {
      log.push(`reserve ${order.orderId}`);
      if (order.orderId !== "silent") emit(order.orderId === "none" ? Rejected(order) : Reserved(order));
    })
    .on(Release, (order, { emit }) => {
      log.push(`release ${order.orderId}`);
      emit(Released(order));
    });
}

test("A service is asked once, answers by one of several messages, and is asked to undo it when the run fails, also where it never answered", async () => {
  const buying = workflow("buying", {
    input: OrderData, ports: { shop }, emits: [Reserve, Release], waitsFor: [Reserved, Rejected, Released], announces: true,
  }, async (order, w) => {
    const held = await w.ask(Reserve(order), {
      answers: [Reserved, Rejected], within: { minutes: 1 }, undo: { send: Release(order), answers: [Released], unless: [Rejected] },
    });
    if (held?.name !== "stock.reserved") throw terminal("NOT_RESERVED", "There is none.");
    await w.pivot("charge", shop.charge, order);
    return held.data.orderId;
  });
  const ends: string[] = [];
  const listener = service("listener").on(buying.ended, ({ id, status, result }) => { ends.push(`${id} ${status} ${String(result)}`); });
  const log: string[] = [];
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [buying, stock(log), listener], [buying.start]);
  const start = async (id: string) => { await done(app.publish(buying.start({ id, input: { orderId: id } }))); await pass(90_000); };
  await start("some");
  await start("none");
  await start("silent");
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  await start("poor");
  assert.deepEqual(ends, ["some completed some", "none compensated undefined", "silent compensated undefined", "poor compensated undefined"]);
  assert.deepEqual(log, ["reserve some", "reserve none", "reserve silent", "release silent", "reserve poor", "release poor"]);
  assert.equal((await done(app.read(buying.run, "none")))?.failure?.code, "NOT_RESERVED");
  await stop();
});

test("A parent that is cancelled has its children end first", async () => {
  const child = workflow("child", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.sleep({ hours: 1 });
  });
  const parent = workflow("parent", { input: OrderData, children: [child] }, (order, w) => w.child("only", child, { id: "c-1", input: order }));
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [parent, child], [parent.start, parent.cancel]);
  await done(app.publish(parent.start({ id: "p-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  await done(app.publish(parent.cancel({ id: "p-1", reason: "no" })));
  await pass(1_000);
  const [ended, cancelled] = await done(Promise.all([app.read(child.run, "c-1"), app.read(parent.run, "p-1")]));
  assert.deepEqual([ended?.status, cancelled?.status], ["cancelled", "cancelled"]);
  assert.ok((ended?.endedAt ?? 0) <= (cancelled?.endedAt ?? 0));
  assert.deepEqual(did, ["reserve child/c-1/reserve", "release child/c-1/reserve/undo"]);
  await stop();
});
