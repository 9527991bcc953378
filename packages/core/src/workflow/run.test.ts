// What a run must hold to when several things happen at once, or when its code and its input are not as they should be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, OrderShipped, shop, shopApp } from "./testing/shop.ts";

const base = { input: OrderData, ports: { shop } } as const;
const SECOND = 1_000;

test("A branch that goes on beside one that failed begins nothing new, and `map` takes no further item", async () => {
  const branches = workflow("branches", base, async (order, w) => {
    const slow = async (): Promise<void> => {
      await w.step("reserve", shop.reserve, order, { undo: shop.release });
      await w.pivot("ship", shop.ship, order);
    };
    await Promise.all([w.readonly("charge", shop.charge, order), slow()]);
  });
  const mapped = workflow("mapped", base, (order, w) =>
    w.map(["a", "b", "c", "d", "e"], { atMost: 2 }, (item) => item === "a"
      ? w.readonly("declined", shop.charge, order) : w.step(item, shop.reserve, order, { undo: shop.release })));
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [branches, mapped], [branches.start, mapped.start]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  for (const each of [branches, mapped]) await done(app.publish(each.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(10 * SECOND);
  assert.equal((await done(app.read(branches.run, "o-1")))?.status, "compensated");
  assert.equal((await done(app.read(mapped.run, "o-1")))?.status, "compensated");
  assert.deepEqual(did.filter((one) => one.startsWith("ship")), []);
  const begunOfMap = did.filter((one) => one.startsWith("reserve mapped"));
  assert.ok(begunOfMap.length <= 2, begunOfMap.join(", "));
  await stop();
});

test("Steps of different operations under one key are told apart, and those that ask for one effect share its outcome", async () => {
  const keyed = workflow("keyed", base, async (order, w) => {
    const key = order.orderId;
    const [held, again, paid] = await Promise.all([
      w.readonly("reserve", shop.reserve, order, { key }), w.readonly("reserve too", shop.reserve, order, { key }), w.readonly("charge", shop.charge, order, { key }),
    ]);
    return [held.receipt, again.receipt, paid.receipt];
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [keyed], [keyed.start]);
  await done(app.publish(keyed.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  assert.deepEqual((await done(app.read(keyed.run, "o-1")))?.result, ["reserve:o-1", "reserve:o-1", "charge:o-1"]);
  await stop();
});

test("A run whose function returns while a child is under way ends when the child has", async () => {
  const kid = workflow("kid", base, async (order, w) => { await w.sleep({ minutes: 2 }); await w.pivot("ship", shop.ship, order); });
  const hasty = workflow("hasty", { ...base, children: [kid] }, async (order, w) => {
    await Promise.race([w.child("kid", kid, { id: "k-1", input: order }), w.sleep({ minutes: 1 })]);
    return "did not wait";
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [hasty, kid], [hasty.start]);
  await done(app.publish(hasty.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(90 * SECOND);
  assert.equal((await done(app.read(hasty.run, "o-1")))?.status, "running");
  await pass(60 * SECOND);
  const run = await done(app.read(hasty.run, "o-1"));
  assert.deepEqual([run?.status, run?.result, run?.strays], ["completed", "did not wait", []]);
  assert.equal((await done(app.read(kid.run, "k-1")))?.status, "completed");
  await stop();
});

test("What a function is given is frozen from the first run on, and what it asked with stays as it was", async () => {
  const seen: boolean[] = [];
  const changing = workflow("changing", base, async (order, w) => {
    const mine = { orderId: order.orderId };
    const held = await w.step("reserve", shop.reserve, mine, { undo: shop.release });
    mine.orderId = "another";
    seen.push(Object.isFrozen(order) && Object.isFrozen(held));
    await w.pivot("charge", shop.charge, order);
  });
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [changing], [changing.start]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  await done(app.publish(changing.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  assert.ok(seen.length > 0 && seen.every(Boolean), String(seen));
  assert.ok(did.some((one) => one.startsWith("release")));
  await stop();
});

test("A person's retry counts anew only what was given up: what is between two attempts goes on", async () => {
  const two = workflow("two", { ...base, maxAttempts: 3 }, (order, w) => Promise.all([
    w.retriable("charge", shop.charge, order), w.sleep({ ms: 2_500 }).then(() => w.retriable("ship", shop.ship, order)),
  ]));
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [two], [two.start, two.retry]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  behaviour["ship"] = "down";
  await done(app.publish(two.start({ id: "o-1", input: { orderId: "o-1" } })));
  const statusOf = async () => (await done(app.read(two.run, "o-1")))?.status;
  for (let waited = 0; waited < 100 && await statusOf() !== "attention"; waited++) await pass(50);
  const [shipAgain, chargeAgain] = [shop.ship.name, shop.charge.name].map(async (name) => {
    const journal = (await done(app.read(two.run, "o-1")))?.journal ?? [];
    return journal.filter((entry) => entry.kind === "again" && stepOf(journal[entry.of]) === name).length;
  });
  assert.deepEqual([await chargeAgain, (await shipAgain ?? 0) > 0 && (await shipAgain ?? 0) < 3], [3, true]);
  behaviour["charge"] = "ok";
  behaviour["ship"] = "ok";
  await done(app.publish(two.retry({ id: "o-1" })));
  await pass(20 * SECOND);
  assert.equal(await statusOf(), "completed");
  await stop();
});

function stepOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "operation" in entry ? entry.operation : null;
}

const Asked = event("asked", { key: (data) => data.orderId, data: OrderData });
const Answered = event("answered", { key: (data) => data.orderId, data: OrderData });
const TakenBack = event("taken-back", { key: (data) => data.orderId, data: OrderData });

test("A cancelled run waits for the answer to what it asked no longer than it said, and then has it undone", async () => {
  const asker = workflow("asker", { input: OrderData, emits: [Asked, OrderShipped], waitsFor: [Answered, TakenBack] }, async (order, w) => {
    await w.ask(Asked(order), { answers: [Answered], within: { minutes: 1 }, undo: { send: OrderShipped(order), answers: [TakenBack] } });
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [asker], [asker.start, asker.cancel, Answered, TakenBack]);
  await done(app.publish(asker.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  await done(app.publish(asker.cancel({ id: "o-1", reason: "no" })));
  await pass(70 * SECOND);
  const asked = (await done(app.read(asker.run, "o-1")))?.journal.map((entry) => entry.kind);
  assert.ok(asked?.includes("undoAsk"), String(asked));
  await done(app.publish(TakenBack({ orderId: "o-1" })));
  await pass(SECOND);
  assert.equal((await done(app.read(asker.run, "o-1")))?.status, "cancelled");
  await stop();
});

test("A function that has ended takes no answer away from its undos", async () => {
  const greedy = workflow("greedy", { input: OrderData, ports: { shop }, emits: [Asked, OrderShipped], waitsFor: [Answered, TakenBack] }, async (order, w) => {
    void w.waitFor(TakenBack);
    await w.ask(Asked(order), { answers: [Answered], undo: { send: OrderShipped(order), answers: [TakenBack] } });
    await w.readonly("charge", shop.charge, order);
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [greedy], [greedy.start, Answered, TakenBack]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  await done(app.publish(greedy.start({ id: "o-1", input: { orderId: "o-1" } })));
  await done(app.publish(Answered({ orderId: "o-1" })));
  await pass(SECOND);
  await done(app.publish(TakenBack({ orderId: "o-1" })));
  await pass(SECOND);
  assert.equal((await done(app.read(greedy.run, "o-1")))?.status, "compensated");
  await stop();
});

test("A wait that nobody awaits fails in silence: the process lives on", async () => {
  const unhandled: unknown[] = [];
  const heard = (reason: unknown): void => { unhandled.push(reason); };
  process.on("unhandledRejection", heard);
  const loose = workflow("loose", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    void w.sleep({ hours: 1 });
    void w.waitFor(OrderPicked);
    void w.map([1], { atMost: 1 }, () => w.sleep({ hours: 2 }));
    await w.sleep({ hours: 3 });
    return order.orderId;
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [loose], [loose.start, loose.cancel, OrderPicked]);
  await done(app.publish(loose.start({ id: "o-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  await done(app.publish(loose.cancel({ id: "o-1", reason: "no" })));
  await pass(SECOND);
  assert.equal((await done(app.read(loose.run, "o-1")))?.status, "cancelled");
  await stop();
  process.off("unhandledRejection", heard);
  assert.deepEqual(unhandled, []);
});

test("A request that cannot be made is a defect, also where the code catches it, and an undo whose key is too long is refused before its step", async () => {
  const catching = workflow("catching", { ...base, emits: [OrderShipped] }, async (order, w) => {
    try {
      if (order.orderId === "emit") w.emit(OrderShipped({ orderId: 7 } as never));
      else await w.step("reserve", shop.reserve, order, { key: "k".repeat(order.orderId === "undo" ? 510 : 600), undo: shop.release });
    } catch {
      return "as if nothing were wrong";
    }
    return "done";
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [catching], [catching.start]);
  for (const id of ["emit", "step", "undo"]) await done(app.publish(catching.start({ id, input: { orderId: id } })));
  await pass(SECOND);
  const letters = await done(app.deadLetters.list());
  assert.deepEqual(letters.map((letter) => letter.code).sort(), ["DATA_INVALID", "KEY_INVALID", "KEY_INVALID"]);
  assert.deepEqual(did, []);
  await stop();
});

test("A parent whose child's id is taken is told so, and does not wait for ever", async () => {
  const child = workflow("child", base, async (_order, w) => { await w.sleep({ hours: 1 }); });
  const parent = workflow("parent", { ...base, children: [child] }, (order, w) => w.child("only", child, { id: "c-1", input: order }));
  const { app, done, pass, stop } = await shopApp(setImmediate, [parent, child], [parent.start, child.start]);
  await done(app.publish(child.start({ id: "c-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  await done(app.publish(parent.start({ id: "p-1", input: { orderId: "o-1" } })));
  await pass(SECOND);
  const run = await done(app.read(parent.run, "p-1"));
  assert.equal(run?.failure?.code, "CHILD_FAILED");
  assert.match(run.failure.message, /'c-1' was there before/);
  assert.equal((await done(app.read(child.run, "c-1")))?.status, "running");
  await stop();
});

test("Patches of one place may be taken out one by one", async () => {
  const named = (names: readonly string[]) => workflow("named", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    const taken = names.map((name) => w.patched(name));
    await w.waitFor(OrderPicked);
    return `${order.orderId} ${String(taken)}`;
  });
  const first = named(["one", "two"]);
  const scene = await shopApp(setImmediate, [first], [first.start, OrderPicked]);
  await scene.done(scene.app.publish(first.start({ id: "o-1", input: { orderId: "o-1" } })));
  await scene.pass(SECOND);
  await scene.stop();
  const second = named(["two", "three"]);
  const app = await scene.next([second], [second.start, OrderPicked]);
  await scene.done(app.publish(OrderPicked({ orderId: "o-1" })));
  await scene.pass(SECOND);
  assert.equal((await scene.done(app.read(second.run, "o-1")))?.result, "o-1 true,false");
  await scene.done(app.stop());
});

test("A version keeps what it declared, and that of the versions before it; two of one number are refused", async () => {
  const first = workflow("versions", { ...base, waitsFor: [OrderPicked], emits: [OrderShipped] }, async (order, w) => {
    await w.waitFor(OrderPicked);
    w.emit(OrderShipped(order));
    return 1;
  });
  const second = workflow("versions", { input: OrderData, version: 2, previous: [first] }, () => Promise.resolve(2));
  const third = workflow("versions", { input: OrderData, version: 3, previous: [second] }, () => Promise.resolve(3));
  const scene = await shopApp(setImmediate, [first], [first.start, OrderPicked]);
  await scene.done(scene.app.publish(first.start({ id: "o-1", input: { orderId: "o-1" } })));
  await scene.pass(SECOND);
  await scene.stop();
  const app = await scene.next([third], [third.start, OrderPicked]);
  await scene.done(app.publish(OrderPicked({ orderId: "o-1" })));
  await scene.pass(SECOND);
  assert.deepEqual((await scene.done(app.read(third.run, "o-1")))?.status, "completed");
  await scene.done(app.stop());
  const refused = (options: object) => { assert.throws(() => workflow("versions", { input: OrderData, ...options }, () => Promise.resolve(0)), { code: "CONFIG_INVALID" }); };
  for (const options of [{ previous: [first] }, { version: 1.5 }, { maxAttempts: 0 }]) refused(options);
});
