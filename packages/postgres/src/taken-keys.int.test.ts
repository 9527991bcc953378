// Keys that are taken where a plain insert does not see it: calls in the other generation, whatever moved them there, and door rows behind an
// older snapshot.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import type { Commit, CommitResult, NewCall, PublishCall, Store } from "@evenkeel/core/spi";
import { Database } from "./connection.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const GROUP = "billing";

interface Scene {
  readonly s: string;
  readonly store: Store;
  readonly other: Store;
  readonly database: Database;
  commit(parts: Partial<Commit>): Promise<CommitResult>;
  /** How many rows each generation has. */
  rows(): Promise<readonly number[]>;
}

async function scene(t: TestContext): Promise<Scene> {
  const s = `t_${randomUUID().replaceAll("-", "")}`;
  const database = Database.open(url, 2, 60_000, () => undefined);
  t.after(async () => {
    await database.query(`drop schema if exists ${s} cascade`);
    await database.close();
  });
  const [store, other] = [1, 2].map(() => {
    const one = openPostgres({ url, schema: s, poolSize: 3, log: () => undefined });
    t.after(() => one.close());
    return one;
  });
  assert.ok(store !== undefined && other !== undefined);
  for (const one of [store, other]) await one.prepare({ partitions: 1, groups: [{ name: GROUP, handles: ["order.placed"] }], entities: [], schemas: [] });
  const membership = await store.join({ id: "w", groups: [GROUP], leaseMs: 600_000 });
  t.after(() => membership.leave());
  const fences = await store.acquire({ worker: "w", group: GROUP, partitions: [0] });
  return {
    s, store, other, database,
    commit: (parts) => store.commit({
      group: GROUP, worker: "w", fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [],
      firedTimers: [], sql: [], park: [], unpark: [], retries: [], ...parts,
    }),
    rows: async () => {
      const [row] = await database.query(`select (select count(*) from ${s}.call_0), (select count(*) from ${s}.call_1)`);
      return (row ?? []).map(Number);
    },
  };
}

function callOf(callKey: string, input = "1"): NewCall {
  return {
    id: randomUUID(), tenant: "default", routingKey: callKey, partition: 0, operation: "bank.charge", callKey, input, causationId: randomUUID(),
    correlationId: randomUUID(), trace: null, deadlineMs: 60_000,
  };
}

test("a live call in the other generation is joined, refused and removed as any other", { timeout: 60_000 }, async (t) => {
  const { s, commit, database, rows } = await scene(t);
  const first = callOf("a");
  await commit({ calls: [first] });
  // As a commit leaves it that had read the number of the generation before a rotation, and wrote after it.
  await database.query(`update ${s}.call set generation = 1`);
  const twin = callOf("a");
  assert.deepEqual(await commit({ calls: [callOf("b"), twin] }), { kind: "committed", joinedCalls: [twin.id], handovers: [] });
  assert.deepEqual(await rows(), [1, 1]);
  const refused = await commit({ calls: [callOf("c"), callOf("a", "2")] });
  assert.ok(refused.kind === "refused" && refused.by === "call" && refused.ordinal === 1, JSON.stringify(refused));
  assert.deepEqual(await rows(), [1, 1]);
  const anew = callOf("a", "2");
  const removal = { id: first.id, change: { kind: "remove" }, outcome: null } as const;
  assert.deepEqual(await commit({ callUpdates: [removal], calls: [anew] }), { kind: "committed", joinedCalls: [], handovers: [] });
  assert.deepEqual(await rows(), [2, 0]);
});

test("a live call that moves to the other generation between the look and the write is joined", { timeout: 60_000 }, async (t) => {
  const { s, commit, database, rows } = await scene(t);
  await commit({ calls: [callOf("a")] });
  // In place of a rotation, at the only moment that it could come.
  await database.query(`
    create function ${s}.move() returns trigger language plpgsql as $$ begin update ${s}.call set generation = 1 where generation = 0; return null; end $$`);
  await database.query(`create trigger moves before insert on ${s}.call for each statement execute function ${s}.move()`);
  const twin = callOf("a");
  assert.deepEqual(await commit({ calls: [callOf("b"), twin] }), { kind: "committed", joinedCalls: [twin.id], handovers: [] });
  assert.deepEqual(await rows(), [1, 1]);
});

test("a publish whose key was taken behind its transaction's snapshot ends, and can be repeated", { timeout: 60_000 }, async (t) => {
  const { store, other } = await scene(t);
  const publishOf = (doorKey: string): PublishCall => ({
    tenant: "default", doorKey, digest: "d", timers: [],
    messages: [{
      id: randomUUID(), name: "order.placed", version: 1, tenant: "default", key: "a", partition: 0, body: "{}", causationId: null,
      correlationId: randomUUID(), trace: null, occurredAt: 0,
    }],
  });
  const publishTwice = (level: string) => store.transaction(async (sql) => {
    await sql.query(`set transaction isolation level ${level}`);
    await sql.query("select 1 from pg_class limit 1");
    const given = publishOf(level);
    await other.publish([given]);
    return { value: null, calls: [given, publishOf(`${level} beside it`)] };
  });
  const { results } = await publishTwice("read committed");
  assert.deepEqual(results.map((one) => one.kind), ["repeated", "published"]);
  for (const level of ["repeatable read", "serializable"]) {
    await assert.rejects(publishTwice(level), (error) => isEvenkeelError(error) && error.code === "STORE_UNAVAILABLE");
  }
});
