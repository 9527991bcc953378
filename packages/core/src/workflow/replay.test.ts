// Code that changes under runs that have begun: what is found, what is said, and the two ways to change it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, shop, shopApp } from "./testing/shop.ts";

const options = { input: OrderData, ports: { shop }, waitsFor: [OrderPicked] } as const;
const first = workflow("changing", options, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  await w.waitFor(OrderPicked);
  await w.pivot("charge", shop.charge, order);
});

/** Runs "o-1" up to its wait with the first code, then goes on with another. */
async function changedTo(second: typeof first) {
  const scene = await shopApp(setImmediate, [first], [first.start, OrderPicked]);
  await scene.done(scene.app.publish(first.start({ id: "o-1", input: { orderId: "o-1" } })));
  await scene.pass(1_000);
  await scene.stop();
  const app = await scene.next([second], [second.start, OrderPicked]);
  await scene.done(app.publish(OrderPicked({ orderId: "o-1" })));
  await scene.pass(5_000);
  const letters = [...await scene.done(app.deadLetters.list()), ...await scene.done(app.deadLetters.list({ state: "waiting" }))];
  const run = await scene.done(app.read(second.run, "o-1"));
  const stop = () => scene.done(app.stop());
  return { letters, run, did: scene.did, stop };
}

test("Code that no longer does what the journal says is found at once, with what differs and what to do", async () => {
  const { letters, did, stop } = await changedTo(workflow("changing", options, async (order, w) => {
    await w.step("hold", shop.reserve, order, { undo: shop.release });
    await w.waitFor(OrderPicked);
    await w.pivot("charge", shop.charge, order);
  }));
  assert.equal(letters[0]?.code, "WORKFLOW_DIVERGED");
  const diff = /- journal: compensatable step 'reserve' \(shop\.reserve\)\n {2}\+ code: {4}compensatable step 'hold' \(shop\.reserve\)\n.*w\.patched/s;
  assert.match(letters[0].reason, diff);
  assert.deepEqual(did, ["reserve changing/o-1/reserve"]);
  await stop();
});

test("A step that the code has left out, or put before what the run waits for, is found too", async () => {
  for (const changed of [
    workflow("changing", options, async (order, w) => {
      await w.waitFor(OrderPicked);
      await w.pivot("charge", shop.charge, order);
    }),
    workflow("changing", options, async (order, w) => {
      await w.step("reserve", shop.reserve, order, { undo: shop.release });
      await w.readonly("look", shop.reserve, order);
      await w.waitFor(OrderPicked);
      await w.pivot("charge", shop.charge, order);
    }),
    workflow("changing", options, async (order, w) => { await w.step("reserve", shop.reserve, order, { undo: shop.release }); }),
  ]) {
    const { letters, stop } = await changedTo(changed);
    assert.equal(letters[0]?.code, "WORKFLOW_DIVERGED");
    await stop();
  }
});

test("A patch goes the old way for runs that were past it, and the new way for the others", async () => {
  const patched = workflow("changing", options, async (order, w) => {
    if (w.patched("look first")) await w.readonly("look", shop.reserve, order);
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.waitFor(OrderPicked);
    if (w.patched("ship")) await w.retriable("ship", shop.ship, order);
    await w.pivot("charge", shop.charge, order);
  });
  const { run, did, stop } = await changedTo(patched);
  assert.equal(run?.status, "completed");
  assert.deepEqual(did, ["reserve changing/o-1/reserve", "ship changing/o-1/ship", "charge changing/o-1/charge"]);
  await stop();
});

test("A run that took the way of a patch waits where the code does not know it, and goes on by itself where it does", async () => {
  const patched = workflow("changing", options, async (order, w) => {
    if (w.patched("look first")) await w.readonly("look", shop.reserve, order);
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.waitFor(OrderPicked);
    await w.pivot("charge", shop.charge, order);
  });
  const { app, done, pass, stop, next, did } = await shopApp(setImmediate, [patched], [patched.start, OrderPicked]);
  await done(app.publish(patched.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  await stop();
  const before = await next([first], [first.start, OrderPicked]);
  await done(before.publish(OrderPicked({ orderId: "o-1" })));
  await pass(5_000);
  const [letter] = await done(before.deadLetters.list({ state: "waiting" }));
  assert.equal(letter?.code, "WORKFLOW_VERSION_UNKNOWN");
  assert.match(letter.reason, /does not know the patch 'look first'/);
  await done(before.stop());
  const after = await next([patched], [patched.start, OrderPicked]);
  await pass(60_000);
  assert.equal((await done(after.read(patched.run, "o-1")))?.status, "completed");
  assert.deepEqual(did, ["reserve changing/o-1/look", "reserve changing/o-1/reserve", "charge changing/o-1/charge"]);
  await done(after.stop());
});

test("A new version runs beside the old one: each run stays with the version that it began with", async () => {
  const second = workflow("changing", { ...options, version: 2, previous: [first] }, async (order, w) => {
    await w.waitFor(OrderPicked);
    await w.pivot("charge", shop.charge, order);
  });
  const { run, did, stop } = await changedTo(second);
  assert.deepEqual([run?.status, run?.version], ["completed", 1]);
  assert.deepEqual(did, ["reserve changing/o-1/reserve", "charge changing/o-1/charge"]);
  await stop();
});

test("A version that this process does not have waits for one that has it", async () => {
  const { letters, run, stop } = await changedTo(workflow("changing", { ...options, version: 2 }, async (order, w) => { await w.pivot("charge", shop.charge, order); }));
  assert.deepEqual(letters.map((letter) => [letter.state, letter.code]), [["waiting", "WORKFLOW_VERSION_UNKNOWN"]]);
  assert.equal(run?.version, 1);
  await stop();
});

test("Chance and ids are the same at every replay, and differ from run to run", async () => {
  const seen: string[] = [];
  const drawing = workflow("drawing", { input: OrderData, ports: { shop } }, async (order, w) => {
    const drawn = `${String(w.random())} ${w.newId()}`;
    seen.push(`${order.orderId} ${drawn}`);
    await w.readonly("look", shop.reserve, order);
    return drawn;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [drawing], [drawing.start]);
  for (const id of ["o-1", "o-2"]) await done(app.publish(drawing.start({ id, input: { orderId: id } })));
  await pass(1_000);
  assert.equal(new Set(seen).size, 2);
  assert.ok(seen.length >= 4);
  const [one, other] = await done(Promise.all([app.read(drawing.run, "o-1"), app.read(drawing.run, "o-2")]));
  assert.notEqual(one?.result, other?.result);
  await stop();
});
