// Handovers under isolation levels of others: a snapshot that is older than the append's locks must hand nothing over, and nothing may be lost.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import type { Commit, Envelope, Hint, PublishCall, PublishResult, Store } from "@evenkeel/core/spi";
import { Database } from "./connection.ts";
import { openPostgres } from "./store.ts";
import { hintsArrive } from "./testing/hints-arrive.ts";

const given = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(given, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const GROUP = "billing";
const MANIFEST = { partitions: 2, groups: [{ name: GROUP, handles: ["order.placed"] }], entities: [], schemas: [] };

/** A database of its own, since the isolation level of one is changed. */
async function databaseOf(t: TestContext): Promise<{ readonly url: string; readonly name: string; readonly admin: Database }> {
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = Database.open(given, 1, 60_000, () => undefined);
  await admin.query(`create database ${name}`);
  const url = new URL(given);
  url.pathname = `/${name}`;
  t.after(async () => {
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    await admin.query(`drop database ${name} with (force)`);
    await admin.close();
  });
  return { url: url.href, name, admin };
}

async function storesOn(t: TestContext, url: string): Promise<readonly [Store, Store]> {
  const open = (): Store => {
    const store = openPostgres({ url, poolSize: 3, log: () => undefined });
    t.after(() => store.close());
    return store;
  };
  const stores = [open(), open()] as const;
  for (const store of stores) await store.prepare(MANIFEST);
  return stores;
}

function callOf(key: string, messages = 1): PublishCall {
  const envelope = (): Envelope => ({
    id: randomUUID(), name: "order.placed", version: 1, tenant: "default", key, partition: 1, body: "{}", causationId: null,
    correlationId: randomUUID(), trace: null, occurredAt: 0,
  });
  return { tenant: "default", doorKey: randomUUID(), digest: "d", messages: Array.from({ length: messages }, envelope), timers: [] };
}

/** The positions of the log, after it was compared with what its appends answered. */
async function placesOf(store: Store, results: readonly PublishResult[]): Promise<readonly number[]> {
  const { messages } = await store.read({ group: GROUP, names: ["order.placed"], cursors: [{ partition: 1, position: 0 }], limit: 1_000, maxLength: 1_000_000 });
  const log = messages.map((message) => message.position);
  const receipts = results.flatMap((result) => result.kind === "published" ? result.receipts.map((receipt) => receipt.position) : []);
  assert.deepEqual([...receipts].sort((a, b) => (a ?? 0) - (b ?? 0)), log, "every message stands in the log once");
  for (const result of results) {
    for (const { after, messages: handed } of result.kind === "published" ? result.handovers : []) {
      const index = log.indexOf(handed[0]?.position ?? -1);
      assert.equal(after, log[index - 1] ?? 0, "nothing stands between a handover and what it follows");
    }
  }
  return log;
}

for (const level of ["read committed", "repeatable read", "serializable"] as const) {
  test(`a transaction as ${level} that appends behind another hands over no more than it knows`, { timeout: 60_000 }, async (t) => {
    const { url } = await databaseOf(t);
    const [store, other] = await storesOn(t, url);
    const results = [...await store.publish([callOf("a")])];
    for (const messages of [1, 3]) {
      const ended = await store.transaction(async (sql) => {
        await sql.query(`set transaction isolation level ${level}`);
        await sql.query("select count(*) from evenkeel.log");
        // Committed after the snapshot, and in front of what this transaction appends.
        results.push(...await other.publish([callOf("a")]));
        const twin = callOf("a", messages);
        return { value: null, calls: [twin, callOf("a", messages), { ...twin }] };
      });
      assert.deepEqual(ended.results.map((one) => one.kind), ["published", "published", "repeated"]);
      const handovers = ended.results.flatMap((one) => one.kind === "published" ? one.handovers : []);
      assert.equal(handovers.length > 0, level === "read committed", "only who sees what stands before can say it");
      results.push(...ended.results.slice(0, 2));
    }
    await placesOf(other, results);
  });
}

test("an append looks back a bounded way: where its partition was long quiet, its handover follows on where the look ended", { timeout: 60_000 }, async (t) => {
  const { url } = await databaseOf(t);
  const [store] = await storesOn(t, url);
  const results = [...await store.publish([callOf("a")])];
  const database = Database.open(url, 1, 60_000, () => undefined);
  await database.query("select setval('evenkeel.log_position', 25000)");
  await database.close();
  const afters: (number | undefined)[] = [];
  for (const messages of [1, 2]) {
    const [result] = await store.publish([callOf("a", messages)]);
    assert.ok(result?.kind === "published");
    afters.push(result.handovers[0]?.after);
    const { after, messages: handed } = result.handovers[0] ?? { after: -1, messages: [] };
    const read = await store.read({ group: GROUP, names: ["order.placed"], cursors: [{ partition: 1, position: after }], limit: 10, maxLength: 10_000 });
    assert.deepEqual(read.messages, handed, "nothing else stands behind it");
    results.push(result);
  }
  assert.deepEqual(afters, [15_000, 25_001]);
});

test("a user's savepoint that is rolled back around a publish leaves no gap unseen", { timeout: 60_000 }, async (t) => {
  const { url } = await databaseOf(t);
  const [store, other] = await storesOn(t, url);
  const results = [...await store.publish([callOf("a")])];
  await store.transaction(async (sql) => {
    await sql.query("savepoint mine");
    await sql.query("select nextval('evenkeel.log_position')");
    await sql.query("rollback to savepoint mine");
    results.push(...await other.publish([callOf("a", 2)]));
    return { value: null, calls: [callOf("a", 2)] };
  }).then((ended) => results.push(...ended.results));
  await assert.rejects(store.transaction(async (sql) => {
    results.push(...await other.publish([callOf("a")]));
    await sql.query("select 1 / 0").catch(() => undefined);
    return { value: null, calls: [callOf("a")] };
  }));
  results.push(...await store.publish([callOf("a")]));
  assert.equal((await placesOf(other, results)).length, 7);
});

test("a database whose statements keep their snapshot is refused before anything runs on it", { timeout: 60_000 }, async (t) => {
  const { url, name, admin } = await databaseOf(t);
  await admin.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
  const store = openPostgres({ url, log: () => undefined });
  t.after(() => store.close());
  await assert.rejects(store.prepare(MANIFEST), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID" && error.message.includes("READ COMMITTED"));
});

test("where statements come to keep their snapshot later, owners commit nothing, and publishes hand nothing over", { timeout: 60_000 }, async (t) => {
  const { url, name, admin } = await databaseOf(t);
  const [store, other] = await storesOn(t, url);
  const told: Hint[] = [];
  other.onHint((hint) => told.push(hint));
  await store.join({ id: "w", groups: [GROUP], leaseMs: 600_000 });
  const [grant] = await store.acquire({ worker: "w", group: GROUP, partitions: [1] });
  assert.ok(grant !== undefined);
  await admin.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()", [name]);
  while (await isGone(store) || await isGone(other)) await new Promise((resolve) => setTimeout(resolve, 50));
  const empty = {
    documents: [], messages: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
  };
  const commit: Commit = { ...empty, group: GROUP, worker: "w", fences: [{ partition: 1, epoch: grant.epoch }], progress: [{ partition: 1, from: 0, to: 1 }] };
  await assert.rejects(store.commit(commit), (error) => isEvenkeelError(error) && error.code === "STORE_UNAVAILABLE" && error.message.includes("READ COMMITTED"));
  const publishing = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? store : other).publish([callOf("a", 1 + index % 3)]));
  const results = (await Promise.all(publishing)).flat();
  assert.equal((await placesOf(store, results)).length, results.flatMap((one) => one.kind === "published" ? one.receipts : []).length);
  assert.ok(results.every((one) => one.kind === "published" && one.handovers.length === 0));
  assert.ok(told.every((hint) => (hint.handovers ?? []).length === 0 && hint.partitions !== null), "what cannot be placed is told by its partition alone");
});

test("where the server's queue of notifications fills, since a listener stands still, hints leave messages out", { timeout: 60_000 }, async (t) => {
  const { url, name, admin } = await databaseOf(t);
  const inside = Database.open(url, 1, 60_000, () => undefined);
  await inside.query("create schema shadow");
  await inside.query("create function shadow.pg_notification_queue_usage() returns double precision language sql as 'select 0.11::float8'");
  await inside.close();
  await admin.query(`alter database ${name} set search_path = shadow, pg_catalog`);
  const [store, other] = await storesOn(t, url);
  const told: Hint[] = [];
  other.onHint((hint) => told.push(hint));
  const arrive = await hintsArrive(other);
  const isTold = (): boolean => told.some((hint) => hint.partitions?.includes(1) === true);
  // The partition is told all the same, where anything is.
  for (let tries = 0; tries < 10 || (arrive && !isTold()); tries++) {
    await store.publish([callOf("a")]);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.equal(isTold(), arrive);
  assert.deepEqual(told.flatMap((hint) => hint.handovers ?? []), []);
});

async function isGone(store: Store): Promise<boolean> {
  return store.tails().then(() => false, () => true);
}
