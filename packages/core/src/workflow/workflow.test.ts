// Workflows on the whole engine in virtual time: steps, failure and undo, waiting, cancellation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { OrderData, OrderShipped, shop, shopApp } from "./testing/shop.ts";
import { terminal } from "../errors.ts";
import { workflow } from "./define.ts";
import type { Entry } from "./journal.ts";

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

test("A call that was certainly not performed fails its step, and a step without an effect has nothing to undo", async () => {
  const looking = workflow("looking", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.readonly("look", shop.reserve, order);
    await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt });
  });
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [looking], [looking.start]);
  behaviour["charge"] = "down";
  await done(app.publish(looking.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(3_600_000);
  const run = await done(app.read(looking.run, "o-1"));
  assert.equal(run?.status, "compensated");
  assert.match(run.failure?.message ?? "", /notPerformed/);
  assert.deepEqual(did, ["reserve looking/o-1/look"]);
  await stop();
});

test("An undo that does not succeed is tried again, then waits for a person, and goes on when told to", async () => {
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [checkout], [checkout.start, checkout.retry]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  behaviour["release"] = "down";
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(3_600_000);
  const stuck = await done(app.read(checkout.run, "o-1"));
  assert.equal(stuck?.status, "attention");
  assert.equal(stuck.journal.filter((entry) => entry.kind === "again").length, 10);
  behaviour["release"] = "ok";
  await done(app.publish(checkout.retry({ id: "o-1" })));
  await pass(10_000);
  assert.equal((await done(app.read(checkout.run, "o-1")))?.status, "compensated");
  assert.deepEqual(did.slice(-1), ["release checkout/o-1/reserve/undo"]);
  await stop();
});

