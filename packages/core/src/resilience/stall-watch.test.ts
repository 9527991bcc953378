// The stall watch's promise: what stands still is reported by name within ten seconds, once, and so is its end; and an application that is
// idle, or slow within its limits, is never accused. Deadlocks are planted into whole applications on the store in memory; time is virtual.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { manualHost } from "../call/testing/manual-host.ts";
import { createAppOn, entity, event, memoryStore, port, provide, service, type App, type Schema, type SettingsInput } from "../index.ts";
import type { Host, Store } from "../spi/index.ts";

/** What the requirement allows. */
const WITHIN_MS = 10_000;

interface Order { readonly orderId: string }
const order: Schema<Order> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "orderId" in value && typeof value.orderId === "string" ? { value: { orderId: value.orderId } } : { issues: [{ message: "needs orderId" }] } },
};
const OrderPlaced = event("order.placed", { key: (data) => data.orderId, data: order });
const Seen = entity("seen", { data: order });
const bank = port("bank", { charge: { input: order, ok: order, reconcile: "repeat" } });
const never = (): Promise<never> => new Promise(() => undefined);

interface Line { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }

/** An application with a planted handler, port, store or clock, on virtual time. */
async function scene(planted: {
  readonly handler?: (host: Host) => Promise<void>;
  readonly perform?: () => Promise<never>;
  readonly settings?: SettingsInput;
  readonly store?: (store: Store) => Partial<Store>;
  readonly loopDelayMs?: () => number;
}): Promise<{ app: App<readonly [typeof OrderPlaced]>; pass: (ms: number) => Promise<void>; lines: Line[]; found: () => unknown[] }> {
  const manual = manualHost(null, () => setImmediate());
  const lines: Line[] = [];
  const { loopDelayMs, handler } = planted;
  const log: Host["log"] = (_level, name, fields) => { lines.push({ event: name, fields }); };
  const host: Host = { ...manual, log, ...(loopDelayMs === undefined ? {} : { loopDelayMs }) };
  const shipping = service("shipping", { ports: { bank }, entities: { seen: Seen } })
    .on(OrderPlaced, async (data, { call, seen }) => {
      await seen.get(data.orderId);
      await handler?.(host);
      if (planted.perform !== undefined) call(bank.charge, { key: data.orderId, input: data });
      seen.put(data.orderId, data);
    })
    .outcome(bank.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: () => undefined });
  const store = memoryStore({ host });
  const app = await createAppOn({
    services: [shipping], accepts: [OrderPlaced], store: { ...store, ...planted.store?.(store) }, host, settings: planted.settings ?? {},
    ports: [provide(bank, { charge: { perform: planted.perform ?? never } })],
  });
  await app.start();
  await manual.pass(1_000);
  return { app, pass: manual.pass, lines, found: () => lines.filter((line) => line.event === "stall.found").map((line) => line.fields["name"]) };
}

async function publishOne(app: App<readonly [typeof OrderPlaced]>, orderId = "o-1"): Promise<void> {
  await app.publish(OrderPlaced({ orderId }), { idempotencyKey: orderId });
}

test("a handler that awaits a promise nobody settles is reported by its name within ten seconds", async () => {
  const { app, pass, found, lines } = await scene({ handler: never });
  assert.equal(app.health().status, "ok");
  await publishOne(app);
  await pass(WITHIN_MS);
  assert.deepEqual(found(), ["handler shipping/order.placed"]);
  const message = String(lines.find((line) => line.event === "stall.found")?.fields["message"]);
  assert.match(message, /key o-1 of tenant default/);
  const { status, findings } = app.health();
  assert.equal(status, "stalled");
  assert.equal(findings[0]?.name, "handler shipping/order.placed");
  assert.ok(app.waits().some((wait) => wait.name === "handler shipping/order.placed" && wait.givenUp), "and stands in the dump, as given up");
});

test("a handler that hung and then settles ends its finding, and that is said once", async () => {
  const waiting: (() => void)[] = [];
  const { app, pass, lines } = await scene({ handler: () => new Promise((resolve) => { waiting.push(resolve); }) });
  await publishOne(app);
  await pass(8_000);
  assert.equal(app.health().status, "stalled");
  for (let turn = 0; turn < 20; turn++) {
    for (const settle of waiting.splice(0)) settle();
    await pass(1_000);
  }
  assert.equal(app.health().status, "ok");
  assert.equal(lines.filter((line) => line.event === "stall.found").length, 1);
  assert.equal(lines.filter((line) => line.event === "stall.ended").length, 1);
});

test("a user's transaction whose work awaits something else is reported, together with whoever waits for it", async () => {
  // A pool of one connection: a publish outside the transaction waits until it ends.
  let free: Promise<unknown> = Promise.resolve();
  const { app, pass, found } = await scene({
    store: (store) => ({
      publish: async (calls) => { await free; return store.publish(calls); },
      transaction: (work) => { const done = store.transaction(work); free = done; return done; },
    }),
  });
  void app.transaction(() => publishOne(app));
  await pass(WITHIN_MS);
  assert.deepEqual(found().sort(), ["flush order.placed", "publish order.placed", "transaction work"]);
});

