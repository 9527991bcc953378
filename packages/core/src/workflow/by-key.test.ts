// Messages by another key than the run's id: whichever is first, the message or the wait; several runs at one key; and what ends a wait.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Entity } from "../decide/entity.ts";
import { event } from "../message/definition.ts";
import type { AwaitedKey } from "./awaited-key.ts";
import { workflow, type Workflow } from "./define.ts";
import { plain, text } from "./messages.ts";
import { keysOf } from "./run-entity.ts";
import { OrderData, OrderPicked, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Payment { readonly payment: string; readonly by: string }
const Paid = event("paid", { key: (data) => data.payment, data: plain<Payment>(text("payment", "by")) });
const Refused = event("refused", { key: (data) => data.payment, data: plain<Payment>(text("payment", "by")) });
const base = { input: OrderData, ports: { shop }, waitsFor: [OrderPicked], waitsForByKey: [Paid, Refused], keepsFor: { minutes: 30 } } as const;
const PAYMENT = "p-1";

const order = workflow("order", base, async (_input, w) => {
  const paid = await w.waitFor(Paid, { key: PAYMENT, within: { minutes: 20 } });
  return paid === undefined ? "unpaid" : `paid by ${paid.by}`;
});

type Orders = Workflow<string, { readonly orderId: string }, string, { readonly shop: typeof shop }>;

async function stage(of: Orders) {
  const shopped = await shopApp(setImmediate, [of], [of.start, of.cancel, OrderPicked, Paid, Refused]);
  const { app, done, pass } = shopped;
  const keys: Entity<AwaitedKey> = { name: keysOf(of.name), schema: of.run.schema };
  return {
    ...shopped,
    start: async (id: string) => { await done(app.publish(of.start({ id, input: { orderId: id } }))); await pass(SECOND); },
    paid: async (by: string, payment = PAYMENT) => { await done(app.publish(Paid({ payment, by }))); await pass(SECOND); },
    result: async (id: string) => (await done(app.read(of.run, id)))?.result,
    view: async (id: string) => { const run = await done(app.read(of.run, id)); assert.ok(run !== undefined); return run; },
    key: async (key = PAYMENT) => await done(app.read(keys, key)),
  };
}

test("A run is given the message of another key that comes after its wait, before it, or before the run began", async () => {
  const { start, paid, result, view, key, pass, stop } = await stage(order);
  await start("first");
  assert.deepEqual((await key())?.waits.map(({ run, names }) => [run, names]), [["first", ["paid"]]]);
  assert.deepEqual(order.inspect(await view("first")).waits.map(({ for: what, name, keys }) => [what, name, keys]), [["message", "paid", [PAYMENT]]]);
  await paid("Ada");
  assert.equal(await result("first"), "paid by Ada");
  await start("second");
  assert.equal(await result("second"), "paid by Ada");
  await paid("Ben", "p-2");
  await start("third");
  assert.equal(await result("third"), "paid by Ada", "what came by another key is nothing to it");
  assert.deepEqual((await key())?.kept.map(({ name, to }) => [name, to]), [["paid", ["first", "second", "third"]]]);
  await pass(31 * MINUTE);
  assert.deepEqual([await key(), await key("p-2")], [undefined, undefined], "it is kept for a time, and nothing stays");
  await stop();
});

test("Every run that waits at a key is given its message, and none twice", async () => {
  const twice = workflow("twice", base, async (_input, w) => {
    const first = await w.waitFor(Paid, { key: PAYMENT });
    const second = await w.waitFor(Paid, { key: PAYMENT, within: { minutes: 5 } });
    return `${first.by}, then ${second?.by ?? "nobody"}`;
  });
  const { start, paid, result, stop } = await stage(twice);
  await start("one");
  await start("two");
  await paid("Ada");
  await paid("Ben");
  await start("three");
  await start("four");
  for (const id of ["one", "two", "three", "four"]) assert.equal(await result(id), "Ada, then Ben");
  await stop();
});

test("A wait by another key that is over leaves the key, and what comes then is there for the next", async () => {
  const patient = workflow("patient", base, async (_input, w) => {
    const early = await w.waitFor(Paid, { key: PAYMENT, within: { minutes: 5 } });
    await w.sleep({ minutes: 5 });
    const late = await w.waitFor(Paid, { key: PAYMENT, within: { minutes: 5 } });
    return `${early?.by ?? "nobody"}, then ${late?.by ?? "nobody"}`;
  });
  const { start, paid, result, key, pass, stop } = await stage(patient);
  await start("p");
  await pass(6 * MINUTE);
  assert.equal(await key(), undefined, "nobody waits there");
  await paid("Ada");
  await pass(6 * MINUTE);
  assert.equal(await result("p"), "nobody, then Ada");
  await stop();
});

test("The first of several is told apart by name and key, and the other keys are left", async () => {
  const choosing = workflow("choosing", base, async (_input, w) => {
    const first = await w.waitForAny([OrderPicked, { message: Paid, key: PAYMENT }, { message: Refused, key: PAYMENT }, { message: Paid, key: "p-2" }]);
    if (first.name === "order.picked") return `picked ${first.data.orderId}`;
    return `${first.name} ${first.key} by ${first.data.by}`;
  });
  const { app, done, start, paid, result, key, pass, stop } = await stage(choosing);
  await start("a");
  await paid("Ada", "p-2");
  assert.equal(await result("a"), "paid p-2 by Ada");
  assert.equal(await key(), undefined);
  await done(app.publish(Refused({ payment: PAYMENT, by: "Ben" })));
  await start("b");
  assert.equal(await result("b"), "refused p-1 by Ben");
  const other = workflow("other", base, async (_input, w): Promise<string> =>
    (await w.waitForAny([OrderPicked, { message: Paid, key: "p-9" }], { within: { minutes: 5 } }))?.name ?? "none");
  const second = await stage(other);
  await second.start("c");
  await second.done(second.app.publish(OrderPicked({ orderId: "c" })));
  await second.pass(SECOND);
  assert.equal(await second.result("c"), "order.picked");
  assert.equal(await second.key("p-9"), undefined);
  await pass(SECOND);
  await stop();
  await second.stop();
});

test("A run that is cancelled, ends or goes on as new leaves the keys where it waited; what was under way to it is told or kept", async () => {
  const rounds = workflow("rounds", base, async (input, w) => {
    const paid = w.waitFor(Paid, { key: PAYMENT });
    const picked = w.waitFor(OrderPicked);
    const first = await Promise.race([paid.then(({ by }) => by), picked.then(() => null)]);
    if (first === null) return w.continueAsNew({ orderId: `${input.orderId}+` });
    return `${input.orderId} ${first}`;
  });
  const { app, done, start, paid, result, view, key, pass, stop } = await stage(rounds);
  await start("r");
  await done(app.publish(OrderPicked({ orderId: "r" })));
  await pass(SECOND);
  assert.deepEqual((await key())?.waits.map(({ run, generation }) => [run, generation]), [["r", 1]]);
  await start("c");
  await done(app.publish(rounds.cancel({ id: "c", reason: "no" })));
  await pass(SECOND);
  assert.equal((await view("c")).status, "cancelled");
  assert.deepEqual((await key())?.waits.map(({ run }) => run), ["r"]);
  await paid("Ada");
  assert.equal(await result("r"), "r+ Ada");
  const { strays } = await view("r");
  assert.deepEqual(strays, []);
  await stop();
});

test("A message by another key is answered, and its sender finds the answer in every run that received it", async () => {
  const asked = workflow("asked", base, async (input, w) => {
    const { id, data, answer } = await w.receive(Paid, { key: PAYMENT });
    answer({ thanks: data.by, from: input.orderId });
    return id;
  });
  const { app, done, start, view, pass, stop } = await stage(asked);
  await start("a");
  await start("b");
  const { id } = await done(app.publish(Paid({ payment: PAYMENT, by: "Ada" })));
  await pass(SECOND);
  for (const run of ["a", "b"]) assert.deepEqual(asked.inspect(await view(run)).answers.get(id)?.value, { thanks: "Ada", from: run });
  await stop();
});

test("Messages that no run has asked for are kept up to a number, and one more is a dead letter", async () => {
  const few = workflow("few", { ...base, maxBuffered: 2 }, async (_input, w) => (await w.waitFor(Paid, { key: PAYMENT })).by);
  const { app, done, start, paid, result, key, stop } = await stage(few);
  for (const by of ["Ada", "Ben", "Cid"]) await paid(by);
  const [letter] = await done(app.deadLetters.list());
  assert.deepEqual([letter?.code, (await key())?.kept.length], ["WORKFLOW_INBOX_FULL", 2]);
  assert.match(letter?.reason ?? "", /key 'p-1'.*keepsFor/);
  await start("f");
  assert.equal(await result("f"), undefined, "the key waits behind its dead letter");
  await stop();
});

test("A wait that nothing is forwarded to is refused, also where nobody checks types", async () => {
  const deaf = workflow("deaf", base, async ({ orderId }, w) => {
    // @ts-expect-error it is not among `waitsForByKey`
    if (orderId === "picked") await w.waitFor(OrderPicked, { key: PAYMENT });
    // @ts-expect-error it does not say by which key
    if (orderId === "paid") await w.waitFor(Paid);
    await w.waitFor(Paid, { key: "" });
    return "";
  });
  const { app, done, start, stop } = await stage(deaf);
  for (const id of ["picked", "paid", "empty"]) await start(id);
  const letters = new Map((await done(app.deadLetters.list())).map(({ key, code, reason }) => [key, `${code}: ${reason}`]));
  assert.match(letters.get("picked") ?? "", /^WORKFLOW_STEP_REFUSED: .*'order.picked'.*`waitsForByKey`/);
  assert.match(letters.get("paid") ?? "", /^WORKFLOW_STEP_REFUSED: .*'paid'.*say which/);
  assert.match(letters.get("empty") ?? "", /^KEY_INVALID: .*'paid'/);
  await stop();
});
