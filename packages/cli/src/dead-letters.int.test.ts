// The dead-letter commands against a real database, with the application running beside them as in production.
import assert from "node:assert/strict";
import test from "node:test";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, record, records, scene, type Scene, type ShippingApp } from "./testing/scene.ts";
import { OrderPlaced, Shipment, shipping } from "./testing/shipping-app.ts";

async function place(app: ShippingApp, orderId: string, step: number, pence = 100): Promise<void> {
  await app.publish(OrderPlaced({ orderId, step, pence }), { idempotencyKey: `${orderId}/${String(step)}` });
}

async function stepsOf(app: ShippingApp, orderId: string): Promise<readonly number[]> {
  return (await app.read(Shipment, orderId))?.steps ?? [];
}

async function deadKeys(at: Scene): Promise<readonly unknown[]> {
  return records((await at.json("dead-letters", "list")).value).map((one) => one["key"]);
}

async function untilDead(at: Scene, count: number): Promise<void> {
  await eventually(`${String(count)} dead letters`, async () => (await deadKeys(at)).length === count ? true : undefined);
}

test("a poison key among live traffic is parked, listed, edited and redriven in order, while all other keys flow", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.start();
  await place(app, "good", 1);
  await place(app, "bad", 1, -5);
  await place(app, "bad", 2);
  await place(app, "good", 2);
  await untilDead(at, 1);
  const later = await app.publish(OrderPlaced({ orderId: "good", step: 3, pence: 1 }));
  await app.handled(later, { by: shipping });
  assert.deepEqual(await stepsOf(app, "good"), [1, 2, 3]);
  assert.deepEqual(await stepsOf(app, "bad"), []);

  const [letter] = records((await at.json("dead-letters", "list", "--group", "shipping")).value);
  assert.ok(letter);
  const message = record(letter["message"]);
  assert.deepEqual(
    [letter["key"], letter["code"], letter["state"], letter["attempts"], message["name"], message["data"]],
    ["bad", "TOTAL_NEGATIVE", "dead", 1, "order.placed", { orderId: "bad", step: 1, pence: -5 }],
  );
  assert.match((await at.evenkeel("dead-letters", "show", "--key", "bad")).out, /TOTAL_NEGATIVE: Order bad has a total below zero/);

  // Traffic goes on, on the key itself and beside it, while the operator works.
  let placing = true;
  const traffic = (async () => {
    let step = 2;
    while (placing) {
      step++;
      await place(app, "bad", step);
      await place(app, "good", step + 1);
    }
    return step;
  })();
  const data = join(tmpdir(), "order.json");
  writeFileSync(data, JSON.stringify({ orderId: "bad", step: 1, pence: 5 }));
  t.after(() => { rmSync(data); });
  const signed = ["--actor", "ann", "--note", "sign was wrong"];
  const edited = await at.evenkeel("dead-letters", "edit", "--group", "shipping", "--key", "bad", "--data", `@${data}`, ...signed);
  assert.equal(edited.code, 0, edited.err);
  const again = /Run it: evenkeel (.*)\n/.exec(edited.out)?.[1];
  assert.ok(again, edited.out);
  assert.deepEqual(await stepsOf(app, "bad"), [], "an edit runs nothing");
  const redriven = await at.evenkeel(...again.split(" "), "--actor", "ann");
  assert.equal(redriven.code, 0, redriven.err);
  placing = false;
  const last = await traffic;

  const wanted = Array.from({ length: last }, (_, index) => index + 1);
  await eventually("the whole key is handled", async () => (await stepsOf(app, "bad")).length >= wanted.length ? true : undefined);
  assert.deepEqual(await stepsOf(app, "bad"), wanted);
  assert.deepEqual(await deadKeys(at), []);
  const audit = records((await at.json("dead-letters", "audit", "--key", "bad")).value);
  assert.deepEqual(
    audit.map((one) => [one["action"], one["actor"], one["note"], one["result"]]),
    [["redrive", "ann", "", "done"], ["edit", "ann", "sign was wrong", "done"]],
  );
});

test("a skipped dead letter is dropped for good, and what waits behind it runs", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.start();
  await place(app, "bad", 1, -1);
  await place(app, "bad", 2);
  await untilDead(at, 1);
  assert.equal((await at.evenkeel("dead-letters", "skip", "--key", "bad", "--note", "test order")).code, 0);
  await eventually("the follower is handled", async () => (await stepsOf(app, "bad")).length > 0 ? true : undefined);
  assert.deepEqual(await stepsOf(app, "bad"), [2]);
});