test("a transaction that goes on asking is not reported, however long it takes", async () => {
  const { app, pass, found } = await scene({
    store: () => ({ transaction: async (work) => ({ ...await work({ query: async () => [] }), results: [] }) }),
  });
  let go: () => void = () => undefined;
  const done = app.transaction(async (sql) => {
    for (let turn = 0; turn < 10; turn++) {
      await new Promise<void>((resolve) => { go = resolve; });
      await sql.query("select 1");
    }
  });
  for (let turn = 0; turn < 10; turn++) {
    await pass(4_000);
    go();
  }
  await pass(0);
  await done;
  assert.deepEqual(found(), []);
});

test("a port that never settles and ignores its signal is reported by its operation within ten seconds", async () => {
  const { app, pass, found, lines } = await scene({ perform: never });
  await publishOne(app);
  await pass(WITHIN_MS);
  assert.deepEqual(found(), ["call bank.charge"]);
  assert.match(String(lines.find((line) => line.event === "stall.found")?.fields["message"]), /key o-1 of tenant default, attempt/);
  await pass(5_000);
  assert.match(app.health().findings.map((one) => one.message).join(), /ignores its signal/);
});

test("an event loop that stood still is reported, and is over with the next look", async () => {
  let delayMs = 0;
  const { app, pass, lines, found } = await scene({ loopDelayMs: () => delayMs });
  delayMs = 3_000;
  await pass(1_000);
  assert.deepEqual(found(), ["event loop"]);
  assert.equal(app.health().status, "stalled");
  delayMs = 3;
  await pass(1_000);
  assert.equal(app.health().status, "ok");
  assert.equal(lines.at(-1)?.event, "stall.ended");
});

test("commits that are lost for ever, which is progress in nothing but CPU, are reported as a service that completes nothing", async () => {
  const { app, pass, found, lines } = await scene({
    handler: (host) => new Promise((resolve) => { host.after(100, resolve); }),
    store: (store) => ({ commit: async (commit) => (commit.documents.length > 0 ? { kind: "conflict" } : store.commit(commit)) }),
  });
  await publishOne(app);
  await pass(WITHIN_MS);
  assert.deepEqual(found(), ["service shipping"]);
  assert.match(String(lines.find((line) => line.event === "stall.found")?.fields["message"]), /holds 1 messages .* commits lost/);
});

for (const [method, name] of [["commit", "commit shipping"], ["load", "load seen"], ["tails", "read the ends of the log"], ["roster", "lease roster"]] as const) {
  test(`a store that accepts ${method} and never answers is reported as '${name}' within ten seconds`, async () => {
    let isSilent = false;
    const { app, pass, found } = await scene({
      store: (store) => ({
        commit: (commit) => (isSilent && method === "commit" ? never() : store.commit(commit)),
        load: (documents) => (isSilent && method === "load" ? never() : store.load(documents)),
        tails: () => (isSilent && method === "tails" ? never() : store.tails()),
        roster: () => (isSilent && method === "roster" ? never() : store.roster()),
      }),
    });
    isSilent = true;
    await publishOne(app);
    await pass(WITHIN_MS);
    assert.ok(found().includes(name), `found: ${found().join(", ")}`);
    assert.equal(app.health().status, "stalled");
  });
}

test("an idle application is healthy for ten minutes", async () => {
  const { app, pass, found } = await scene({ settings: { pollMs: 1_000 } });
  await pass(600_000);
  assert.deepEqual(found(), []);
  const { status, progress } = app.health();
  assert.equal(status, "ok");
  assert.deepEqual(progress.services, { shipping: { handled: 0, waiting: 0, standingMs: 0 } });
});

test("handlers that are slow, each below its limit, are not reported while they go on", async () => {
  const { app, pass, found } = await scene({ handler: (host) => new Promise((resolve) => { host.after(4_900, resolve); }) });
  for (let n = 0; n < 6; n++) await publishOne(app, `o-${String(n)}`);
  await pass(40_000);
  assert.deepEqual(found(), []);
  assert.equal(app.health().progress.services["shipping"]?.handled, 6);
});

test("a limit that the application sets itself holds for its handlers", async () => {
  const { app, pass, found } = await scene({ handler: (host) => new Promise((resolve) => { host.after(20_000, resolve); }), settings: { stallMs: 30_000 } });
  await publishOne(app);
  await pass(25_000);
  assert.deepEqual(found(), []);
  assert.equal(app.health().progress.services["shipping"]?.handled, 1);
});

test("health tells the phases of an application, and its watch leaves no timer behind", async () => {
  const host = manualHost();
  const store = memoryStore({ host });
  const app = await createAppOn({ services: [service("shipping", {}).on(OrderPlaced, () => undefined)], accepts: [OrderPlaced], store, host });
  assert.equal(app.health().status, "starting");
  await app.start();
  await host.pass(100);
  assert.equal(app.health().status, "ok");
  const stopping = app.stop();
  assert.equal(app.health().status, "stopping");
  await host.pass(3_000);
  await stopping;
  await host.pass(3_000);
  assert.equal(host.timers(), 0);
});
