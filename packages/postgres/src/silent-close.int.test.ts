// Closing while the server is silent: nothing that closes waits for an answer that never comes. The bounds are generous; without an end of
// its own, each of these waits until the connection's limit or for ever.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { Database } from "./connection.ts";
import { openPostgres } from "./store.ts";
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
  while (store.hintsArrive?.() === false) await new Promise((resolve) => setTimeout(resolve, 20));
  hole.silenceAll();
  assert.ok(await elapsed(() => store.close()) < 8_000);
});

test("a store closes while its listening connection is being made to a silent server", { timeout: 60_000 }, async (t) => {
  const { hole, schema } = await scene(t);
  const store = openPostgres({ url: hole.url, schema, log: () => undefined });
  await store.prepare({ partitions: 2, groups: [], entities: [], schemas: [] });
  hole.silenceAll();
  store.onHint(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(await elapsed(() => store.close()) < 8_000);
});
