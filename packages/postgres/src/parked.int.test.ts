// A parked key with very many rows: taking its partition over does not count them all, reading it is bounded by length, and it is handled
// in order to its end nevertheless.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { createAppOn, event, service, terminal, type Schema } from "@evenkeel/core";
import { Database } from "./connection.ts";
import { nodeHost } from "./node-host.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const numbered: Schema<{ readonly n: number }> = {
  "~standard": {
    version: 1, vendor: "test",
    validate: (value) => typeof value === "object" && value !== null && "n" in value && typeof value.n === "number" ? { value: { n: value.n } } : { issues: [{ message: "needs n" }] },
  },
};
const Told = event("told", { key: () => "one", data: numbered });

interface Scene { readonly schema: string; readonly database: Database }

function scene(t: TestContext): Scene {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const database = Database.open(url, 1, 60_000, () => undefined);
  t.after(async () => {
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  return { schema, database };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a takeover counts a hundred rows of a parked key, and of a longer one says only that it is longer", { timeout: 60_000 }, async (t) => {
  const { schema, database } = scene(t);
  const store = openPostgres({ url, schema, log: () => undefined });
  t.after(() => store.close());
  await store.prepare({ partitions: 1, groups: [{ name: "listening", handles: ["told"] }], entities: [], schemas: [] });
  const [group] = await database.query(`select number from "${schema}".consumer_group where name = 'listening'`);
  for (const [key, rows, state] of [["short", 3, "waiting"], ["hundred", 100, "dead"], ["long", 1_000, "dead"]] as const) {
    await database.query(`
      insert into "${schema}".parked (consumer_group, partition, tenant, key, position, version, occurred_at, id, name, correlation_id, body, state, attempts, code, reason, retry_at)
      select $1, 0, 'default', $2, n, 1, 0, gen_random_uuid(), 'told', 'c', '{}', case when n = 1 then $4 else 'queued' end, 1, '', '', clock_timestamp()
      from generate_series(1, $3::int) n`, [group?.[0], key, rows, state]);
  }
  const membership = await store.join({ id: "w", groups: ["listening"], leaseMs: 600_000 });
  const [grant] = await store.acquire({ worker: "w", group: "listening", partitions: [0] });
  assert.deepEqual(grant?.parked, [
    { tenant: "default", key: "short", count: 3, dueInMs: 0 },
    { tenant: "default", key: "hundred", count: 100, dueInMs: null },
    { tenant: "default", key: "long", count: Infinity, dueInMs: null },
  ]);
  await membership.leave();
});

test("a key that is longer than what is counted, and than what is read at once, is handled in order to its end by the next owner", { timeout: 120_000 }, async (t) => {
  const { schema } = scene(t);
  const seen: number[] = [];
  const open = (isSick: boolean) => {
    const listening = service("listening", {}).on(Told, async ({ n }) => {
      if (isSick) throw terminal("SICK", "not today");
      seen.push(n);
    });
    const store = openPostgres({ url, schema, log: () => undefined });
    const settings = { partitions: 1, leaseMs: 4_000, maxBatchLength: 1_000 };
    return createAppOn({ services: [listening], accepts: [Told], store, host: nodeHost(() => undefined), settings });
  };
  const sick = await open(true);
  t.after(() => sick.stop());
  for (let n = 0; n < 400; n++) void sick.publish(Told({ n }));
  await sick.start();
  await until("all are parked", async () => (await sick.deadLetters.list())[0]?.behind === 399);
  await sick.stop();

  const well = await open(false);
  t.after(() => well.stop());
  await well.start();
  const [letter] = await well.deadLetters.list();
  assert.ok(letter !== undefined);
  const redriven = well.deadLetters.redrive(letter, { actor: "ann", withinMs: 60_000 });
  for (let n = 400; n < 500; n++) await well.publish(Told({ n }));
  await redriven;
  await until("all are handled", async () => seen.length >= 500);
  assert.deepEqual(seen, Array.from({ length: 500 }, (_, n) => n));
  await until("nothing is parked", async () => (await well.deadLetters.list({ state: "waiting" })).length === 0);
});
