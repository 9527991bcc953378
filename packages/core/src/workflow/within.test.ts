// The time that a wait has, changed under runs that wait: how long may change, and a time that was set stands; whether there is one may not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { workflow } from "./define.ts";
import type { Duration } from "./duration.ts";
import { OrderData, OrderPicked, ReceiptData, shop, shopApp } from "./testing/shop.ts";

const MINUTE = 60_000;
const options = { input: OrderData, ports: { shop }, waitsFor: [OrderPicked] } as const;

/** Waits for a message, for a callback, or sleeps, for so long; or for as long as it takes. */
const waiting = (within: Duration | null) => workflow("waiting", options, async (order, w) => {
  const timed = within === null ? [] as const : [{ within }] as const;
  if (order.orderId === "sleep") await w.sleep(within ?? { minutes: 1 });
  if (order.orderId === "message") await w.waitFor(OrderPicked, timed[0] ?? { within: { minutes: 1 } });
  if (order.orderId === "endless") await (timed[0] === undefined ? w.waitFor(OrderPicked) : w.waitFor(OrderPicked, timed[0]));
  if (order.orderId === "callback") await w.callback("pick", ReceiptData, timed[0]).answer;
  return w.now;
});

/** Begins a run with one code, and goes on with another. */
async function changed(id: string, first: ReturnType<typeof waiting>, second: ReturnType<typeof waiting>) {
  const scene = await shopApp(setImmediate, [first], [first.start, OrderPicked]);
  await scene.done(scene.app.publish(first.start({ id, input: { orderId: id } })));
  await scene.pass(1_000);
  await scene.stop();
  const app = await scene.next([second], [second.start, OrderPicked]);
  await scene.pass(5 * MINUTE);
  const run = await scene.done(app.read(second.run, id));
  await scene.done(app.publish(OrderPicked({ orderId: id })));
  await scene.pass(1_000);
  const letters = await scene.done(app.deadLetters.list());
  await scene.done(app.stop());
  return { run, letters };
}

for (const id of ["sleep", "message", "callback"]) {
  test(`A run that waits (${id}) keeps the time that was set, whatever the code says by now`, async () => {
    for (const now of [{ hours: 9 }, { seconds: 5 }]) {
      const { run, letters } = await changed(id, waiting({ minutes: 2 }), waiting(now));
      assert.deepEqual(letters, []);
      assert.equal(run?.status, "completed");
      assert.equal(Math.round(((run.result as number) - run.startedAt) / MINUTE), 2);
    }
  });
}

test("A wait that had a time and has none, or the other way round, is told: a run would get what its code does not expect, or never end", async () => {
  const taken = await changed("endless", waiting({ minutes: 2 }), waiting(null));
  assert.equal(taken.letters[0]?.code, "WORKFLOW_DIVERGED");
  assert.match(taken.letters[0].reason, /- journal: a wait for 'order.picked' within a time\n {2}\+ code: {4}a wait for 'order.picked'\n/);
  const given = await changed("endless", waiting(null), waiting({ minutes: 2 }));
  assert.equal(given.run?.status, "running");
  assert.equal(given.letters[0]?.code, "WORKFLOW_DIVERGED");
  const callback = await changed("callback", waiting({ minutes: 2 }), waiting(null));
  assert.equal(callback.letters[0]?.code, "WORKFLOW_DIVERGED");
});
