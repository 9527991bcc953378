// What comes late, from strangers, or too often: none of it takes an effect that is not its own, and nothing is lost without a word.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { service } from "../decide/service.ts";
import { command, event } from "../message/definition.ts";
import { workflow } from "./define.ts";
import { OrderData, OrderPicked, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const base = { input: OrderData, ports: { shop } } as const;
const Asked = event("asked", { key: (data) => data.orderId, data: OrderData });
const Answered = event("answered", { key: (data) => data.orderId, data: OrderData });
const Undo = event("undo-asked", { key: (data) => data.orderId, data: OrderData });
const Undone = event("undone", { key: (data) => data.orderId, data: OrderData });

test("An answer that comes after its time answers no later question of the same name, also in a later generation", async () => {
  const asking = workflow("asking", { ...base, emits: [Asked], waitsFor: [Answered] }, async (order, w) => {
    const first = await w.ask(Asked(order), { answers: [Answered], within: { minutes: 1 } });
    if (first === undefined && order.orderId === "anew") return w.continueAsNew({ orderId: "again" });
    const second = await w.ask(Asked(order), { answers: [Answered] });
    return [first === undefined, second.data.orderId];
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [asking], [asking.start, Answered]);
  const answer = async (id: string) => { await done(app.publish(Answered({ orderId: id }))); await pass(SECOND); };
  for (const id of ["plain", "anew"]) await done(app.publish(asking.start({ id, input: { orderId: id } })));
  await pass(61 * SECOND);
  for (const id of ["plain", "anew"]) {
    await answer(id);
    const run = await done(app.read(asking.run, id));
    assert.deepEqual([run?.status, run?.inbox, run?.owed], ["running", [], undefined]);
    assert.deepEqual(run?.strays.map((stray) => stray.why), ["it answers 'asked' when its time was over"]);
  }
  await answer("plain");
  await answer("anew");
  await answer("anew");
  assert.deepEqual((await done(app.read(asking.run, "plain")))?.result, [true, "plain"]);
  assert.deepEqual((await done(app.read(asking.run, "anew")))?.result, [false, "anew"]);
  await stop();
});

test("An undo that nobody answers needs attention after its time, is asked for again by a person, and goes on when it is answered", async () => {
  const undoing = workflow("undoing", { ...base, emits: [Asked, Undo], waitsFor: [Answered, Undone] }, async (order, w) => {
    await w.ask(Asked(order), { answers: [Answered], undo: { send: Undo(order), answers: [Undone], within: { minutes: 5 } } });
    await w.readonly("charge", shop.charge, order);
  });
  const asked: string[] = [];
  const silent = service("silent").on(Undo, ({ orderId }) => { asked.push(orderId); });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [undoing, silent], [undoing.start, undoing.retry, Answered, Undone]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  for (const id of ["retried", "late"]) {
    await done(app.publish(undoing.start({ id, input: { orderId: id } })));
    await done(app.publish(Answered({ orderId: id })));
  }
  await pass(10 * SECOND);
  const view = async (id: string) => undoing.inspect(await done(app.read(undoing.run, id)));
  assert.deepEqual([(await view("late"))?.status, (await view("late"))?.attention], ["compensating", []]);
  await pass(300 * SECOND);
  const stuck = await view("retried");
  const [wait] = stuck?.attention ?? [];
  assert.deepEqual([stuck?.status, wait?.for, wait?.name, wait?.last?.outcome], ["attention", "undo", "asked", "unanswered"]);
  await done(app.publish(undoing.retry({ id: "retried" })));
  await pass(10 * SECOND);
  assert.equal((await view("retried"))?.status, "compensating");
  await pass(300 * SECOND);
  assert.equal((await view("retried"))?.status, "attention");
  for (const id of ["retried", "late"]) await done(app.publish(Undone({ orderId: id })));
  await pass(10 * SECOND);
  assert.deepEqual([(await view("retried"))?.status, (await view("late"))?.status], ["compensated", "compensated"]);
  assert.deepEqual(asked, ["retried", "late", "retried"]);
  await stop();
});

test("A parent's cancellation reaches the run that it began, and no other of that name; anybody may cancel a run by its id", async () => {
  const child = workflow("child", base, async (_order, w) => { await w.sleep({ hours: 1 }); });
  const parent = workflow("parent", { ...base, children: [child] }, (order, w) => w.child("only", child, { id: order.orderId, input: order }));
  const { app, done, pass, stop } = await shopApp(setImmediate, [parent, child], [parent.start, parent.cancel, child.start, child.cancel]);
  await done(app.publish(child.start({ id: "c-1", input: { orderId: "o" } })));
  await pass(SECOND);
  await done(app.publish(child.cancel({ id: "c-1", reason: "its parent ends", parent: { workflow: "parent", run: "p-1", request: 0, generation: 0 } })));
  await done(app.publish(parent.start({ id: "p-2", input: { orderId: "c-2" } })));
  await pass(SECOND);
  const strange = await done(app.read(child.run, "c-1"));
  assert.deepEqual([strange?.status, strange?.strays[0]?.why], ["running", "run 'p-1' of workflow 'parent' ends, and did not begin this run"]);
  await done(app.publish(parent.cancel({ id: "p-2", reason: "no" })));
  await done(app.publish(child.cancel({ id: "c-1", reason: "enough" })));
  await pass(SECOND);
  const byParent = (await done(app.read(child.run, "c-2")))?.journal.find((entry) => entry.kind === "cancelled");
  assert.deepEqual(byParent?.kind === "cancelled" ? byParent.parent : null, { workflow: "parent", run: "p-2", request: 0, generation: 0 });
  const byAnybody = (await done(app.read(child.run, "c-1")))?.journal.find((entry) => entry.kind === "cancelled");
  assert.deepEqual(byAnybody?.kind === "cancelled" ? [byAnybody.reason, byAnybody.parent] : null, ["enough", undefined]);
  await stop();
});

test("A pivot that failed has decided nothing: the run may be cancelled after it", async () => {
  const tried = workflow("tried", base, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.pivot("charge", shop.charge, order).catch(() => undefined);
    await w.sleep({ hours: 1 });
  });
  const { app, did, behaviour, done, pass, stop } = await shopApp(setImmediate, [tried], [tried.start, tried.cancel]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  await done(app.publish(tried.start({ id: "failed", input: { orderId: "o" } })));
  await pass(SECOND);
  behaviour["charge"] = "hang";
  await done(app.publish(tried.start({ id: "open", input: { orderId: "o" } })));
  await pass(SECOND);
  for (const id of ["failed", "open"]) await done(app.publish(tried.cancel({ id, reason: "no more" })));
  await pass(SECOND);
  assert.equal((await done(app.read(tried.run, "failed")))?.status, "cancelled");
  assert.ok(did.includes("release tried/failed/reserve/undo"));
  const open = await done(app.read(tried.run, "open"));
  assert.deepEqual([open?.status, open?.strays[0]?.why], ["running", "the run has gone past its pivot"]);
  await stop();
});

const Tick = command("tick", { key: (data) => data.orderId, data: OrderData });

test("Messages beyond those that a run keeps are dead letters, also before it begins, and are handled when it may keep more", async () => {
  const counting = (maxBuffered: number) => workflow("counting", { ...base, waitsFor: [Tick, OrderPicked], maxBuffered }, async (order, w) => {
    await w.waitFor(OrderPicked);
    for (let ticks = 0; ticks < 3; ticks++) await w.waitFor(Tick);
    return order.orderId;
  });
  const small = counting(2);
  const { app, done, pass, stop, next } = await shopApp(setImmediate, [small], [small.start, Tick, OrderPicked]);
  const tick = async (id: string) => { await done(app.publish(Tick({ orderId: id }))); await pass(SECOND); };
  await done(app.publish(small.start({ id: "begun", input: { orderId: "begun" } })));
  for (const id of ["begun", "early"]) for (let times = 0; times < 3; times++) await tick(id);
  const letters = await done(app.deadLetters.list());
  assert.deepEqual(letters.map((letter) => [letter.key, letter.code]).sort(), [["begun", "WORKFLOW_INBOX_FULL"], ["early", "WORKFLOW_INBOX_FULL"]]);
  for (const id of ["begun", "early"]) assert.equal((await done(app.read(small.run, id)))?.inbox.length, 2);
  await stop();
  const larger = counting(3);
  const later = await next([larger], [larger.start, Tick, OrderPicked]);
  for (const letter of letters) await done(later.deadLetters.redrive(letter, { actor: "test" }));
  await done(later.publish(larger.start({ id: "early", input: { orderId: "early" } })));
  for (const id of ["begun", "early"]) await done(later.publish(OrderPicked({ orderId: id })));
  await pass(10 * SECOND);
  for (const id of ["begun", "early"]) assert.equal((await done(later.read(larger.run, id)))?.result, id);
  await done(later.stop());
});