test("what is tried again is no dead letter, and a list without any says that it is there", async (t) => {
  const at = scene(t);
  const app = await at.app();
  assert.equal((await at.evenkeel("dead-letters", "list")).out, "Nothing is parked here.\n");
  await app.start();
  await place(app, "half", 1, 0.5);
  await eventually("it is parked", async () => records((await at.json("dead-letters", "list", "--state", "waiting")).value).length === 1 ? true : undefined);
  const { out } = await at.evenkeel("dead-letters", "list");
  assert.equal(out, "No dead letter is here yet; one that failed is tried again: --state waiting shows it.\n");
  assert.deepEqual(await deadKeys(at), []);
});

test("all dead letters of a service are redriven with one command, and those that fail again are parked again", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.start();
  const keys = Array.from({ length: 10 }, (_, index) => `bad-${String(index)}`);
  const curable = keys.slice(0, 9);
  for (const key of keys) await place(app, key, 1, -1);
  await untilDead(at, keys.length);
  assert.deepEqual([...await deadKeys(at)].sort(), keys);
  for (const key of curable) {
    const edited = await at.evenkeel("dead-letters", "edit", "--key", key, "--data", JSON.stringify({ orderId: key, step: 1, pence: 1 }));
    assert.equal(edited.code, 0, edited.err);
  }
  const { code, value } = await at.json("dead-letters", "redrive", "--group", "shipping", "--all", "--rate", "100");
  assert.deepEqual([code, record(value)["redriven"], record(value)["failed"], record(value)["left"]], [0, 10, 0, 0]);
  for (const key of curable) await eventually(`${key} is handled`, async () => (await stepsOf(app, key)).length === 1 ? true : undefined);
  await untilDead(at, 1);
  assert.deepEqual(await deadKeys(at), ["bad-9"]);
});

test("a request that no worker answers stays recorded, and is done when one runs", async (t) => {
  const at = scene(t);
  const first = await at.app();
  await first.start();
  await place(first, "bad", 1, -1);
  await place(first, "bad", 2);
  await untilDead(at, 1);
  await first.stop();
  const { code, value } = await at.json("dead-letters", "skip", "--key", "bad", "--within-seconds", "0");
  assert.equal(code, 1);
  assert.equal(record(record(value)["error"])["code"], "CONTROL_UNANSWERED");
  assert.match((await at.evenkeel("dead-letters", "audit")).out, /waits for a worker/);
  const second = await at.app();
  await second.start();
  await eventually("the follower is handled", async () => (await stepsOf(second, "bad")).length > 0 ? true : undefined);
});

test("one that could be several is refused with the several, and one that is not there with what to do", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.start();
  await place(app, "bad 'one'", 1, -1);
  await place(app, "bad-two", 1, -1);
  await untilDead(at, 2);
  const several = await at.evenkeel("dead-letters", "skip", "--group", "shipping");
  assert.equal(several.code, 2);
  assert.match(several.err, /^USAGE_INVALID: --group shipping fits 2 of them:\n {2}--group shipping --tenant \S+ --key /);
  assert.ok(several.err.includes(` --key 'bad '\\''one'\\''' --position `), several.err);
  const none = await at.evenkeel("dead-letters", "redrive", "--key", "gone");
  assert.equal(none.code, 1);
  assert.match(none.err, /^DEAD_LETTER_UNKNOWN: Nothing is parked under --key gone: .*list --state all/);
  assert.equal((await at.evenkeel("dead-letters", "skip")).code, 2);
  assert.equal((await at.evenkeel("dead-letters", "skip", "--all")).code, 2);
  const unknown = await at.evenkeel("dead-letters", "list", "--group", "shiping");
  assert.match(unknown.err, /Did you mean 'shipping'\?/);
  const notJson = await at.evenkeel("dead-letters", "edit", "--key", "bad-two", "--data", "{pence: 1}");
  assert.equal(notJson.code, 2);
  assert.match(notJson.err, /^USAGE_INVALID: --data is not JSON/);
  assert.deepEqual((await deadKeys(at)).length, 2, "nothing was done");
});
