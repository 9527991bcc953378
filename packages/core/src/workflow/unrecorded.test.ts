// Steps whose calls have no row: what a run's owner keeps in memory, its next owner finds in the journal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { workflow } from "./define.ts";
import { OrderData, shop, shopApp } from "./testing/shop.ts";

const checkout = workflow("checkout", { input: OrderData, ports: { shop } }, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  await w.pivot("charge", shop.charge, order);
  await w.retriable("ship", shop.ship, order);
});

function scene() {
  return shopApp(setImmediate, [checkout], [checkout.start, checkout.retry]);
}

test("a run whose calls succeed at once has had no row, and is not to be revived any more", async () => {
  const { app, done, did, pass, stop } = await scene();
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const run = await done(app.read(checkout.run, "o-1"));
  assert.equal(run?.status, "completed");
  assert.deepEqual(did, ["reserve checkout/o-1/reserve", "charge checkout/o-1/charge", "ship checkout/o-1/ship"]);
  assert.deepEqual(run.journal.map((entry) => entry.kind === "requested" && entry.what === "step" ? entry.unrecorded !== undefined : entry.kind), [
    true, "settled", true, "settled", true, "settled",
  ]);
  await stop();
});

test("a step whose provider is away goes on with a row, and takes effect once", async () => {
  const { app, behaviour, done, did, pass, stop } = await scene();
  behaviour["charge"] = "down";
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(300);
  const waiting = await done(app.read(checkout.run, "o-1"));
  const last = waiting?.journal.at(-1);
  assert.deepEqual([waiting?.status, last?.kind, last?.kind === "revived" ? last.of : null], ["running", "revived", 2]);
  behaviour["charge"] = "ok";
  await pass(60_000);
  assert.equal((await done(app.read(checkout.run, "o-1")))?.status, "completed");
  assert.deepEqual(did, ["reserve checkout/o-1/reserve", "charge checkout/o-1/charge", "ship checkout/o-1/ship"]);
  await stop();
});

test("a call that was under way when its process ended is asked for by the next owner, under the same key", async () => {
  const { app, behaviour, done, did, next, pass } = await scene();
  behaviour["charge"] = "hang";
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(500);
  assert.deepEqual(did, ["reserve checkout/o-1/reserve"]);
  const stopped = done(app.stop());
  await pass(10_000);
  await stopped;
  behaviour["charge"] = "ok";
  const later = await next([checkout], [checkout.start]);
  await pass(10_000);
  const run = await done(later.read(checkout.run, "o-1"));
  assert.equal(run?.status, "completed");
  // The attempt that was given up may have had its effect: the next one has the same key.
  assert.deepEqual([...new Set(did)], ["reserve checkout/o-1/reserve", "charge checkout/o-1/charge", "ship checkout/o-1/ship"]);
  assert.deepEqual(run.strays, []);
  await done(later.stop());
});

test("a run that was given up needs a person, also after a new owner has come", async () => {
  const stubborn = workflow("stubborn", { input: OrderData, ports: { shop }, maxAttempts: 1 }, async (order, w) => {
    await w.retriable("ship", shop.ship, order);
  });
  const { app, behaviour, done, did, next, pass, stop } = await shopApp(setImmediate, [stubborn], [stubborn.start, stubborn.retry]);
  behaviour["ship"] = "down";
  await done(app.publish(stubborn.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.equal((await done(app.read(stubborn.run, "o-1")))?.status, "attention");
  await stop();
  behaviour["ship"] = "ok";
  const later = await next([stubborn], [stubborn.start, stubborn.retry]);
  await pass(10_000);
  assert.deepEqual([(await done(later.read(stubborn.run, "o-1")))?.status, did], ["attention", []]);
  await done(later.publish(stubborn.retry({ id: "o-1" })));
  await pass(1_000);
  assert.deepEqual([(await done(later.read(stubborn.run, "o-1")))?.status, did], ["completed", ["ship stubborn/o-1/ship"]]);
  await done(later.stop());
});
