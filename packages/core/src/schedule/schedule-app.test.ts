// Schedules in a running application, on the in-memory store in virtual time: begun by the start, through restarts and outages, with runs of a workflow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { entity } from "../decide/entity.ts";
import { service } from "../decide/service.ts";
import { event } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import { workflow } from "../workflow/define.ts";
import { OrderData, shopApp } from "../workflow/testing/shop.ts";
import { every } from "./calendar.ts";
import { schedule } from "./define.ts";
import type { Occurrence, ScheduleDocument } from "./plan.ts";

const MINUTE = 60_000;
interface Ticked { readonly at: number }

const plain = <T>(): Schema<T, T> => ({ "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as T }) } });
const Tick = event("tick", { key: () => "all", data: plain<Ticked>() });
const Seen = entity("seen", { data: plain<{ readonly at: readonly number[] }>() });
const counter = service("counter", { entities: { seen: Seen } })
  .on(Tick, async ({ at }, { seen }) => { seen.put("all", { at: [...((await seen.get("all"))?.at ?? []), at] }); });
const ticking = schedule("ticking", { when: every({ minutes: 1 }), send: Tick, data: ({ at }) => ({ at }), catchUp: "all", tenants: ["default", "north"] });

test("the start begins a schedule in its tenants, each occurrence comes once, and a later process makes up an outage and goes on", async () => {
  const { app, done, pass, stop, next, host } = await shopApp(setImmediate, [ticking, counter], [ticking.begin]);
  const from = Math.ceil(host.now() / MINUTE) * MINUTE;
  await done(app.publish(ticking.begin({}), { tenant: "south" }));
  await pass(5 * MINUTE);
  assert.deepEqual((await done(app.read(Seen, "all")))?.at, [0, 1, 2, 3, 4].map((one) => from + one * MINUTE));
  await stop();
  await pass(5 * MINUTE);
  const later = await next([ticking, counter], []);
  await pass(2 * MINUTE);
  for (const tenant of ["default", "north", "south"]) {
    const seen = (await done(later.read(Seen, "all", { tenant })))?.at ?? [];
    assert.deepEqual(seen.slice(0, 12), Array.from({ length: 12 }, (_, index) => from + index * MINUTE), tenant);
  }
  assert.equal((await done(later.read(ticking.state, ticking.name)))?.lastMissedAt, null);
  await done(later.stop());
});

test("runs are started under the ids of their occurrences; where they may not overlap, what comes meanwhile is left out", async () => {
  const slow = workflow("slow", { input: OrderData }, async (order, w) => {
    await w.sleep({ seconds: 150 });
    return order.orderId;
  });
  const skipping = schedule("skipping", { when: every({ minutes: 1 }), start: slow, input: ({ id }) => ({ orderId: id }), overlap: "skip" });
  const { app, done, pass, stop, host } = await shopApp(setImmediate, [skipping, slow], [slow.cancel]);
  const from = Math.ceil(host.now() / MINUTE) * MINUTE;
  const at = (minute: number): string => `skipping/${new Date(from + minute * MINUTE).toISOString()}`;
  await pass(5 * MINUTE);
  const state = await done(app.read(skipping.state, skipping.name));
  assert.deepEqual(state?.recent.map((one) => one.id), [at(3), at(0)]);
  assert.equal(state.lastMissedAt, from + 4 * MINUTE);
  const run = await done(app.read(slow.run, at(0)));
  assert.equal(run?.result, at(0));
  // A run that is cancelled is over, too.
  await done(app.publish(slow.cancel({ id: at(3), reason: "enough" })));
  await pass(MINUTE);
  assert.deepEqual((await done(app.read(skipping.state, skipping.name)))?.recent.map((one) => one.id), [at(5), at(3), at(0)]);
  await stop();

  const allowing = schedule("allowing", { when: every({ minutes: 1 }), start: slow, input: ({ id }) => ({ orderId: id }) });
  const other = await shopApp(setImmediate, [allowing, slow], []);
  await other.pass(3 * MINUTE);
  assert.equal((await other.done(other.app.read(allowing.state, allowing.name)))?.recent.length, 3);
  await other.stop();
});

test("with `bufferOne` one occurrence waits for the end of the run before it, those that come meanwhile are left out, and a pause drops it", async () => {
  const slow = workflow("slow", { input: OrderData }, async (order, w) => {
    await w.sleep({ seconds: 150 });
    return order.orderId;
  });
  const options = { when: every({ minutes: 1 }), start: slow, input: ({ id }: Occurrence) => ({ orderId: id }) } as const;
  const buffering = schedule("buffering", { ...options, overlap: "bufferOne" });
  const { app, done, pass, stop, host, next } = await shopApp(setImmediate, [buffering, slow], [buffering.pause, buffering.resume]);
  const from = Math.ceil(host.now() / MINUTE) * MINUTE;
  const at = (minute: number): string => `buffering/${new Date(from + minute * MINUTE).toISOString()}`;
  const ids = (state: ScheduleDocument | undefined) => state?.recent.map(({ id }) => id);
  const state = () => done(app.read(buffering.state, buffering.name));
  await pass(from - host.now() + 145_000);
  // At 0:00 it began; 1:00 waits; 2:00 is left out.
  assert.deepEqual([ids(await state()), (await state())?.buffered?.id, (await state())?.lastMissedAt], [[at(0)], at(1), from + 2 * MINUTE]);
  await pass(10_000);
  const second = await state();
  assert.deepEqual([ids(second), second?.buffered, second?.running?.id], [[at(1), at(0)], null, at(1)]);
  await pass(60_000);
  assert.equal((await state())?.buffered?.id, at(3));
  await done(app.publish(buffering.pause({ reason: "stocktaking" })));
  await pass(5 * MINUTE);
  const paused = await state();
  assert.deepEqual([ids(paused), paused?.running, paused?.buffered, paused?.lastMissedAt], [[at(1), at(0)], null, null, from + 3 * MINUTE]);
  await done(app.publish(buffering.resume({})));
  await pass(2 * MINUTE + 10_000);
  assert.notEqual((await state())?.buffered, null);
  await stop();
  // Where runs may overlap by now, what was kept goes with the next one.
  const allowing = schedule("buffering", { ...options, overlap: "allow" });
  const later = await next([allowing, slow], []);
  await pass(2 * MINUTE);
  const last = await done(later.read(allowing.state, allowing.name));
  assert.deepEqual([last?.buffered, last?.running], [null, null]);
  assert.equal(new Set(ids(last)).size, ids(last)?.length);
  await done(later.stop());
});

test("data that the message does not take makes a dead letter, and the schedule goes on when it is mended and redriven", async () => {
  const behaviour = { isBroken: true };
  const fragile = schedule("fragile", {
    when: every({ minutes: 1 }), catchUp: "all", send: Tick,
    data: ({ at }) => { if (behaviour.isBroken) throw new TypeError("not yet"); return { at }; },
  });
  const { app, done, pass, stop } = await shopApp(setImmediate, [fragile, counter], []);
  await pass(15 * MINUTE);
  const [letter] = await done(app.deadLetters.list());
  assert.equal(letter?.group, "fragile");
  assert.equal(await done(app.read(Seen, "all")), undefined);
  behaviour.isBroken = false;
  await done(app.deadLetters.redrive(letter, { actor: "test" }));
  await pass(MINUTE);
  const { at = [] } = await done(app.read(Seen, "all")) ?? {};
  assert.ok(at.length >= 15, String(at.length));
  assert.deepEqual(at, at.map((_, index) => (at[0] ?? 0) + index * MINUTE));
  await stop();
});
