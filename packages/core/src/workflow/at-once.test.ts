// Steps that a function asks for at the same time are under way at the same time, whether or not their calls have rows, and also after a takeover.
// What is undone is undone one after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { workflow } from "./define.ts";
import type { Entry } from "./journal.ts";
import { OrderData, shop, shopApp } from "./testing/shop.ts";

const base = { input: OrderData, ports: { shop } } as const;
const input = { orderId: "o-1" };
const SECOND = 1_000;

/** What waits, and what ends the wait. */
function gate(): { readonly opens: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opens = new Promise<void>((resolve) => { open = resolve; });
  return { opens, open: () => { open(); } };
}

/** The names of steps in the order in which they ended. */
function ended(journal: readonly Entry[] = []): string[] {
  return journal.flatMap((entry) => {
    const of = entry.kind === "settled" ? journal[entry.of] : undefined;
    return of?.kind === "requested" && "name" in of ? [of.name] : [];
  });
}

function unrecorded(journal: readonly Entry[] = []): boolean[] {
  return journal.flatMap((entry) => entry.kind === "requested" && entry.what === "step" ? [entry.unrecorded !== undefined] : []);
}

const three = workflow("three", base, (order, w) => Promise.all([
  w.readonly("reserve", shop.reserve, order), w.readonly("charge", shop.charge, order), w.readonly("ship", shop.ship, order),
]).then((all) => all.map(({ receipt }) => receipt)));

