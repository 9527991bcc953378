// A look for due timers starts near the first one that the look before it met, and from the beginning every second.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { Database } from "./connection.ts";
import { timerReader } from "./due-timers.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

async function scene(t: TestContext) {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const database = Database.open(url, 1, 60_000, () => undefined);
  const store = openPostgres({ url, schema, log: () => undefined });
  t.after(async () => {
    await store.close();
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  await store.prepare({ partitions: 2, groups: [{ name: "listening", handles: ["told"] }], entities: [], schemas: [] });
  let elapsed = 0;
  const read = timerReader({ s: `"${schema}"`, database }, () => elapsed);
  return {
    due: async (partitions: readonly number[] = [0, 1]) => (await read({ partitions, limit: 10 })).due.map(({ message }) => message.key),
    wait: (ms: number) => { elapsed += ms; },
    async add(key: string, secondsAgo: number, partition = 0) {
      await database.query(`
        insert into "${schema}".timer (generation, timer, fire_at, consumer_group, routing_key, timer_name, partition, version, occurred_at, id, name, tenant, key, correlation_id, body)
        values (0, nextval('"${schema}".timer_id'), clock_timestamp() - $2::float8 * interval '1 second', '', $1, $1, $3::int, 1, 0, gen_random_uuid(), 'told', 'default', $1, 'c', '{}')`,
        [key, secondsAgo, partition]);
    },
    remove: (key: string) => database.query(`delete from "${schema}".timer where key = $1`, [key]),
  };
}

test("a timer that is committed long after its time is found by the next look from the beginning, at most a second later", async (t) => {
  const { due, add, remove, wait } = await scene(t);
  await add("first", 10);
  assert.deepEqual(await due(), ["first"]);
  await remove("first");
  await add("late", 600);
  assert.deepEqual(await due(), [], "this look began near the first one: it passes over what has fired");
  wait(999);
  assert.deepEqual(await due(), []);
  wait(1);
  assert.deepEqual(await due(), ["late"]);
  assert.deepEqual(await due(), ["late"], "until it has fired, every look begins there");
});

test("a timer that is committed a little after its time is found at once", async (t) => {
  const { due, add, remove } = await scene(t);
  await add("first", 10);
  assert.deepEqual(await due(), ["first"]);
  await remove("first");
  await add("little", 11.5);
  assert.deepEqual(await due(), ["little"]);
});

test("where other partitions are asked for, the look is from the beginning", async (t) => {
  const { due, add } = await scene(t);
  await add("first", 10, 0);
  await add("older", 600, 1);
  assert.deepEqual(await due([0]), ["first"]);
  assert.deepEqual(await due([0, 1]), ["older", "first"]);
  assert.deepEqual(await due([1]), ["older"]);
});

test("what was found and has not fired is found again", async (t) => {
  const { due, add, wait } = await scene(t);
  await add("one", 30);
  await add("two", 20, 1);
  for (const ms of [0, 10, 500, 5_000]) {
    wait(ms);
    assert.deepEqual(await due(), ["one", "two"]);
  }
});

test("a look from the beginning that finds nothing leaves it to the next where to begin", async (t) => {
  const { due, add, remove, wait } = await scene(t);
  await add("first", 10);
  assert.deepEqual(await due(), ["first"]);
  await remove("first");
  wait(1_000);
  assert.deepEqual(await due(), []);
  await add("late", 600);
  assert.deepEqual(await due(), []);
  wait(1_000);
  assert.deepEqual(await due(), ["late"]);
});
