// What a worker knows of its own heartbeats: when the youngest one was sent that the database has confirmed, and that a buried worker's are not.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Database } from "./connection.ts";
import { openPostgres } from "./store.ts";

const given = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(given, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const LEASE_MS = 400;

test("heartbeats are confirmed while the worker has its row, and none is after it was buried, until it joins anew", { timeout: 60_000 }, async (t) => {
  const schema = `t_${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const store = openPostgres({ url: given, schema, log: () => undefined });
  const database = Database.open(given, 1, 60_000, () => undefined);
  t.after(async () => {
    await database.query(`drop schema if exists ${schema} cascade`);
    await Promise.all([database.close(), store.close()]);
  });
  await store.prepare({ partitions: 1, groups: [{ name: "billing", handles: ["order.placed"] }], entities: [], schemas: [] });
  const worker = { id: "w", groups: ["billing"], leaseMs: LEASE_MS };
  const membership = await store.join(worker);
  t.after(() => membership.leave());
  const agoMs = (): number => membership.confirmedMsAgo?.() ?? assert.fail("the store can tell");
  /** Beats until so long after `since`, or until the condition holds. */
  const beating = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      membership.beat();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const joinedAt = performance.now();
  await beating(() => agoMs() < performance.now() - joinedAt);
  await database.query(`delete from ${schema}.worker`);
  const buriedAt = performance.now();
  await beating(() => performance.now() - buriedAt > 3 * LEASE_MS);
  assert.ok(agoMs() >= performance.now() - buriedAt - 1, "a heartbeat was confirmed that was sent after the burial");
  const beforeAnew = performance.now();
  const anew = await store.join(worker);
  assert.ok((anew.confirmedMsAgo?.() ?? Infinity) <= performance.now() - beforeAnew + 1);
  await anew.leave();
});