test("Three steps without rows are under way together, and may end in any order", async () => {
  const { app, began, behaviour, done, pass, stop } = await shopApp(setImmediate, [three], [three.start]);
  const gates = { reserve: gate(), charge: gate(), ship: gate() };
  Object.assign(behaviour, gates);
  await done(app.publish(three.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual(began.map((one) => one.split(" ")[0]), ["reserve", "charge", "ship"]);
  for (const one of ["ship", "reserve", "charge"] as const) {
    gates[one].open();
    await pass(100);
  }
  const run = await done(app.read(three.run, "o-1"));
  assert.deepEqual(run?.result, ["reserve:three/o-1/reserve", "charge:three/o-1/charge", "ship:three/o-1/ship"]);
  assert.deepEqual([ended(run?.journal), unrecorded(run?.journal), run?.strays], [["ship", "reserve", "charge"], [true, true, true], []]);
  await stop();
});

test("So are steps whose calls have rows, and one beside them needs none", async () => {
  const keyed = workflow("keyed", base, (order, w) => Promise.all([
    w.readonly("reserve", shop.reserve, order, { key: "r" }), w.readonly("charge", shop.charge, order, { key: "c" }), w.readonly("ship", shop.ship, order),
  ]).then(() => "done"));
  const { app, began, behaviour, done, pass, stop } = await shopApp(setImmediate, [keyed], [keyed.start]);
  const gates = { reserve: gate(), charge: gate(), ship: gate() };
  Object.assign(behaviour, gates);
  await done(app.publish(keyed.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual([...began].sort(), ["charge c", "reserve r", "ship keyed/o-1/ship"]);
  for (const one of Object.values(gates)) one.open();
  await pass(500);
  const run = await done(app.read(keyed.run, "o-1"));
  assert.deepEqual([run?.result, unrecorded(run?.journal), run?.strays], ["done", [false, false, true], []]);
  await stop();
});

test("Steps that end at once end in one commit, each told by itself", async () => {
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [three], [three.start]);
  const all = gate();
  Object.assign(behaviour, { reserve: all, charge: all, ship: all });
  await done(app.publish(three.start({ id: "o-1", input })));
  await pass(500);
  all.open();
  await pass(500);
  const run = await done(app.read(three.run, "o-1"));
  assert.deepEqual([run?.status, ended(run?.journal).sort(), run?.strays], ["completed", ["charge", "reserve", "ship"], []]);
  await stop();
});

test("The next owner has all of them under way at once, too", async () => {
  const { app, began, behaviour, done, next, pass } = await shopApp(setImmediate, [three], [three.start]);
  Object.assign(behaviour, { reserve: "hang", charge: "hang", ship: "hang" });
  await done(app.publish(three.start({ id: "o-1", input })));
  await pass(500);
  const stopped = done(app.stop());
  await pass(10 * SECOND);
  await stopped;
  began.length = 0;
  const gates = { reserve: gate(), charge: gate(), ship: gate() };
  Object.assign(behaviour, gates);
  const later = await next([three], [three.start]);
  await pass(10 * SECOND);
  // Each waits for its own, so that a second attempt of one cannot stand in for another.
  assert.deepEqual([...new Set(began)].sort(), ["charge three/o-1/charge", "reserve three/o-1/reserve", "ship three/o-1/ship"]);
  for (const one of Object.values(gates)) one.open();
  await pass(10 * SECOND);
  const run = await done(later.read(three.run, "o-1"));
  assert.deepEqual([run?.status, run?.strays], ["completed", []]);
  await done(later.stop());
});

test("When one fails the others are waited for, and what was done is undone one after the other, the last first", async () => {
  const trip = workflow("trip", base, (order, w) => Promise.all([
    w.step("first", shop.reserve, order, { undo: shop.release }), w.step("second", shop.ship, order, { undo: shop.refund, undoInput: (receipt) => receipt }),
    w.readonly("charge", shop.charge, order),
  ]));
  const { app, began, behaviour, done, pass, stop } = await shopApp(setImmediate, [trip], [trip.start]);
  const gates = { reserve: gate(), ship: gate(), release: gate(), refund: gate() };
  Object.assign(behaviour, gates, { charge: { outcome: "declined", value: { reason: "no" } } });
  const statusOf = async () => (await done(app.read(trip.run, "o-1")))?.status;
  await done(app.publish(trip.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual([await statusOf(), began.length], ["compensating", 3]);
  gates.ship.open();
  await pass(500);
  assert.deepEqual([await statusOf(), began.length], ["compensating", 3]);
  gates.reserve.open();
  await pass(500);
  assert.deepEqual(began.slice(3), ["release trip/o-1/first/undo"]);
  gates.release.open();
  await pass(500);
  assert.deepEqual(began.slice(3), ["release trip/o-1/first/undo", "refund trip/o-1/second/undo"]);
  gates.refund.open();
  await pass(500);
  assert.equal(await statusOf(), "compensated");
  await stop();
});

test("A run that is cancelled while several are under way waits for each, and undoes what they did", async () => {
  const pair = workflow("pair", base, (order, w) => Promise.all([
    w.step("first", shop.reserve, order, { undo: shop.release }), w.step("second", shop.charge, order, { undo: shop.refund, undoInput: (receipt) => receipt }),
  ]));
  const { app, began, behaviour, done, did, pass, stop } = await shopApp(setImmediate, [pair], [pair.start, pair.cancel]);
  const gates = { reserve: gate(), charge: gate() };
  Object.assign(behaviour, gates);
  await done(app.publish(pair.start({ id: "o-1", input })));
  await pass(500);
  assert.equal(began.length, 2);
  await done(app.publish(pair.cancel({ id: "o-1", reason: "changed my mind" })));
  await pass(500);
  gates.charge.open();
  await pass(500);
  assert.deepEqual(did, ["charge pair/o-1/second"]);
  gates.reserve.open();
  await pass(SECOND);
  const run = await done(app.read(pair.run, "o-1"));
  assert.deepEqual([run?.status, did.slice(1)], ["cancelled", ["reserve pair/o-1/first", "release pair/o-1/first/undo", "refund pair/o-1/second/undo"]]);
  await stop();
});

test("A map has as many under way as it says, and a new one begins when any of them ends", async () => {
  const mapped = workflow("mapped", base, (order, w) =>
    w.map(["reserve", "charge", "ship"] as const, { atMost: 2 }, (name) => w.readonly(name, shop[name], order)).then(() => "done"));
  const { app, began, behaviour, done, pass, stop } = await shopApp(setImmediate, [mapped], [mapped.start]);
  const gates = { reserve: gate(), charge: gate(), ship: gate() };
  Object.assign(behaviour, gates);
  await done(app.publish(mapped.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual(began.map((one) => one.split(" ")[0]), ["reserve", "charge"]);
  gates.charge.open();
  await pass(500);
  assert.deepEqual(began.map((one) => one.split(" ")[0]), ["reserve", "charge", "ship"]);
  gates.reserve.open();
  gates.ship.open();
  await pass(500);
  assert.equal((await done(app.read(mapped.run, "o-1")))?.result, "done");
  await stop();
});

test("After a race the run goes on beside the loser, and ends when that has", async () => {
  const race = workflow("race", base, async (order, w) => {
    const first = await Promise.race([w.readonly("reserve", shop.reserve, order), w.readonly("charge", shop.charge, order)]);
    await w.pivot("ship", shop.ship, order);
    return first.receipt;
  });
  const { app, behaviour, done, did, pass, stop } = await shopApp(setImmediate, [race], [race.start]);
  const slow = gate();
  behaviour["reserve"] = slow;
  await done(app.publish(race.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual(did, ["charge race/o-1/charge", "ship race/o-1/ship"]);
  assert.equal((await done(app.read(race.run, "o-1")))?.status, "running");
  slow.open();
  await pass(500);
  const run = await done(app.read(race.run, "o-1"));
  assert.deepEqual([run?.status, run?.result, run?.strays], ["completed", "charge:race/o-1/charge", []]);
  await stop();
});

test("Beside a pivot that fails, what must succeed is waited for", async () => {
  const beside = workflow("beside", base, (order, w) => Promise.all([w.pivot("charge", shop.charge, order), w.retriable("ship", shop.ship, order)]));
  const { app, began, behaviour, done, pass, stop } = await shopApp(setImmediate, [beside], [beside.start]);
  const slow = gate();
  Object.assign(behaviour, { charge: { outcome: "declined", value: { reason: "no" } }, ship: slow });
  await done(app.publish(beside.start({ id: "o-1", input })));
  await pass(500);
  assert.deepEqual([(await done(app.read(beside.run, "o-1")))?.status, began.length], ["compensating", 2]);
  slow.open();
  await pass(500);
  assert.equal((await done(app.read(beside.run, "o-1")))?.status, "compensated");
  await stop();
});
