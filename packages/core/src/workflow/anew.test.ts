// Runs that go on as new: what a generation takes along, what ends with it, and where it is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, OrderShipped, ReceiptData, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const base = { input: OrderData, ports: { shop } } as const;

/** Ships whatever is picked, one after the other; each round is a generation. Its input counts them in its one field. */
const rounds = workflow("rounds", { ...base, waitsFor: [OrderPicked] }, async (round, w) => {
  const picked = await w.waitFor(OrderPicked, { within: { hours: 1 } });
  if (picked === undefined) return `nothing came in round ${round.orderId}`;
  await w.retriable("ship", shop.ship, round);
  return w.continueAsNew({ orderId: String(Number(round.orderId) + 1) });
});

test("A run goes on as new under its id: another input, a fresh journal, keys of their own, messages kept", async () => {
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [rounds], [rounds.start, OrderPicked]);
  await done(app.publish(rounds.start({ id: "r", input: { orderId: "0" } })));
  for (let times = 0; times < 3; times++) await done(app.publish(OrderPicked({ orderId: "r" })));
  await pass(10 * SECOND);
  const run = await done(app.read(rounds.run, "r"));
  assert.deepEqual([run?.generation, run?.input, run?.status, run?.inbox], [3, { orderId: "3" }, "running", []]);
  assert.deepEqual(run?.journal.map((entry) => entry.kind), ["requested"]);
  assert.deepEqual(did, ["ship rounds/r/ship", "ship rounds/r#1/ship", "ship rounds/r#2/ship"]);
  await pass(3_601 * SECOND);
  assert.equal((await done(app.read(rounds.run, "r")))?.result, "nothing came in round 3");
  assert.deepEqual(await done(app.deadLetters.list()), []);
  await stop();
});

