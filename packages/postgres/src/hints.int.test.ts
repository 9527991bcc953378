// Hints carry messages, so they are heard and said only by those who may read the log; and whatever becomes of the telling, a publish that was
// committed counts as published.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import pg from "pg";
import type { Envelope, Hint, PublishCall, Store } from "@evenkeel/core/spi";
import { openPostgres } from "./store.ts";
import { hintsArrive } from "./testing/hints-arrive.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

interface Scene { readonly schema: string; readonly role: string; readonly admin: pg.Client; open(): Promise<Store> }

async function scene(t: TestContext): Promise<Scene> {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const role = `${schema}_watcher`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  t.after(async () => {
    await admin.query(`drop role if exists ${role}`);
    await admin.query(`drop schema if exists ${schema} cascade`);
    await admin.end();
  });
  return {
    schema, role, admin,
    open: async () => {
      const store = openPostgres({ url, schema, poolSize: 2, log: () => undefined });
      t.after(() => store.close());
      await store.prepare({ partitions: 2, groups: [], entities: [], schemas: [] });
      return store;
    },
  };
}

function callOf(body = "{}"): PublishCall {
  const message: Envelope = {
    id: randomUUID(), name: "order.placed", version: 1, tenant: "default", key: "a", partition: 1, body, causationId: null,
    correlationId: randomUUID(), trace: null, occurredAt: 0,
  };
  return { tenant: "default", doorKey: randomUUID(), digest: "d", messages: [message], timers: [] };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("who may only connect to the database hears no message, and can forge none", { timeout: 60_000 }, async (t) => {
  const { schema, role, admin, open } = await scene(t);
  const [store, other] = [await open(), await open()];
  const told: Hint[] = [];
  const stop = other.onHint((hint) => told.push(hint));
  const arrive = await hintsArrive(other);
  const outsider = new pg.Client({ connectionString: url });
  await outsider.connect();
  t.after(() => outsider.end());
  await admin.query(`create role ${role}; grant pg_monitor to ${role}`);
  const overheard: string[] = [];
  outsider.on("notification", (message) => overheard.push(message.payload ?? ""));
  // What can be guessed, and what those who watch sessions see.
  await outsider.query(`listen evenkeel; listen evenkeel_${schema}`);
  const stored = await admin.query<{ value: string }>(`select value from ${schema}.setting where name = 'channel'`);
  const channel = stored.rows[0]?.value ?? "";
  assert.match(channel, /^evenkeel_[0-9a-f]{32}$/);
  await outsider.query(`begin; set local role ${role}`);
  const seen = await outsider.query<{ query: string }>("select query from pg_stat_activity");
  assert.ok(!arrive || seen.rows.some((row) => row.query.includes(`"${schema}".listen_1`)), "a monitoring role sees the statements");
  assert.ok(seen.rows.every((row) => !row.query.includes(channel)), "and none of them names the channel");
  await outsider.query("rollback");
  for (const forbidden of ["listen_1()", "tell_1('')"]) {
    await assert.rejects(outsider.query(`begin; set local role ${role}; select ${schema}.${forbidden}`), /permission denied/);
    await outsider.query("rollback");
  }
  await outsider.query(`select pg_notify('evenkeel_${schema}', $1)`, [`x =0,1 ${JSON.stringify([1, 1, 0, randomUUID(), null, "order.placed", "default", "a", "c", null, "{}"])}`]);
  const secret = JSON.stringify({ card: "4111" });
  const messages = (): readonly string[] => told.flatMap((hint) => hint.handovers ?? []).flatMap((one) => one.messages.map((message) => message.body));
  while (messages().length === 0 && arrive) {
    await store.publish([callOf(secret)]);
    await pause(30);
  }
  stop();
  assert.deepEqual([...new Set(messages())], arrive ? [secret] : [], "those who may read the log are told, of what stands in it");
  await outsider.query("select 1");
  assert.equal(overheard.some((payload) => payload.includes("4111")), false, "nobody else is");
});

test("a publish that was committed counts as published, whatever ends the telling", { timeout: 60_000 }, async (t) => {
  const { schema, admin, open } = await scene(t);
  const store = await open();
  const tell = (body: string): Promise<unknown> =>
    admin.query(`create or replace function ${schema}.tell_1(what text) returns void language plpgsql as $$ begin ${body}; end $$`);
  await tell("raise exception 'the queue is full'");
  assert.deepEqual((await store.publish([callOf()])).map((one) => one.kind), ["published"], "an error");
  // Of a publish that comes shortly after another, a hint tells that is no part of it: that one is let through, and the next one may tell by itself.
  await tell("if what like '% =%' then perform pg_sleep(600); end if");
  const cancelled = "select pg_cancel_backend(pid) as done from pg_stat_activity where wait_event = 'PgSleep' and query like $1";
  let publishing = store.publish([callOf()]);
  const isAnswered = (): Promise<boolean> => Promise.race([publishing.then(() => true), pause(20).then(() => false)]);
  while ((await admin.query(cancelled, [`call "${schema}".%`])).rowCount === 0) {
    if (!await isAnswered()) continue;
    assert.deepEqual((await publishing).map((one) => one.kind), ["published"], "told of by a hint");
    await pause(20);
    publishing = store.publish([callOf()]);
  }
  assert.deepEqual((await publishing).map((one) => one.kind), ["published"], "a cancel, as by a statement_timeout");
});

test("hints that bring echoes are not taken for silent: neither when they are sent alone, nor when repeats are published", { timeout: 60_000 }, async (t) => {
  const { open } = await scene(t);
  const stores = [await open(), await open(), await open(), await open()];
  for (const store of stores) store.onHint(() => undefined);
  const arrivals = await Promise.all(stores.map(hintsArrive));
  // Behind a pooler in transaction mode none arrives, for none of them; then there is nothing that could fall silent.
  assert.equal(new Set(arrivals).size, 1);
  if (arrivals[0] === false) return;
  for (const [index, store] of stores.entries()) {
    const call = callOf();
    await store.publish([call]);
    await pause(30);
    if (index % 2 === 0) assert.deepEqual((await store.publish([call])).map((one) => one.kind), ["repeated"]);
    else store.hint({ partitions: [1], timers: false });
  }
  // What had no echo is found out by then. An echo may be late where the machine is; without one they stay silent, since nobody sends any more.
  await pause(5_500);
  while (stores.some((store) => store.hintsArrive?.() !== true)) await pause(20);
});
