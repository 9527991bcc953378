// The call commands against a real database, with the application running beside them as in production.
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { eventually, record, records, scene, type Scene, type ShippingApp } from "./testing/scene.ts";
import { Booking, carrierDesk, Express, NOTHING_YET } from "./testing/shipping-app.ts";

/** An application whose calls for these orders need attention. */
async function inNeed(t: TestContext, ...orders: readonly string[]): Promise<{ readonly at: Scene; readonly app: ShippingApp }> {
  const at = scene(t);
  const app = await at.app();
  carrierDesk.reachable = false;
  carrierDesk.booked.clear();
  await app.start();
  for (const orderId of orders) {
    await app.publish(Express({ orderId }));
    // One after the other, so that they are listed in this order. Until then the handler's answer may be under way: it is worth one more
    // question, also past the deadline.
    await eventually(`${orderId} is in doubt`, async () => (await app.read(Booking, orderId))?.said);
  }
  await eventually("calls in need", async () => records((await at.json("calls", "list")).value).length === orders.length || undefined);
  return { at, app };
}

async function saidOf(app: ShippingApp, orderId: string): Promise<string | undefined> {
  const said = (await app.read(Booking, orderId))?.said;
  return said === NOTHING_YET ? undefined : said;
}

test("calls in need are listed, shown and retried under their key, one and all, and the audit trail tells who did it", async (t) => {
  const { at, app } = await inNeed(t, "o-1", "o-2", "o-3");
  const [first] = records((await at.json("calls", "list", "--port", "carrier")).value);
  assert.ok(first);
  assert.deepEqual([first["operation"], first["callKey"], first["state"], first["input"], first["request"]], [
    "carrier.book", "o-1/van", "attention", { orderId: "o-1" }, null,
  ]);
  const shown = await at.evenkeel("calls", "show", "--key", "o-1/van");
  assert.match(shown.out, /state {7}attention: waits for a person/);
  assert.match((await at.evenkeel("calls", "list", "--limit", "2")).err, /--after \d+ shows them/);
  carrierDesk.reachable = true;
  const retried = await at.evenkeel("calls", "retry", "--key", "o-1/van", "--actor", "ann", "--note", "line is back");
  assert.equal(retried.code, 0, retried.err);
  await eventually("o-1 hears", async () => saidOf(app, "o-1"));
  assert.equal(await saidOf(app, "o-1"), carrierDesk.booked.get("o-1/van"));
  const all = await at.json("calls", "retry", "--all", "--deadline-seconds", "60", "--rate", "100");
  assert.deepEqual([all.code, record(all.value)["retried"], record(all.value)["failed"]], [0, 2, 0]);
  for (const orderId of ["o-2", "o-3"]) await eventually(`${orderId} hears`, async () => saidOf(app, orderId));
  assert.equal(carrierDesk.booked.size, 3, "no second booking");
  const audit = records((await at.json("calls", "audit", "--key", "o-1/van")).value);
  assert.deepEqual(audit.map((one) => [one["action"], one["actor"], one["note"], one["result"]]), [["retry", "ann", "line is back", "done"]]);
  assert.equal((await at.evenkeel("calls", "list")).out, "There are no such calls.\n");
});

test("a resolution that does not fit the operation is refused by the owner with the reason; one that fits is heard by the service", async (t) => {
  const { at, app } = await inNeed(t, "o-1", "o-2", "o-3");
  const wrong = await at.evenkeel("calls", "resolve", "--key", "o-1/van", "--outcome", "ok", "--value", `{"truck": 1}`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /^CONTROL_REFUSED: .*DATA_INVALID: .*needs van/);
  const unheard = await at.evenkeel("calls", "resolve", "--key", "o-1/van", "--outcome", "lost", "--value", "1");
  assert.match(unheard.err, /declares no outcome 'lost': give one of ok, full, notPerformed/);
  const right = await at.evenkeel("calls", "resolve", "--key", "o-1/van", "--outcome", "full", "--value", `{"until": "monday"}`);
  assert.equal(right.code, 0, right.err);
  assert.equal((await at.evenkeel("calls", "resolve", "--key", "o-2/van", "--outcome", "notPerformed", "--value", `"no van was sent"`)).code, 0);
  assert.equal((await at.evenkeel("calls", "abandon", "--key", "o-3/van")).code, 0);
  await eventually("o-2 hears", async () => saidOf(app, "o-2"));
  await eventually("o-1 hears", async () => saidOf(app, "o-1"));
  assert.deepEqual([await saidOf(app, "o-1"), await saidOf(app, "o-2"), await saidOf(app, "o-3")], ["full until monday", "no van was sent", undefined]);
  assert.deepEqual(records((await at.json("calls", "list", "--state", "any")).value), []);
  const again = await at.evenkeel("calls", "retry", "--key", "o-1/van");
  assert.equal(again.code, 1);
  assert.match(again.err, /^CALL_NOT_FOUND: No live call fits --key o-1\/van/);
});

test("a request about a call that no worker answers stays recorded, keeps others off, and is done when one runs", async (t) => {
  const { at, app } = await inNeed(t, "o-1");
  await app.stop();
  const unanswered = await at.json("calls", "abandon", "--key", "o-1/van", "--actor", "ann", "--within-seconds", "0");
  assert.equal(record(record(unanswered.value)["error"])["code"], "CONTROL_UNANSWERED");
  assert.match((await at.evenkeel("calls", "list")).out, /abandon by ann/);
  const second = await at.evenkeel("calls", "retry", "--key", "o-1/van");
  assert.match(second.err, /^CALL_CONTROL_PENDING: Request \d+ of ann \(abandon\)/);
  assert.match((await at.evenkeel("calls", "audit")).out, /waits for a worker/);
  const next = await at.app();
  await next.start();
  await eventually("the call is gone", async () => records((await at.json("calls", "list", "--state", "any")).value).length === 0 || undefined);
  assert.match((await at.evenkeel("calls", "audit")).out, /done/);
});

test("of calls that could be several none is touched, and wrong words are told", async (t) => {
  const { at } = await inNeed(t, "o-1", "o-2");
  const several = await at.evenkeel("calls", "abandon", "--operation", "carrier.book");
  assert.equal(several.code, 2);
  assert.match(several.err, /^USAGE_INVALID: --operation carrier\.book fits 2 of them:\n {2}--id [0-9a-f-]{36} \(carrier\.book, key o-[12]\/van, attention\)/);
  assert.equal((await at.evenkeel("calls", "retry")).code, 2);
  assert.match((await at.evenkeel("calls", "resolve", "--key", "o-1/van")).err, /--outcome is missing/);
  assert.match((await at.evenkeel("calls", "resolve", "--key", "o-1/van", "--outcome", "ok", "--value", "{van")).err, /--value is not JSON/);
  assert.match((await at.evenkeel("calls", "list", "--state", "lost")).err, /give attention, due, unknown, asking or any/);
  assert.match((await at.evenkeel("calls", "list", "--group", "shiping")).err, /Did you mean 'shipping'\?/);
  assert.equal(records((await at.json("calls", "list")).value).length, 2, "nothing was done");
});
