// Cart to delivery in virtual time: the whole way, every way back, and answers that come late, twice or for nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryScene, HOUR } from "./testing/deliveryScene.ts";

const TO_CAPTURE = [
  "catalogue.validate o-1", "stock.reserve o-1", "bank.authorize o-1", "reviews.open o-1", "stock.commit o-1", "bank.capture o-1",
];
const ANNOUNCED = ["parcels.label s-1", "parcels.label s-2", "warehouse.notify s-1", "warehouse.notify s-2"];
const BACK_FROM_CAPTURE = ["bank.refund 1000", "stock.uncommit o-1", "reviews.close o-1", "bank.void o-1", "stock.release o-1"];

test("an order is reviewed after hours, picked after days and delivered in two parcels", async () => {
  const { did, pass, place, review, pick, run, stop } = await deliveryScene();
  await place();
  await pass(20 * HOUR);
  assert.equal((await run()).status, "running");
  await review(true);
  assert.deepEqual(did, [...TO_CAPTURE, ...ANNOUNCED]);
  await pass(30 * HOUR);
  await pick("s-2");
  await pass(30 * HOUR);
  await pick("s-1");
  const { status, result, strays } = await run();
  assert.equal(status, "completed");
  assert.deepEqual(result, { shipped: ["s-1", "s-2"], paidBack: [] });
  assert.deepEqual(did.slice(TO_CAPTURE.length + ANNOUNCED.length), ["parcels.ship s-2", "parcels.ship s-1"]);
  assert.deepEqual(strays, []);
  await stop();
});

test("a reviewer who refuses, and one who never answers, has everything undone in reverse", async () => {
  for (const [silent, code] of [[false, "REVIEW_REFUSED"], [true, "REVIEW_LAPSED"]] as const) {
    const { did, pass, place, review, run, stop } = await deliveryScene();
    await place();
    await (silent ? pass(25 * HOUR) : review(false));
    const { status, failure } = await run();
    assert.deepEqual([status, failure?.code], ["compensated", code]);
    assert.deepEqual(did, [...TO_CAPTURE.slice(0, 4), "reviews.close o-1", "bank.void o-1", "stock.release o-1"]);
    if (silent) {
      // The verdict comes the next day: it is told, and changes nothing.
      await review(true);
      const { strays, status: after } = await run();
      assert.equal(after, "compensated");
      assert.deepEqual(strays.map(({ why }) => why), ["the run has ended"]);
      assert.equal(did.length, 7);
    }
    await stop();
  }
});

test("a declined card and a reservation that has expired give back what was taken, and no more", async () => {
  const declined = await deliveryScene();
  declined.fails["bank.authorize"] = { kind: "declined", value: { reason: "no funds" } };
  await declined.place();
  assert.deepEqual(declined.did, ["catalogue.validate o-1", "stock.reserve o-1", "stock.release o-1"]);
  assert.equal((await declined.run()).status, "compensated");
  await declined.stop();
  const expired = await deliveryScene();
  expired.fails["stock.commit"] = { kind: "expired", value: { reason: "sold to others" } };
  await expired.place();
  await expired.review(true);
  assert.deepEqual(expired.did.slice(4), ["reviews.close o-1", "bank.void o-1", "stock.release o-1"]);
  await expired.stop();
});

test("cancelled in review the authorization is voided; the verdict that comes later is told, and changes nothing", async () => {
  const { did, place, cancel, review, run, stop } = await deliveryScene();
  await place();
  await cancel();
  assert.equal((await run()).status, "cancelled");
  assert.deepEqual(did.slice(4), ["reviews.close o-1", "bank.void o-1", "stock.release o-1"]);
  await review(true);
  const { status, strays } = await run();
  assert.equal(status, "cancelled");
  assert.deepEqual(strays.map(({ name, why }) => `${name}: ${why}`), ["delivery.callback: the run has ended"]);
  assert.equal(did.length, 7);
  await stop();
});

test("cancelled while the warehouse picks, everything goes back: recalled, labels voided, money refunded, stock released", async () => {
  const { did, place, review, cancel, run, stop } = await deliveryScene();
  await place();
  await review(true);
  await cancel();
  assert.equal((await run()).status, "cancelled");
  assert.deepEqual(did.slice(TO_CAPTURE.length + ANNOUNCED.length), [
    "warehouse.recall s-2", "warehouse.recall s-1", "parcels.voidLabel s-2", "parcels.voidLabel s-1", ...BACK_FROM_CAPTURE,
  ]);
  await stop();
});

test("once a parcel has left a cancellation is refused, and said to be; a second pick of it counts for nothing", async () => {
  const { did, place, review, pick, cancel, run, stop } = await deliveryScene();
  await place();
  await review(true);
  await pick("s-1");
  await cancel();
  await pick("s-1");
  await pick("s-2");
  const { status, strays } = await run();
  assert.equal(status, "completed");
  assert.deepEqual(strays.map(({ why }) => why), [
    "the run has gone past its pivot", "callback 'pick s-1' is over: it was answered before, its time has passed, or the run was cancelled",
  ]);
  assert.equal(did.filter((one) => one === "parcels.ship s-1").length, 1);
  await stop();
});

test("a shipment that is not picked in time is recalled and paid back, while the other one is delivered; its late pick counts for nothing", async () => {
  const { did, pass, place, review, pick, run, stop } = await deliveryScene();
  await place();
  await review(true);
  await pick("s-1");
  await pass(73 * HOUR);
  const ended = await run();
  assert.deepEqual(ended.result, { shipped: ["s-1"], paidBack: ["s-2"] });
  assert.deepEqual(did.slice(TO_CAPTURE.length + ANNOUNCED.length), [
    "parcels.ship s-1", "warehouse.recall s-2", "parcels.voidLabel s-2", "bank.refund 300", "stock.restock s-2",
  ]);
  await pick("s-2");
  assert.deepEqual((await run()).strays.map(({ why }) => why), ["the run has ended"]);
  await stop();
});

test("where nothing can be picked the whole order goes back", async () => {
  const { did, pass, place, review, pick, run, stop } = await deliveryScene();
  await place();
  await review(true);
  await pick("s-1", false);
  await pass(73 * HOUR);
  const { status, failure } = await run();
  assert.deepEqual([status, failure?.code], ["compensated", "NOTHING_PICKED"]);
  assert.deepEqual(did.slice(-BACK_FROM_CAPTURE.length), BACK_FROM_CAPTURE);
  assert.ok(!did.some((one) => one.startsWith("parcels.ship")));
  await stop();
});

test("a refund that cannot be made needs attention, visibly, and a person has it tried again", async () => {
  const { did, fails, pass, place, review, cancel, say, run, stop } = await deliveryScene();
  await place();
  await review(true);
  fails["bank.refund"] = "down";
  await cancel();
  await pass(48 * HOUR);
  assert.equal((await run()).status, "attention");
  delete fails["bank.refund"];
  const { delivery } = await import("./delivery.ts");
  await say(delivery.retry({ id: "o-1" }));
  await pass(HOUR);
  assert.equal((await run()).status, "cancelled");
  assert.deepEqual(did.slice(-BACK_FROM_CAPTURE.length), BACK_FROM_CAPTURE);
  await stop();
});
