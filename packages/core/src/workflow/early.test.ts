// What comes for a run that has not begun, or asks for one that is there: it is kept, or told in the run's document, and never lost without a word.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { isEvenkeelError } from "../errors.ts";
import { workflow } from "./define.ts";
import { isCancelled } from "./failures.ts";
import type { Stray } from "./journal.ts";
import { tokenOf } from "./messages.ts";
import { OrderData, OrderPicked, OrderShipped, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const base = { input: OrderData, ports: { shop } } as const;
const whys = (run: { readonly strays: readonly Stray[] } | undefined) => run?.strays.map(({ name, why }) => [name, why]);

const going = workflow("going", { ...base, emits: [OrderShipped], waitsFor: [OrderPicked] }, async (order, w) => {
  try {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.waitFor(OrderPicked);
    return "picked";
  } catch (error) {
    if (isCancelled(error)) w.emit(OrderShipped(order));
    throw error;
  }
});
const accepts = [going.start, going.cancel, going.retry, going.restart, going.callback, OrderPicked] as const;

test("A second start with the same input is a repeat; one with another is told in the run, under way or ended, and changes nothing", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [going], accepts);
  const start = async (orderId: string) => {
    await done(app.publish(going.start({ id: "g", input: { orderId } })));
    await pass(SECOND);
    return going.inspect(await done(app.read(going.run, "g")));
  };
  await start("o-1");
  assert.deepEqual(whys(await start("o-1")), []);
  const other = ["going.start", "the run was begun before, with another input"];
  assert.deepEqual(whys(await start("o-2")), [other]);
  await done(app.publish(OrderPicked({ orderId: "g" })));
  await pass(SECOND);
  assert.equal((await start("o-1"))?.status, "completed");
  assert.deepEqual(whys(await start("o-3")), [other, other]);
  assert.deepEqual(did, ["reserve going/g/reserve"]);
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A run in a later generation knows a repeat by what it was first started with", async () => {
  const anew = workflow("anew", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    await w.waitFor(OrderPicked);
    return order.orderId === "3" ? "over" : w.continueAsNew({ orderId: String(Number(order.orderId) + 1) });
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [anew], [anew.start, OrderPicked]);
  const start = async (orderId: string) => {
    await done(app.publish(anew.start({ id: "a", input: { orderId } })));
    await pass(SECOND);
    return await done(app.read(anew.run, "a"));
  };
  const first = await start("1");
  for (let times = 0; times < 2; times++) {
    await done(app.publish(OrderPicked({ orderId: "a" })));
    await pass(SECOND);
  }
  const repeated = await start("1");
  assert.deepEqual([repeated?.generation, repeated?.input, whys(repeated)], [2, { orderId: "3" }, []]);
  assert.equal(repeated?.begun?.at, first?.startedAt);
  assert.deepEqual(whys(await start("3")), [["anew.start", "the run was begun before, with another input"]]);
  await stop();
});

test("A start by another parent is told to that parent, and in the run", async () => {
  const parent = workflow("parent", { ...base, children: [going] }, async (order, w) => { await w.child("only", going, { id: "shared", input: order }); });
  const { app, done, pass, stop } = await shopApp(setImmediate, [parent, going], [parent.start, ...accepts]);
  for (const id of ["p-1", "p-2"]) {
    await done(app.publish(parent.start({ id, input: { orderId: "o" } })));
    await pass(5 * SECOND);
  }
  assert.equal((await done(app.read(parent.run, "p-2")))?.failure?.code, "CHILD_FAILED");
  assert.deepEqual(whys(await done(app.read(going.run, "shared"))), [
    ["going.start", "run 'p-2' of workflow 'parent' wanted it as a child of its own, and was told that its id is taken"],
  ]);
  await stop();
});

test("A cancellation that comes before the start is kept: the run finds itself cancelled, may say so, and begins no step", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [going], accepts);
  const cancel = (reason: string) => done(app.publish(going.cancel({ id: "g", reason })));
  await cancel("changed their mind");
  await cancel("and said so twice");
  await done(app.publish(OrderPicked({ orderId: "g" })));
  await pass(SECOND);
  const early = going.inspect(await done(app.read(going.run, "g")));
  assert.deepEqual([early?.status, early?.cancelReason, early?.buffered, whys(early)], [
    "awaited", "changed their mind", 1, [["going.cancel", "the run is to be cancelled already"]],
  ]);
  await pass(60 * SECOND);
  await done(app.publish(going.start({ id: "g", input: { orderId: "o" } })));
  await pass(SECOND);
  const run = await done(app.read(going.run, "g"));
  assert.deepEqual([run?.status, run?.failure?.code, run?.inbox, did], ["cancelled", "RUN_CANCELLED", [], []]);
  assert.deepEqual(run?.journal.map((entry) => entry.kind === "requested" ? entry.what : entry.kind), ["cancelled", "emit"]);
  assert.equal(run?.journal[0]?.kind === "cancelled" && run.journal[0].at, run?.startedAt);
  assert.equal(whys(run)?.length, 1);
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A run that was cancelled before its start begins no step even where its function goes on", async () => {
  const slow = workflow("slow", { ...base, emits: [OrderShipped] }, async (order, w) => {
    w.emit(OrderShipped(order));
    await w.step("reserve", shop.reserve, order, { undo: shop.release }).catch(() => undefined);
    return w.now;
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [slow], [slow.start, slow.cancel, slow.retry]);
  await done(app.publish(slow.cancel({ id: "s", reason: "no" })));
  await pass(SECOND);
  await done(app.publish(slow.start({ id: "s", input: { orderId: "o" } })));
  await pass(SECOND);
  const run = await done(app.read(slow.run, "s"));
  // It took its cancellation for something to go on from.
  assert.deepEqual([run?.status, run?.result, did], ["completed", run?.startedAt, []]);
  await stop();
});

test("What is sent to a run that never was is told under its id, and a later start of that id finds it told", async () => {
  const { app, done, pass, stop } = await shopApp(setImmediate, [going], accepts);
  await done(app.publish(going.retry({ id: "nobody" })));
  await done(app.publish(going.restart({ id: "nobody", from: "reserve", reason: "mended", by: "ann" })));
  await done(app.publish(going.callback({ token: tokenOf("nobody", 0, "secret"), data: {} })));
  await pass(SECOND);
  const told = ["going.retry", "going.restart", "going.callback"].map((name) => [name, "no run of this id had begun"]);
  const before = going.inspect(await done(app.read(going.run, "nobody")));
  assert.deepEqual([before?.status, whys(before)], ["awaited", told]);
  await done(app.publish(going.start({ id: "nobody", input: { orderId: "o" } })));
  await pass(SECOND);
  const run = await done(app.read(going.run, "nobody"));
  assert.deepEqual([run?.status, whys(run)], ["running", told]);
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("A callback whose token nobody can read is refused where it is published", async () => {
  const { app, done, stop } = await shopApp(setImmediate, [going], accepts);
  for (const token of ["garbage", "a~b~c", "%E0~1~s", ""]) {
    await assert.rejects(done(app.publish(going.callback({ token, data: {} }))), (error) => isEvenkeelError(error) && error.code === "DATA_INVALID", token);
  }
  await stop();
});
