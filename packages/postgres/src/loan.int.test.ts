// A lent connection: whose it is when the loan ends, what of the client library's own errors it survives, and what a silence of one says of
// the others.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import type { SqlSession, Store } from "@evenkeel/core/spi";
import { Database, StatementError, type Session } from "./connection.ts";
import { openPostgres } from "./store.ts";
import { openBlackHole } from "./testing/black-hole.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

/** On one connection whoever comes next gets the same one, as long as it lives. */
async function single(t: TestContext, poolSize = 1, schema = `t_${randomUUID().replaceAll("-", "")}`): Promise<Store> {
  const store = openPostgres({ url, schema, poolSize, log: () => undefined });
  t.after(async () => {
    await store.close();
    const database = Database.open(url, 1, 60_000, () => undefined);
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  await store.prepare({ partitions: 2, groups: [], entities: [], schemas: [] });
  return store;
}

const pidOf = async (sql: SqlSession): Promise<unknown> => (await sql.query("select pg_backend_pid() as pid"))[0]?.["pid"];
const pidNow = (store: Store): Promise<unknown> => store.transaction(async (sql) => ({ value: await pidOf(sql), calls: [] })).then((ended) => ended.value);

test("a statement that the client library cannot send fails as what it is, and harms neither its transaction nor its connection", { timeout: 60_000 }, async (t) => {
  const store = await single(t);
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const before = await pidNow(store);
  const { value } = await store.transaction(async (sql) => {
    await assert.rejects(sql.query("select $1::text", [circular]), TypeError);
    return { value: await pidOf(sql), calls: [] };
  });
  assert.equal(value, before, "the transaction went on");
  await assert.rejects(store.transaction(async (sql) => ({ value: await sql.query("select $1::text", [circular]), calls: [] })), TypeError);
  assert.equal(await pidNow(store), before, "the connection is kept");
});

test("an error of the work rolls back and leaves the connection to the next", { timeout: 60_000 }, async (t) => {
  const store = await single(t);
  const before = await pidNow(store);
  await assert.rejects(store.transaction(async (sql) => {
    await sql.query("create temp table gone (n int)");
    throw new Error("changed my mind");
  }), /changed my mind/);
  assert.equal(await pidNow(store), before);
  const { value } = await store.transaction(async (sql) => ({ value: await sql.query("select to_regclass('gone') as found"), calls: [] }));
  assert.equal(value[0]?.["found"], null, "it was rolled back");
});

test("a session that outlives its transaction or its loan is refused, and does not speak on another's connection", { timeout: 60_000 }, async (t) => {
  const store = await single(t);
  const kept: SqlSession[] = [];
  await store.transaction(async (sql) => { kept.push(sql); return { value: null, calls: [] }; });
  await assert.rejects(async () => kept[0]?.query("select 1"), { code: "TRANSACTION_FINISHED" });
  await assert.rejects(store.transaction(async (sql) => { kept.push(sql); throw new Error("no"); }), /no/);
  await assert.rejects(async () => kept[1]?.query("select 1"), { code: "TRANSACTION_FINISHED" });

  const database = Database.open(url, 1, 60_000, () => undefined);
  t.after(() => database.close());
  const lent: Session[] = [];
  await database.session(async (session) => { lent.push(session); });
  for (const late of [() => lent[0]?.query("select 1"), () => lent[0]?.records("select 1"), () => lent[0]?.command("select 1")]) {
    await assert.rejects(async () => late(), { code: "TRANSACTION_FINISHED" });
  }
});

test("after one statement without an answer the connections that lay idle are not asked, each for the whole limit", { timeout: 60_000 }, async (t) => {
  const hole = await openBlackHole(url);
  const database = Database.open(hole.url, 4, 1_000, () => undefined);
  t.after(async () => {
    await database.close();
    await hole.close();
  });
  await Promise.all(Array.from({ length: 4 }, () => database.query("select pg_sleep(0.1)")));
  hole.silenceOpen();
  await assert.rejects(database.query("select 1"), (error) => error instanceof StatementError && error.failure.kind === "lost");
  assert.deepEqual(await database.query("select 1"), [["1"]]);
  assert.deepEqual(await Promise.all(Array.from({ length: 4 }, () => database.query("select 2"))), [[["2"]], [["2"]], [["2"]], [["2"]]]);
});

test("summaries that are asked for while one is under way take no further connections", { timeout: 60_000 }, async (t) => {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const store = await single(t, 2, schema);
  const other = Database.open(url, 1, 60_000, () => undefined);
  t.after(() => other.close());
  const asked = await other.session(async (session) => {
    await session.command(`begin; lock table "${schema}".parked in access exclusive mode`);
    const summaries = Promise.all(Array.from({ length: 5 }, () => store.summary()));
    try {
      assert.equal(typeof await pidNow(store), "number", "a connection is left");
    } finally {
      await session.command("rollback");
    }
    return { summaries };
  });
  assert.deepEqual(await asked.summaries, [[], [], [], [], []]);
});