test("A retriable step is tried until it succeeds, with longer and longer pauses", async () => {
  const after = workflow("after", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.pivot("charge", shop.charge, order);
    await w.retriable("ship", shop.ship, order);
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [after], [after.start]);
  behaviour["ship"] = "down";
  await done(app.publish(after.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(20_000);
  behaviour["ship"] = "ok";
  await pass(60_000);
  const run = await done(app.read(after.run, "o-1"));
  assert.equal(run?.status, "completed");
  const pauses = run.journal.flatMap((entry) => entry.kind === "again" ? [entry.at] : []);
  assert.ok(pauses.length >= 4, `it was tried ${String(pauses.length)} times in 20 s`);
  await stop();
});

test("Parallel steps join, and one that fails undoes the other", async () => {
  const both = workflow("both", { input: OrderData, ports: { shop } }, async (order, w) => {
    const [held, paid] = await Promise.all([
      w.step("reserve", shop.reserve, order, { undo: shop.release }),
      w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt }),
    ]);
    return [held.receipt, paid.receipt];
  });
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [both], [both.start]);
  await done(app.publish(both.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.deepEqual((await done(app.read(both.run, "o-1")))?.result, ["reserve:both/o-1/reserve", "charge:both/o-1/charge"]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no money" } };
  await done(app.publish(both.start({ id: "o-2", input: { orderId: "o-2" } })));
  await pass(1_000);
  assert.equal((await done(app.read(both.run, "o-2")))?.status, "compensated");
  assert.deepEqual(did.slice(-2), ["reserve both/o-2/reserve", "release both/o-2/reserve/undo"]);
  await stop();
});

test("`map` holds its cap and keeps the order of its items", async () => {
  let underWay = 0;
  let most = 0;
  const split = workflow("split", { input: OrderData, ports: { shop } }, (order, w) =>
    w.map(["a", "b", "c", "d", "e"], { atMost: 2 }, async (item) => {
      most = Math.max(most, ++underWay);
      const { receipt } = await w.step(`ship ${item}`, shop.reserve, { orderId: `${order.orderId}-${item}` }, { undo: shop.release });
      underWay--;
      return receipt;
    }));
  const { app, done, pass, stop } = await shopApp(setImmediate, [split], [split.start]);
  await done(app.publish(split.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const run = await done(app.read(split.run, "o-1"));
  assert.deepEqual(run?.result, ["a", "b", "c", "d", "e"].map((item) => `reserve:split/o-1/ship ${item}`));
  // Each replay begins anew.
  assert.ok(most > 0);
  const open = openAtOnce(run.journal);
  assert.equal(open, 2);
  await stop();
});

/** The most steps that were under way at once, by the journal. */
function openAtOnce(journal: readonly Entry[]): number {
  let open = 0;
  let most = 0;
  for (const entry of journal) {
    if (entry.kind === "requested") most = Math.max(most, ++open);
    if (entry.kind === "settled") open--;
  }
  return most;
}

test("The function is asked again after each step and must do the same: names of steps are taken once", async () => {
  const twice = workflow("twice", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.readonly("look", shop.reserve, order);
    await w.readonly("look", shop.reserve, order);
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [twice], [twice.start]);
  await done(app.publish(twice.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const [letter] = await done(app.deadLetters.list());
  assert.equal(letter?.code, "WORKFLOW_STEP_REFUSED");
  assert.match(letter.reason, /'look'.*its name is taken/);
  await stop();
});

test("A step that can be undone may not follow the pivot, and the pivot may not overtake one", async () => {
  const late = workflow("late", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.pivot("charge", shop.charge, order);
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
  });
  const early = workflow("early", { input: OrderData, ports: { shop } }, async (order, w) => {
    const held = w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.pivot("charge", shop.charge, order);
    await held;
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [late, early], [late.start, early.start]);
  await done(app.publish(late.start({ id: "o-1", input: { orderId: "o-1" } })));
  await done(app.publish(early.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const letters = await done(app.deadLetters.list());
  assert.deepEqual(letters.map((letter) => letter.code), ["WORKFLOW_STEP_REFUSED", "WORKFLOW_STEP_REFUSED"]);
  assert.deepEqual(did, ["charge late/o-1/charge"]);
  await stop();
});

test("A workflow that awaits something of its own is told so", async () => {
  const stalls = workflow("stalls", { input: OrderData }, async () => { await new Promise(() => undefined); });
  const { app, done, pass, stop } = await shopApp(setImmediate, [stalls], [stalls.start]);
  await done(app.publish(stalls.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.equal((await done(app.deadLetters.list()))[0]?.code, "WORKFLOW_STALLED");
  await stop();
});

test("A defect of the code undoes nothing: it waits for the mend", async () => {
  let mended = false;
  const buggy = workflow("buggy", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (!mended) throw new TypeError("undefined is not a function");
    await w.pivot("charge", shop.charge, order);
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [buggy], [buggy.start]);
  await done(app.publish(buggy.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(3_600_000);
  const [letter] = await done(app.deadLetters.list());
  assert.equal(letter?.code, "HANDLER_FAILED");
  assert.deepEqual(did, ["reserve buggy/o-1/reserve"]);
  mended = true;
  await done(app.deadLetters.redrive(letter, { actor: "test" }));
  await pass(10_000);
  assert.equal((await done(app.read(buggy.run, "o-1")))?.status, "completed");
  await stop();
});

test("A failure of its own ends a run as a failed step does, and a failure after the pivot waits for a person", async () => {
  const fails = workflow("fails", { input: OrderData, ports: { shop } }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (order.orderId === "late") await w.pivot("charge", shop.charge, order);
    throw terminal("TOO_HEAVY", "Nobody carries this.");
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [fails], [fails.start]);
  await done(app.publish(fails.start({ id: "early", input: { orderId: "early" } })));
  await done(app.publish(fails.start({ id: "late", input: { orderId: "late" } })));
  await pass(1_000);
  const run = await done(app.read(fails.run, "early"));
  assert.equal(run?.status, "compensated");
  assert.equal(run.failure?.code, "TOO_HEAVY");
  assert.ok(did.includes("release fails/early/reserve/undo") && !did.includes("release fails/late/reserve/undo"));
  assert.equal((await done(app.deadLetters.list()))[0]?.code, "WORKFLOW_FAILED_AFTER_PIVOT");
  await stop();
});

test("Starting a run again changes nothing", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [checkout], [checkout.start]);
  for (let times = 0; times < 3; times++) await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  await done(app.publish(checkout.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  assert.equal(did.length, 3);
  await stop();
});

test("A step that does not say how it is undone is refused where no compiler looked", async () => {
  const untyped = workflow("untyped", { input: OrderData, ports: { shop } }, async (order, w) => {
    // @ts-expect-error as in a program without types
    await w.step("reserve", shop.reserve, order);
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [untyped], [untyped.start]);
  await done(app.publish(untyped.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(1_000);
  const [letter] = await done(app.deadLetters.list());
  assert.equal(letter?.code, "WORKFLOW_STEP_REFUSED");
  assert.deepEqual(did, []);
  await stop();
});
