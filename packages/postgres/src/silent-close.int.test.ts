// Closing while the server is silent: nothing that closes waits for an answer that never comes. The bounds are generous; without an end of
// its own, each of these waits until the connection's limit or for ever.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { createAppOn, event, service, type Schema } from "@evenkeel/core";
import { Database } from "./connection.ts";
import { nodeHost } from "./node-host.ts";
import { openPostgres } from "./store.ts";
import { hintsArrive } from "./testing/hints-arrive.ts";
import { openBlackHole, type BlackHole } from "./testing/black-hole.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

async function scene(t: TestContext): Promise<{ readonly hole: BlackHole; readonly schema: string }> {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const hole = await openBlackHole(url);
  t.after(async () => {
    await hole.close();
    const database = Database.open(url, 1, 60_000, () => undefined);
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  return { hole, schema };
}

/** Less than a connection's own limit, by far more than a close takes. */
const ENDS_MS = 20_000;

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

test("a store closes though the server has fallen silent", { timeout: 60_000 }, async (t) => {
  const { hole, schema } = await scene(t);
  const store = openPostgres({ url: hole.url, schema, log: () => undefined });
  await store.prepare({ partitions: 2, groups: [], entities: [], schemas: [] });
  store.onHint(() => undefined);
  await hintsArrive(store);
  hole.silenceAll();
  assert.ok(await elapsed(() => store.close()) < ENDS_MS);
});

test("a store closes while its listening connection is being made to a silent server", { timeout: 60_000 }, async (t) => {
  const { hole, schema } = await scene(t);
  const store = openPostgres({ url: hole.url, schema, log: () => undefined });
  await store.prepare({ partitions: 2, groups: [], entities: [], schemas: [] });
  hole.silenceAll();
  store.onHint(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(await elapsed(() => store.close()) < ENDS_MS);
});

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};

test("an application stops within its deadline though the server has fallen silent", { timeout: 60_000 }, async (t) => {
  const { hole, schema } = await scene(t);
  const host = nodeHost(() => undefined);
  const Asked = event("asked", { key: (data) => data.id, data: anything });
  const answering = service("answering", {}).on(Asked, async () => undefined);
  const store = openPostgres({ url: hole.url, schema, log: () => undefined });
  const app = await createAppOn({ services: [answering], accepts: [Asked], store, host, settings: { stopWithinMs: 500, leaseMs: 4_000, partitions: 2 } });
  await app.start();
  await app.handled(await app.publish(Asked({ id: "a" })), { by: answering });
  hole.silenceAll();
  // Long enough for a look at the roster to be under way.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.ok(await elapsed(() => app.stop()) < ENDS_MS);
});
