// Workflows on the whole engine in virtual time: steps, failure and undo, waiting, cancellation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { OrderData, OrderShipped, shop, shopApp } from "./testing/shop.ts";
import { workflow } from "./define.ts";

const checkout = workflow("checkout", { input: OrderData, ports: { shop }, emits: [OrderShipped] }, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  const paid = await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt });
  await w.pivot("ship", shop.ship, order);
  w.emit(OrderShipped(order));
  return { paid: paid.receipt };
});

test("A run performs its steps in order, each under its own business key, and returns its result", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [checkout], [checkout.start]);
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const run = await done(app.read(checkout.run, "o-1"));
  assert.equal(run?.status, "completed");
  assert.deepEqual(run.result, { paid: "charge:checkout/o-1/charge" });
  assert.deepEqual(did, ["reserve checkout/o-1/reserve", "charge checkout/o-1/charge", "ship checkout/o-1/ship"]);
  await stop();
});

test("A declined charge undoes what was done before it", async () => {
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [checkout], [checkout.start]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const run = await done(app.read(checkout.run, "o-1"));
  assert.equal(run?.status, "compensated");
  assert.equal(run.failure?.code, "STEP_FAILED");
  assert.deepEqual(did, ["reserve checkout/o-1/reserve", "release checkout/o-1/reserve/undo"]);
  await stop();
});
