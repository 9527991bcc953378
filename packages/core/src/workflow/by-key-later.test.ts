// Waits for messages by another key across what happens to runs later: another owner, a replay of what was recorded, a restart, a new version, and a
// message that is waited for in both ways.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { checkHistory } from "./history.ts";
import { plain, text } from "./messages.ts";
import { replayRun } from "./replay-run.ts";
import { OrderData, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
interface Payment { readonly payment: string; readonly by: string }
const Paid = event("paid", { key: (data) => data.payment, data: plain<Payment>(text("payment", "by")) });
const base = { input: OrderData, ports: { shop }, waitsForByKey: [Paid] } as const;
const paidAt = (key: string) => workflow("order", base, async (order, w) => {
  const { by } = await w.waitFor(Paid, { key });
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  return by;
});
const order = paidAt("p-1");

test("Another owner knows who waits at a key, and what was kept there", async () => {
  const { app, done, pass, stop, next } = await shopApp(setImmediate, [order], [order.start, Paid]);
  await done(app.publish(order.start({ id: "waits", input: { orderId: "waits" } })));
  await done(app.publish(Paid({ payment: "p-2", by: "Ben" })));
  await pass(SECOND);
  await stop();
  const other = workflow("order", { ...base, version: 2, previous: [order] }, async (_order, w) => (await w.waitFor(Paid, { key: "p-2" })).by);
  const later = await next([other], [other.start, Paid]);
  await done(later.publish(Paid({ payment: "p-1", by: "Ada" })));
  await done(later.publish(other.start({ id: "new", input: { orderId: "new" } })));
  await pass(10 * SECOND);
  for (const [id, by] of [["waits", "Ada"], ["new", "Ben"]] as const) assert.equal((await done(later.read(other.run, id)))?.result, by);
  await done(later.stop());
});

test("Recorded runs are replayed with their keys, and another key is a divergence", async () => {
  const ended = await shopApp(setImmediate, [order], [order.start, Paid]);
  const { app, done, pass, stop } = ended;
  for (const id of ["over", "open"]) {
    await done(app.publish(order.start({ id, input: { orderId: id } })));
    if (id === "over") await done(app.publish(Paid({ payment: "p-1", by: "Ada" })));
    await pass(SECOND);
  }
  const open = workflow("order", base, async (_order, w) => (await w.waitFor(Paid, { key: "p-9" })).by);
  const standing = await shopApp(setImmediate, [open], [open.start, Paid]);
  await standing.done(standing.app.publish(open.start({ id: "open", input: { orderId: "open" } })));
  await standing.pass(SECOND);
  const recorded = async (from: typeof standing, id: string) =>
    checkHistory(JSON.parse(JSON.stringify({ workflow: "order", id, run: await from.done(from.app.read(order.run, id)) })), 1);
  const over = await recorded(ended, "over");
  assert.equal((await replayRun(order, over, setImmediate)).verdict, "same");
  assert.equal((await replayRun(open, await recorded(standing, "open"), setImmediate)).verdict, "same");
  const { verdict, recorded: was, made } = await replayRun(paidAt("p-2"), over, setImmediate);
  assert.deepEqual([verdict, was, made], ["diverged", "a wait for 'paid' of 'p-1'", "a wait for 'paid' of 'p-2'"]);
  await standing.stop();
  await stop();
});

test("A run that is restarted has what it was given by another key since, and is not given it again", async () => {
  const twice = workflow("order", base, async (order, w) => {
    await w.readonly("look", shop.charge, order);
    return (await w.waitFor(Paid, { key: "p-1" })).by;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [twice], [twice.start, twice.restart, Paid]);
  await done(app.publish(Paid({ payment: "p-1", by: "Ada" })));
  await done(app.publish(twice.start({ id: "o", input: { orderId: "o" } })));
  await pass(SECOND);
  await done(app.publish(twice.restart({ id: "o", from: "look", by: "ann", reason: "again" })));
  await pass(SECOND);
  const run = await done(app.read(twice.run, "o"));
  assert.deepEqual([run?.generation, run?.result, run?.strays], [1, "Ada", []]);
  await stop();
});

test("A message by another key that crosses with the end of a run is told there, and is given to it when it is restarted", async () => {
  const waiting = workflow("order", base, async (order, w) => {
    await w.readonly("look", shop.charge, order);
    return (await w.waitFor(Paid, { key: "p-1" })).by;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [waiting], [waiting.start, waiting.cancel, waiting.restart, Paid]);
  await done(app.publish(waiting.start({ id: "o", input: { orderId: "o" } })));
  await pass(SECOND);
  // The key has not heard of the run's end when the message comes, and forwards it.
  await done(Promise.all([app.publish(waiting.cancel({ id: "o", reason: "no" })), app.publish(Paid({ payment: "p-1", by: "Ada" }))]));
  await pass(SECOND);
  const ended = await done(app.read(waiting.run, "o"));
  assert.deepEqual([ended?.status, ended?.inbox, ended?.strays.map(({ name, why }) => [name, why])], ["cancelled", [], [["order.signal", "the run has ended: a restart is given it"]]]);
  await done(app.publish(waiting.restart({ id: "o", from: "look", by: "ann", reason: "after all" })));
  await pass(SECOND);
  const run = await done(app.read(waiting.run, "o"));
  assert.deepEqual([run?.status, run?.result, run?.unread], ["completed", "Ada", undefined]);
  await stop();
});

test("A message that is waited for in both ways comes in both ways", async () => {
  const both = workflow("both", { ...base, waitsFor: [Paid] }, async (_order, w) => {
    const [own, other] = [await w.waitFor(Paid), await w.waitFor(Paid, { key: "p-1" })];
    return `${own.by} and ${other.by}`;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [both], [both.start, Paid]);
  await done(app.publish(Paid({ payment: "o", by: "Own" })));
  await done(app.publish(Paid({ payment: "p-1", by: "Ada" })));
  await done(app.publish(both.start({ id: "o", input: { orderId: "o" } })));
  await pass(SECOND);
  assert.equal((await done(app.read(both.run, "o")))?.result, "Own and Ada");
  await stop();
});

test("A run that stays in memory for a step under way is given what comes by another key, each message once", async () => {
  const beside = workflow("beside", base, async (order, w) => {
    const looked = w.readonly("look", shop.charge, order);
    const told: string[] = [];
    for (let turn = 0; turn < 3; turn++) told.push((await w.waitFor(Paid, { key: "p-1" })).by);
    await looked;
    return told.join();
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [beside], [beside.start, Paid]);
  behaviour["charge"] = "hang";
  await done(app.publish(beside.start({ id: "o", input: { orderId: "o" } })));
  for (const by of ["Ada", "Ben", "Cid"]) {
    await pass(100);
    await done(app.publish(Paid({ payment: "p-1", by })));
  }
  await pass(100);
  const waiting = beside.inspect(await done(app.read(beside.run, "o")));
  assert.deepEqual([waiting?.waits.map(({ for: what }) => what), waiting?.buffered], [["step"], 0]);
  behaviour["charge"] = "ok";
  await pass(60_000);
  assert.equal((await done(app.read(beside.run, "o")))?.result, "Ada,Ben,Cid");
  await stop();
});
