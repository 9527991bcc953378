// Housekeeping on the real server: spent rows leave and nothing else does, segments leave when they may, and nobody waits for it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import pg from "pg";
import { isEvenkeelError } from "@evenkeel/core";
import { partitionOf, type Commit, type Envelope, type Fence, type Store } from "@evenkeel/core/spi";
import { holdersGone } from "./holders.ts";
import { parseRetention, type Retention } from "./retention.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const PARTITIONS = 2;
const GROUP = "billing";
const NAME = "order.placed";
const SMALL: Retention = { logMs: 1_000, dedupeMs: 1_000, rotateRows: 100, segmentLength: 1_000 };
const made: string[] = [];

/** A session of somebody else. */
async function session(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

after(async () => {
  const client = await session();
  for (const schema of made) await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
});

class Scene {
  readonly schema: string;
  readonly store: Store;
  readonly sql: pg.Client;
  fences: readonly Fence[] = [];
  readonly #leave: () => Promise<void>;

  private constructor(schema: string, store: Store, sql: pg.Client, leave: () => Promise<void>) {
    this.schema = schema;
    this.store = store;
    this.sql = sql;
    this.#leave = leave;
  }

  static async run(retention: Partial<Retention>, work: (scene: Scene) => Promise<void>): Promise<void> {
    const schema = `t_${randomUUID().replaceAll("-", "")}`;
    made.push(schema);
    const store = openPostgres({ url, schema, poolSize: 6, retention, log: () => undefined });
    await store.prepare({ partitions: PARTITIONS, groups: [{ name: GROUP, handles: [NAME] }], entities: [], schemas: [] });
    const membership = await store.join({ id: "w", groups: [GROUP], leaseMs: 600_000 });
    const sql = await session();
    const scene = new Scene(schema, store, sql, () => membership.leave());
    try {
      await scene.own();
      await work(scene);
    } finally {
      await sql.end();
      await scene.#leave();
      await store.close();
    }
  }

  async own(): Promise<readonly { partition: number; position: number }[]> {
    const grants = await this.store.acquire({ worker: "w", group: GROUP, partitions: [0, 1] });
    this.fences = grants.map(({ partition, epoch }) => ({ partition, epoch }));
    return [...grants].sort((a, b) => a.partition - b.partition).map(({ partition, position }) => ({ partition, position }));
  }

  envelope(key: string): Envelope {
    return {
      id: randomUUID(), name: NAME, version: 1, body: "{}", causationId: null, correlationId: randomUUID(), trace: null, occurredAt: 0,
      tenant: "default", key, partition: partitionOf("default", key, PARTITIONS),
    };
  }

  async publish(count: number): Promise<readonly number[]> {
    const messages = Array.from({ length: count }, (_, index) => this.envelope(`k${String(index)}`));
    const [result] = await this.store.publish([{ tenant: "default", doorKey: randomUUID(), digest: "d", messages, timers: [] }]);
    assert.equal(result?.kind, "published");
    return result.receipts.map((receipt) => receipt.position ?? 0);
  }

  /** Fills the log without a gap: a publish that misses its segment begins anew behind the places that it drew. */
  async fill(count: number): Promise<void> {
    for (let n = 0; n < count; n += 500) {
      await this.store.maintain();
      await this.publish(500);
    }
  }

  async commit(parts: Partial<Commit>): Promise<void> {
    const result = await this.store.commit({
      group: GROUP, worker: "w", fences: this.fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [],
      cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [], ...parts,
    });
    assert.equal(result.kind, "committed", JSON.stringify(result));
  }

  /** Progress over everything that stands in the log. */
  async passAll(): Promise<void> {
    const before = await this.own();
    const tails = await this.store.tails();
    const progress = tails.flatMap(({ partition, position }) => {
      const from = before.find((one) => one.partition === partition)?.position ?? 0;
      return position > from ? [{ partition, from, to: position }] : [];
    });
    if (progress.length > 0) await this.commit({ progress });
  }

  async count(from: string): Promise<number> {
    const { rows } = await this.sql.query<{ n: string }>(`select count(*) as n from ${this.schema}.${from}`);
    return Number(rows[0]?.n);
  }

  async bytes(table: string): Promise<number> {
    const { rows } = await this.sql.query<{ n: string }>(
      "select sum(pg_total_relation_size(c.oid)) as n from pg_class c where c.relnamespace = $1::regnamespace and c.relname ~ $2 and c.relkind = 'r'",
      [this.schema, `^${table}_[01]$`]);
    return Number(rows[0]?.n);
  }

  async generation(name: string): Promise<number> {
    const { rows } = await this.sql.query<{ active: number }>(`select active from ${this.schema}.generation where name = $1`, [name]);
    return rows[0]?.active ?? -1;
  }

  /** The names of the segments that are still part of the log, oldest first. */
  async segments(): Promise<readonly string[]> {
    const { rows } = await this.sql.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = '${this.schema}.log'::regclass and not i.inhdetachpending order by length(c.relname), c.relname`);
    return rows.map((row) => row.name);
  }

  async exists(table: string): Promise<boolean> {
    const { rows } = await this.sql.query<{ found: boolean }>("select to_regclass($1) is not null as found", [`${this.schema}.${table}`]);
    return rows[0]?.found === true;
  }

  /** Makes every full segment old. */
  async age(): Promise<void> {
    await this.store.maintain();
    await this.sql.query(`update ${this.schema}.segment set closed_at = closed_at - interval '1 day' where closed_at is not null`);
  }

  call(key: string): Commit["calls"][number] {
    const { id, partition, tenant, correlationId, trace } = this.envelope(key);
    return {
      id, partition, tenant, routingKey: key, operation: "card.charge", callKey: key, input: "{}", causationId: randomUUID(),
      correlationId, trace, deadlineMs: 600_000,
    };
  }

  timer(key: string): Commit["timers"][number] {
    return { name: key, group: GROUP, routingKey: key, message: this.envelope(key), when: { kind: "after", delayMs: 3_600_000 } };
  }
}

/** A REPEATABLE READ session whose snapshot was taken by this statement, open until `work` has ended. */
async function pinned(statement: string, work: () => Promise<void>): Promise<void> {
  const client = await session();
  try {
    await client.query("begin isolation level repeatable read");
    await client.query(statement);
    await work();
  } finally {
    await client.end();
  }
}

for (const pin of [false, true]) {
  const whatever = pin ? " under an old snapshot" : "";
  const perhapsPinned = (work: () => Promise<void>): Promise<void> => (pin ? pinned("select count(*) from pg_class", work) : work());

  test(`rotation keeps the last progress of each partition and frees the rest${whatever}`, () => Scene.run(SMALL, async (scene) => {
    await perhapsPinned(async () => {
      const last = [0, 0];
      // Far more rows than a rotation waits for, in both partitions.
      for (let n = 1; n <= 500; n++) {
        await scene.commit({ progress: [0, 1].map((partition) => ({ partition, from: last[partition] ?? 0, to: n * 2 + partition })) });
        last[0] = n * 2;
        last[1] = n * 2 + 1;
      }
      const before = await scene.bytes("progress");
      await scene.store.maintain();
      assert.equal(await scene.count("progress"), 2);
      assert.ok((await scene.bytes("progress")) < before / 2, "the space is free at once");
      assert.deepEqual(await scene.own(), [{ partition: 0, position: last[0] }, { partition: 1, position: last[1] }]);
      await scene.commit({ progress: [{ partition: 0, from: last[0] ?? 0, to: 9_999 }] });
      assert.deepEqual((await scene.own())[0], { partition: 0, position: 9_999 });
    });
  }));

  test(`rotation keeps live calls and timers and frees spent ones${whatever}`, () => Scene.run(SMALL, async (scene) => {
    await perhapsPinned(async () => {
      const calls = Array.from({ length: 400 }, (_, index) => scene.call(`c${String(index)}`));
      const timers = Array.from({ length: 400 }, (_, index) => scene.timer(`t${String(index)}`));
      await scene.commit({ calls, timers });
      const [spent, live] = [calls.slice(3), calls.slice(0, 3)];
      await scene.commit({
        callUpdates: spent.map(({ id }) => ({ id, change: { kind: "remove" }, outcome: null })),
        cancelledTimers: timers.slice(3).map(({ group, routingKey, name }) => ({ group, tenant: "default", routingKey, name })),
      });
      await scene.store.maintain();
      assert.equal(await scene.generation("call"), 1);
      assert.equal(await scene.generation("timer"), 1);
      const { calls: left } = await scene.store.readCalls({ group: GROUP, partitions: [0, 1], after: 0, limit: 10 });
      assert.deepEqual(left.map((one) => one.id), live.map((one) => one.id));
      assert.equal(await scene.count("timer"), 3);
      assert.equal(await scene.count("call_0"), 0);
      // What survived can still be ended, replaced and joined.
      await scene.commit({
        callUpdates: [{ id: live[0]?.id ?? "", change: { kind: "remove" }, outcome: null }], calls: [scene.call("c1"), scene.call("new")],
        timers: [scene.timer("t1")],
      });
      assert.equal(await scene.count("call"), 3);
      assert.equal(await scene.count("timer"), 3);
    });
  }));
}

test("a table full of live calls is not copied", () => Scene.run(SMALL, async (scene) => {
  await scene.commit({ calls: Array.from({ length: 400 }, (_, index) => scene.call(`c${String(index)}`)) });
  await scene.store.maintain();
  assert.equal(await scene.generation("call"), 0);
  assert.equal(await scene.count("call"), 400);
}));

test("progress rotates while commits go on without a pause", () => Scene.run(SMALL, async (scene) => {
  let at = 0;
  let stop = false;
  const commits = (async () => {
    for (; !stop; at++) await scene.commit({ progress: [{ partition: 0, from: at, to: at + 1 }] });
  })();
  const generations = new Set<number>();
  try {
    for (const until = performance.now() + 30_000; generations.size < 2 && performance.now() < until;) {
      await scene.store.maintain();
      generations.add(await scene.generation("progress"));
    }
  } finally {
    stop = true;
    await commits;
  }
  assert.equal(generations.size, 2, "rotated within 30 s");
  assert.deepEqual((await scene.own())[0], { partition: 0, position: at });
}));

test("a publish, a commit and a transaction make the segments that they miss", () => Scene.run(SMALL, async (scene) => {
  const before = (await scene.segments()).length;
  const positions = await scene.publish(7_500);
  assert.equal(new Set(positions).size, 7_500);
  assert.ok((await scene.segments()).length >= before + 5);
  await scene.commit({ messages: Array.from({ length: 7_500 }, (_, index) => scene.envelope(`m${String(index)}`)) });
  await scene.sql.query(`create table ${scene.schema}.note (text text)`);
  const { results } = await scene.store.transaction(async (sql) => {
    await sql.query(`insert into ${scene.schema}.note values ('kept')`);
    const messages = Array.from({ length: 7_500 }, (_, index) => scene.envelope(`t${String(index)}`));
    return { value: null, calls: [{ tenant: "default", doorKey: "door", digest: "d", messages, timers: [] }] };
  });
  assert.equal(results[0]?.kind, "published");
  assert.equal(await scene.count("note"), 1);
  assert.equal(await scene.count("log"), 3 * 7_500);
}));

test("eight publishers that meet the end of the segments at once all get through", () => Scene.run(SMALL, async (scene) => {
  await Promise.all(Array.from({ length: 8 }, async () => { for (let n = 0; n < 5; n++) await scene.publish(900); }));
  assert.equal(await scene.count("log"), 8 * 5 * 900);
}));

test("a segment is dropped only when it is old and behind every group in every partition", () => Scene.run(SMALL, async (scene) => {
  await scene.fill(3_500);
  const [first = "", second = "", third = ""] = await scene.segments();
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], first, "neither old nor handled");
  await scene.age();
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], first, "old, and not handled");
  await scene.passAll();
  await scene.sql.query(`update ${scene.schema}.segment set closed_at = now() where name = '${second}'`);
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], second, "old and handled");
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], second, "handled, and not old");
  assert.equal(await scene.exists(first), false, "the table is gone");
  // A group that joins later has everything before it that still stands.
  await scene.sql.query(`insert into ${scene.schema}.consumer_group values ('late', 99, array['${NAME}'])`);
  await scene.age();
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], second, "one group has not handled it");
  await scene.sql.query(`update ${scene.schema}.consumer_group set names = array['other'] where name = 'late'`);
  await scene.store.maintain();
  assert.equal((await scene.segments())[0], third, "nobody handles what it holds");
}));

test("a detach that was interrupted is finished, and segments are created while it is pending", () => Scene.run(SMALL, async (scene) => {
  await scene.fill(1_500);
  await scene.passAll();
  const [old = ""] = await scene.segments();
  const reader = await session();
  await reader.query("begin");
  await reader.query(`select count(*) from ${scene.schema}.log`);
  const detaching = await session();
  await detaching.query("set lock_timeout = '50ms'");
  await assert.rejects(detaching.query(`alter table ${scene.schema}.log detach partition ${scene.schema}."${old}" concurrently`));
  await detaching.end();
  assert.notEqual((await scene.segments())[0], old, "the detach is pending");
  await scene.publish(5_000);
  await scene.passAll();
  await scene.age();
  await scene.store.maintain();
  assert.ok(await scene.exists(old), "it waits for the reader");
  await reader.end();
  await eventually("it is finished and dropped", async () => {
    await scene.store.maintain();
    return !(await scene.exists(old));
  });
}));

/** Fails only after a time that nothing here needs. */
async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + 30_000; !(await ask());) assert.ok(performance.now() < until, `within 30 s: ${what}`);
}

test("segments go under an old snapshot that is not on the log", () => Scene.run(SMALL, async (scene) => {
  await pinned("select count(*) from pg_class", async () => {
    await scene.fill(3_500);
    await scene.passAll();
    await scene.age();
    await eventually("all full segments are dropped", async () => {
      await scene.store.maintain();
      return (await scene.count("segment where closed_at is not null")) === 0;
    });
  });
}));

test("while a session that has read everything is open, nothing is dropped or rotated, and nothing waits", () => Scene.run(SMALL, async (scene) => {
  await scene.fill(1_500);
  for (let n = 1; n <= 500; n++) await scene.commit({ progress: [{ partition: 0, from: n - 1, to: n }] });
  const first = (await scene.segments())[0];
  const reader = await session();
  await reader.query("begin");
  for (const table of ["log", "progress", "call", "timer"]) await reader.query(`select count(*) from ${scene.schema}.${table}`);
  await scene.sql.query(`update ${scene.schema}.segment set closed_at = now() - interval '1 day' where from_position = 1`);
  await scene.sql.query("set statement_timeout = '20s'");
  let stop = false;
  const housekeeping = (async () => { while (!stop) await scene.store.maintain(); })();
  try {
    // Each must come through although the reader never ends; a wait behind a lock that waits for the reader would not.
    for (let n = 0; n < 10; n++) {
      await scene.publish(300);
      await scene.store.tails();
      await scene.store.read({ group: GROUP, names: [NAME], cursors: [{ partition: 0, position: 0 }], limit: 10, maxLength: 1_000_000 });
      await scene.commit({ progress: [{ partition: 0, from: 500 + n, to: 501 + n }], calls: [scene.call(`c${String(n)}`)], timers: [scene.timer(`t${String(n)}`)] });
    }
  } finally {
    stop = true;
    await housekeeping;
  }
  assert.equal((await scene.segments())[0], first);
  assert.equal(await scene.generation("progress"), 0);
  await reader.end();
}));

test("who has read a table holds it, and whoever comes later is not waited for", () => Scene.run(SMALL, async (scene) => {
  let looks = 0;
  const scope = { database: { query: async (text: string, values: readonly unknown[] = []) => (looks++, await scene.sql.query({ text, values: [...values], rowMode: "array" })).rows } };
  const reader = await session();
  await reader.query("begin");
  await reader.query(`select 1 from ${scene.schema}.progress`);
  assert.equal(await holdersGone(scope, [`${scene.schema}.progress`], 50), false);
  looks = 0;
  const gone = holdersGone(scope, [`${scene.schema}.progress`], 60_000);
  // It has seen who is there once it asks again.
  while (looks < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const later = await session();
  await later.query("begin");
  await later.query(`select 1 from ${scene.schema}.progress`);
  await reader.end();
  assert.equal(await gone, true);
  await later.end();
}));

test("the door forgets what is older than its retention, and remembers the rest", () => Scene.run({ ...SMALL, dedupeMs: 3_600_000 }, async (scene) => {
  await scene.publish(1);
  await scene.sql.query(`update ${scene.schema}.door set created_at = now() - interval '61 minutes'`);
  await scene.publish(1);
  await scene.store.maintain();
  assert.equal(await scene.count("door"), 1);
}));

test("a retention out of bounds is refused with the name of the setting", () => {
  for (const [name, value] of [["logMs", 999], ["dedupeMs", 0.5], ["rotateRows", 99], ["segmentLength", 999], ["segmentLength", 1_000_000_001]] as const) {
    assert.throws(() => parseRetention({ [name]: value }), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID" && error.message.includes(`retention.${name}`));
  }
  assert.equal(parseRetention({ segmentLength: 1_000 }).logMs, 604_800_000);
});
