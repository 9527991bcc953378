// Preparing beside others: who has the turn, a server or a process that falls silent in the middle, a schema that an earlier version made, and
// workers of that version that go on.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { createAppOn, entity, event, isEvenkeelError, service, type Schema } from "@evenkeel/core";
import type { Manifest } from "@evenkeel/core/spi";
import { Database, type Row } from "./connection.ts";
import { nodeHost } from "./node-host.ts";
import { openOperator } from "./open-operator.ts";
import { LATEST_MIGRATION } from "./schema/migrations.ts";
import { openPostgres } from "./store.ts";
import { openBlackHole } from "./testing/black-hole.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const LIMIT_MS = 1_500;
const MANIFEST: Manifest = { partitions: 2, groups: [{ name: "billing", handles: ["order.placed"] }], entities: ["bill"], schemas: [] };
const log = (): void => undefined;

interface Scene { readonly schema: string; readonly s: string; readonly database: Database }

function scene(t: TestContext): Scene {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const database = Database.open(url, 3, 60_000, log);
  t.after(async () => {
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  return { schema, s: `"${schema}"`, database };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(() => "no error", (error: unknown) => isEvenkeelError(error) ? error.code : String(error));

test("a server that falls silent while a process waits for its turn is found out by a statement's limit", { timeout: 90_000 }, async (t) => {
  const { schema } = scene(t);
  const hole = await openBlackHole(url);
  const store = openPostgres({ url: hole.url, schema, poolSize: 2, statementTimeoutMs: LIMIT_MS, log });
  t.after(async () => { await store.close(); await hole.close(); });
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query("begin");
  await holder.query("select pg_advisory_xact_lock(hashtext($1), 0)", [`${schema}:prepare`]);
  const asksForItsTurn = hole.sends("pg_try_advisory_xact_lock");
  const end = codeOf(store.prepare(MANIFEST));
  await asksForItsTurn;
  hole.silenceAll();
  assert.equal(await end, "STORE_UNAVAILABLE");
});

test("a process that is not heard of any more in the middle of its turn keeps the others for a statement's limit, not for ever", { timeout: 90_000 }, async (t) => {
  const { schema } = scene(t);
  const hole = await openBlackHole(url);
  const open = (at: string) => openPostgres({ url: at, schema, poolSize: 2, statementTimeoutMs: LIMIT_MS, log });
  const [vanished, other] = [open(hole.url), open(url)];
  t.after(async () => { await other.close(); await vanished.close(); });
  // Its connection stays, as that of a host that vanished does.
  hole.swallow("server_version_num", "before");
  const lost = codeOf(vanished.prepare(MANIFEST));
  while (hole.silent() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(await other.prepare(MANIFEST), { partitions: 2, eligibleGroups: ["billing"] });
  await hole.close();
  assert.equal(await lost, "STORE_UNAVAILABLE");
});

/** Makes of a schema one that the version with so many migrations left: the later ones are undone, and functions are as of then. */
async function asOf(migration: number, { s, database }: Scene): Promise<void> {
  const later: readonly (readonly [number, string])[] = [
    [2, "drop table @.call_control; drop function @.end_call_controls_1"], [3, "drop table @.breaker, @.breaker_reset"], [4, "drop table @.worker_stall"],
    [5, "drop table @.revival"],
  ];
  assert.equal(later.at(-1)?.[0], LATEST_MIGRATION, "say how the newest migration is undone");
  for (const [number, statements] of later) {
    if (number > migration) for (const one of statements.split("; ")) await database.query(one.replaceAll("@", s));
  }
  await database.query(`delete from ${s}.migration where number > $1`, [migration]);
  await database.query(`update ${s}.setting set value = '1' where name = 'functions'`);
}

/** Tables with their columns, indexes, and functions with their text: whatever a migration makes. */
async function shapeOf({ schema, database }: Scene): Promise<readonly string[]> {
  const lists: readonly (readonly Row[])[] = await Promise.all([
    database.query("select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns where table_schema = $1", [schema]),
    database.query("select tablename, indexdef from pg_indexes where schemaname = $1", [schema]),
    database.query("select p.proname, pg_get_function_identity_arguments(p.oid), md5(replace(p.prosrc, $1, '@')) from pg_proc p where p.pronamespace = $1::regnamespace", [schema]),
  ]);
  return lists.flatMap((rows) => rows.map((row) => row.join(" | ").replaceAll(schema, "@"))).sort();
}

const data: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const OrderPlaced = event("order.placed", { key: (order) => order.id, data });
const Bill = entity("bill", { data });
const billing = service("billing", { entities: { bill: Bill } }).on(OrderPlaced, async (order, { bill }) => { await bill.get(order.id); bill.put(order.id, order); });

function openApp({ schema }: Scene) {
  const host = nodeHost(log);
  return createAppOn({
    services: [billing], accepts: [OrderPlaced], host, store: openPostgres({ url, schema, log, poolSize: 4 }),
    settings: { partitions: 4, spread: "partitions", stopWithinMs: 5_000 },
  });
}

for (let migration = 1; migration < LATEST_MIGRATION; migration++) {
  test(`a schema with migration ${String(migration)} becomes what a new one is, and keeps what stands in it`, { timeout: 90_000 }, async (t) => {
    const [old, fresh] = [scene(t), scene(t)];
    const before = await openApp(old);
    const receipt = await before.publish(OrderPlaced({ id: "o-1" }), { idempotencyKey: "o-1" });
    await before.stop();
    await asOf(migration, old);
    if (migration < LATEST_MIGRATION) assert.equal(await codeOf(openOperator({ url, schema: old.schema, log })), "STORE_VERSION");

    const [app, other] = [await openApp(old), await openApp(fresh)];
    await other.stop();
    assert.deepEqual(await shapeOf(old), await shapeOf(fresh));
    await app.start();
    await app.handled(receipt, { by: billing });
    assert.deepEqual(await app.read(Bill, "o-1"), { id: "o-1" });
    assert.equal((await app.publish(OrderPlaced({ id: "o-1" }), { idempotencyKey: "o-1" })).id, receipt.id, "the door knows what it knew");
    await app.stop();
  });
}

test("workers of the version before go on while a new one migrates, behind nobody's open transaction, and share the work with it", { timeout: 90_000 }, async (t) => {
  const at = scene(t);
  const old = await openApp(at);
  await old.start();
  await asOf(LATEST_MIGRATION - 1, at);
  // Someone who has read what every heartbeat writes, and the log: a change of those tables would wait for it, and all others behind the change.
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  t.after(() => reader.end());
  await reader.query("begin");
  await reader.query(`select (select count(*) from ${at.s}.worker), (select count(*) from ${at.s}.log), (select count(*) from ${at.s}.lease)`);

  let stopped = false;
  const published: string[] = [];
  const publishing = (async () => {
    for (let n = 0; !stopped; n++) {
      const id = `o-${String(n)}`;
      await old.publish(OrderPlaced({ id }), { idempotencyKey: id });
      published.push(id);
    }
  })();
  const next = await openApp(at);
  await next.start();
  await reader.query("rollback");
  const [migrated] = await at.database.query(`select max(number) from ${at.s}.migration`);
  assert.equal(migrated?.[0], String(LATEST_MIGRATION));
  // Both own partitions, and what either publishes is handled by whoever owns its partition.
  for (;;) {
    const owners = await at.database.query(`select count(distinct worker) from ${at.s}.lease where worker is not null`);
    if (owners[0]?.[0] === "2") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await next.publish(OrderPlaced({ id: "from the new one" }), { idempotencyKey: "new" });
  stopped = true;
  await publishing;
  const last = await old.publish(OrderPlaced({ id: "last" }), { idempotencyKey: "last" });
  await next.handled(last, { by: billing });
  for (const id of [...published, "from the new one", "last"]) {
    for (let left = 600; await next.read(Bill, id) === undefined; left--) {
      assert.ok(left > 0, `${id} was not handled`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await old.stop();
  await next.stop();
});

test("a version that does not know the newest migration is refused, and one that runs already goes on", { timeout: 90_000 }, async (t) => {
  const at = scene(t);
  const app = await openApp(at);
  await app.start();
  await at.database.query(`insert into ${at.s}.migration (number) values ($1)`, [LATEST_MIGRATION + 1]);
  assert.equal(await codeOf(openApp(at)), "STORE_VERSION");
  await app.handled(await app.publish(OrderPlaced({ id: "o-1" }), { idempotencyKey: "o-1" }), { by: billing });
  await app.stop();
});