test("Timers and callbacks of an earlier generation are over, and chance and ids begin anew", async () => {
  const tokens: string[] = [];
  const drawn = new Set<string>();
  const turning = workflow("turning", { ...base, waitsFor: [OrderPicked] }, async (round, w) => {
    drawn.add(`${w.newId()} ${String(w.random())}`);
    const confirm = w.callback("confirm", ReceiptData, { within: { hours: 1 } });
    tokens.push(confirm.token);
    void w.sleep({ minutes: 30 });
    if (round.orderId === "second") return (await confirm.answer)?.receipt ?? "nobody answered";
    await w.waitFor(OrderPicked);
    return w.continueAsNew({ orderId: "second" });
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [turning], [turning.start, turning.callback, OrderPicked]);
  await done(app.publish(turning.start({ id: "t", input: { orderId: "first" } })));
  await pass(SECOND);
  await done(app.publish(OrderPicked({ orderId: "t" })));
  await pass(SECOND);
  const [old = "", fresh = ""] = [...new Set(tokens)];
  await done(app.publish(turning.callback({ token: old, data: { receipt: "late" } })));
  await pass(2_000 * SECOND);
  const going = await done(app.read(turning.run, "t"));
  assert.deepEqual([going?.status, going?.generation, going?.strays.map((stray) => stray.why)], ["running", 1, ["no callback has this token"]]);
  // Its own sleep has ended, and no other.
  assert.equal(going?.journal.filter((entry) => entry.kind === "settled").length, 1);
  await done(app.publish(turning.callback({ token: fresh, data: { receipt: "in time" } })));
  await pass(SECOND);
  assert.equal((await done(app.read(turning.run, "t")))?.result, "in time");
  assert.equal(drawn.size, 2);
  await stop();
});

test("Callbacks of generations that pass in one commit have tokens of their own", async () => {
  const tokens = new Set<string>();
  const fast = workflow("fast", { ...base, waitsFor: [OrderPicked] }, async (round, w) => {
    tokens.add(w.callback("confirm", ReceiptData).token);
    await w.waitFor(OrderPicked);
    return w.continueAsNew(round);
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [fast], [fast.start, OrderPicked]);
  for (let times = 0; times < 4; times++) await done(app.publish(OrderPicked({ orderId: "f" })));
  await done(app.publish(fast.start({ id: "f", input: { orderId: "f" } })));
  await pass(SECOND);
  assert.equal((await done(app.read(fast.run, "f")))?.generation, 4);
  assert.equal(tokens.size, 5);
  await stop();
});

const Answered = event("answered-for", { key: (data) => data.orderId, data: OrderData });

test("Going on as new is refused while anything could still be lost by it", async () => {
  const quick = workflow("quick", base, async (order, w) => { await w.sleep({ hours: 1 }); return order.orderId; });
  const refused = workflow("refused", { ...base, emits: [OrderShipped], waitsFor: [Answered], children: [quick] }, async (order, w) => {
    if (order.orderId !== "at once") await w.sleep({ seconds: 1 });
    if (order.orderId === "step") void w.readonly("look", shop.reserve, order);
    if (order.orderId === "child") void w.child("quick", quick, { id: "q", input: order });
    if (order.orderId === "answer") void w.ask(OrderShipped(order), { answers: [Answered] });
    if (order.orderId === "undo") await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (order.orderId === "branch") void Promise.resolve().then(() => { void w.sleep({ hours: 1 }); });
    return w.continueAsNew(order.orderId === "input" ? { orderId: 7 } as never : order);
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [refused, quick], [refused.start, Answered]);
  behaviour["reserve"] = "ok";
  const ids = ["at once", "step", "child", "answer", "undo", "branch", "input"];
  for (const id of ids) await done(app.publish(refused.start({ id, input: { orderId: id } })));
  await pass(10 * SECOND);
  const letters = new Map((await done(app.deadLetters.list())).map((letter) => [letter.key, `${letter.code} ${letter.reason}`]));
  assert.match(letters.get("at once") ?? "", /^WORKFLOW_STEP_REFUSED .*has waited for nothing/);
  assert.match(letters.get("step") ?? "", /^WORKFLOW_STEP_REFUSED .*'look' is still under way/);
  assert.match(letters.get("child") ?? "", /^WORKFLOW_STEP_REFUSED .*'quick' is still under way/);
  assert.match(letters.get("answer") ?? "", /^WORKFLOW_STEP_REFUSED .*the answer to 'order.shipped' is still to come/);
  assert.match(letters.get("undo") ?? "", /^WORKFLOW_STEP_REFUSED .*'reserve' may still have to be undone/);
  assert.match(letters.get("branch") ?? "", /^WORKFLOW_STEP_REFUSED .*comes after `continueAsNew`/);
  assert.match(letters.get("input") ?? "", /^DATA_INVALID .*next input/);
  assert.equal(letters.size, ids.length);
  await stop();
});

test("Past its pivot a run may go on as new, and may be cancelled again: what the earlier generation did stands", async () => {
  const yearly = workflow("yearly", base, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (order.orderId === "second") await w.sleep({ hours: 1 });
    await w.pivot("ship", shop.ship, order);
    return w.continueAsNew({ orderId: "second" });
  });
  const { app, did, done, pass, stop } = await shopApp(setImmediate, [yearly], [yearly.start, yearly.cancel]);
  await done(app.publish(yearly.start({ id: "y", input: { orderId: "first" } })));
  await pass(SECOND);
  await done(app.publish(yearly.cancel({ id: "y", reason: "no more of it" })));
  await pass(SECOND);
  const run = await done(app.read(yearly.run, "y"));
  assert.deepEqual([run?.generation, run?.status, run?.strays], [1, "cancelled", []]);
  assert.deepEqual(did, ["reserve yearly/y/reserve", "ship yearly/y/ship", "reserve yearly/y#1/reserve", "release yearly/y#1/reserve/undo"]);
  await stop();
});

test("A child that went on as new tells its parent its end, and a cancelled run does not go on", async () => {
  const child = workflow("child", { ...base, waitsFor: [OrderPicked] }, async (round, w) => {
    await w.waitFor(OrderPicked);
    return round.orderId === "last" ? "the end" : w.continueAsNew({ orderId: "last" });
  });
  const parent = workflow("parent", { ...base, children: [child] }, (order, w) => w.child("only", child, { id: `${order.orderId}/c`, input: order }));
  const { app, done, pass, stop } = await shopApp(setImmediate, [parent, child], [parent.start, parent.cancel, OrderPicked]);
  for (const id of ["p", "q"]) await done(app.publish(parent.start({ id, input: { orderId: id } })));
  await pass(SECOND);
  for (const id of ["p/c", "q/c"]) await done(app.publish(OrderPicked({ orderId: id })));
  await pass(SECOND);
  await done(app.publish(parent.cancel({ id: "q", reason: "no" })));
  await done(app.publish(OrderPicked({ orderId: "p/c" })));
  await pass(SECOND);
  const [ended, cancelled, its] = await done(Promise.all([app.read(parent.run, "p"), app.read(parent.run, "q"), app.read(child.run, "q/c")]));
  assert.deepEqual([ended?.result, cancelled?.status, its?.status, its?.generation], ["the end", "cancelled", "cancelled", 1]);
  await stop();
});

test("A generation takes the version that a run started now would take, and code that goes on as new where its journal does not is found", async () => {
  const first = workflow("grows", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    await w.waitFor(OrderPicked);
    return w.continueAsNew(order);
  });
  const second = workflow("grows", { ...base, version: 2, waitsFor: [OrderPicked], previous: [first] }, async (_order, w) => {
    await w.waitFor(OrderPicked);
    await w.waitFor(OrderPicked);
    return "by the second";
  });
  const changed = workflow("grows", { ...base, version: 2, waitsFor: [OrderPicked], previous: [first] }, async (order, w) => {
    await w.waitFor(OrderPicked);
    return w.continueAsNew(order);
  });
  const scene = await shopApp(setImmediate, [first], [first.start, OrderPicked]);
  const picked = async (app: typeof scene.app) => { await scene.done(app.publish(OrderPicked({ orderId: "g" }))); await scene.pass(SECOND); };
  await scene.done(scene.app.publish(first.start({ id: "g", input: { orderId: "g" } })));
  await scene.pass(SECOND);
  await scene.stop();
  const later = await scene.next([second], [second.start, OrderPicked]);
  await picked(later);
  await picked(later);
  const run = await scene.done(later.read(second.run, "g"));
  assert.deepEqual([run?.generation, run?.version, run?.status], [1, 2, "running"]);
  await scene.done(later.stop());
  const last = await scene.next([changed], [changed.start, OrderPicked]);
  await picked(last);
  const [letter] = await scene.done(last.deadLetters.list());
  assert.equal(letter?.code, "WORKFLOW_DIVERGED");
  assert.match(letter.reason, /it continues as new/);
  await scene.done(last.stop());
});
