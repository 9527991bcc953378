// A server that falls silent: every statement ends, what may have happened is told as in doubt, and long work of housekeeping is not cut.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test, type TestContext } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { partitionOf, type Envelope, type PublishCall, type Store } from "@evenkeel/core/spi";
import { Database, StatementError } from "./connection.ts";
import { openPostgres } from "./store.ts";
import { openBlackHole, type BlackHole } from "./testing/black-hole.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const LIMIT_MS = 1_000;
const GROUP = "billing";

interface Scene { readonly hole: BlackHole; readonly store: Store; readonly schema: string }

async function scene(t: TestContext): Promise<Scene> {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const hole = await openBlackHole(url);
  const store = openPostgres({ url: hole.url, schema, poolSize: 2, statementTimeoutMs: LIMIT_MS, log: () => undefined });
  t.after(async () => {
    await store.close();
    await hole.close();
    const database = Database.open(url, 1, 60_000, () => undefined);
    await database.query(`drop schema if exists "${schema}" cascade`);
    await database.close();
  });
  await store.prepare({ partitions: 2, groups: [{ name: GROUP, handles: ["order.placed"] }], entities: [], schemas: [] });
  return { hole, store, schema };
}

function publishCall(): PublishCall {
  const message: Envelope = {
    id: randomUUID(), name: "order.placed", version: 1, tenant: "default", key: "o-1", partition: partitionOf("default", "o-1", 2),
    body: "{}", causationId: null, correlationId: randomUUID(), trace: null, occurredAt: 0,
  };
  return { tenant: "default", doorKey: randomUUID(), digest: "d", messages: [message], timers: [] };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(() => "no error", (error: unknown) => isEvenkeelError(error) ? error.code : String(error));

// Three at a time: they mostly wait for a limit, and more of them would make what keeps it late.
describe("a server that falls silent", { concurrency: 3 }, () => {
  test("a read that gets no answer ends as STORE_UNAVAILABLE, and the next one has a new connection", async (t) => {
    const { hole, store } = await scene(t);
    hole.swallow("tails_1(", "before");
    assert.equal(await codeOf(store.tails()), "STORE_UNAVAILABLE");
    assert.equal(hole.silent(), 1, "the statement was swallowed");
    assert.deepEqual(await store.tails(), []);
  });

  test("a publish that gets no answer is in doubt, and the same call again finds what became of it", async (t) => {
    const { hole, store } = await scene(t);
    for (const [when, kind] of [["before", "published"], ["after", "repeated"]] as const) {
      const call = publishCall();
      hole.swallow("publish_", when);
      assert.deepEqual((await store.publish([call])).map((one) => one.kind), ["inDoubt"], when);
      assert.deepEqual((await store.publish([call])).map((one) => one.kind), [kind], when);
    }
  });

  test("an owner's commit that gets no answer is in doubt", async (t) => {
    const { hole, store } = await scene(t);
    const membership = await store.join({ id: "w", groups: [GROUP], leaseMs: 600_000 });
    const [grant] = await store.acquire({ worker: "w", group: GROUP, partitions: [0] });
    assert.ok(grant !== undefined);
    hole.swallow("commit_4", "after");
    const result = await store.commit({
      group: GROUP, worker: "w", fences: [{ partition: grant.partition, epoch: grant.epoch }], progress: [], documents: [], messages: publishCall().messages,
      calls: [], callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
    });
    assert.equal(result.kind, "inDoubt");
    // How it is resolved: the partitions are acquired anew, past everything that the lost commit may hold.
    assert.equal((await store.acquire({ worker: "w", group: GROUP, partitions: [0] })).length, 1);
    await membership.leave();
  });

  test("a transaction whose COMMIT gets no answer is looked up, and one whose statement gets none has not happened", async (t) => {
    const { hole, store, schema } = await scene(t);
    await store.transaction(async (sql) => ({ value: await sql.query(`create table "${schema}".mine (n int)`), calls: [] }));
    const rows = (): Promise<number> => store.transaction(async (sql) => ({ value: (await sql.query(`select 1 from "${schema}".mine`)).length, calls: [] })).then((ended) => ended.value);
    const insert = (): Promise<unknown> => store.transaction(async (sql) => ({ value: await sql.query(`insert into "${schema}".mine values (1)`), calls: [publishCall()] }));

    hole.swallow("commit\u0000", "after");
    assert.equal(await codeOf(insert()), "no error", "it was committed");
    assert.equal(await rows(), 1);
    hole.swallow("commit\u0000", "before");
    assert.equal(await codeOf(insert()), "STORE_UNAVAILABLE", "it was not committed");
    hole.swallow("insert into", "after");
    assert.equal(await codeOf(insert()), "STORE_UNAVAILABLE");
    assert.equal(hole.silent(), 3);
    assert.equal(await rows(), 1);
  });

  test("a statement of a transaction that got no answer cannot be passed over", async (t) => {
    const { hole, store, schema } = await scene(t);
    await store.transaction(async (sql) => ({ value: await sql.query(`create table "${schema}".mine (n int)`), calls: [] }));
    hole.swallow("insert into", "after");
    const done = store.transaction(async (sql) => {
      await sql.query(`insert into "${schema}".mine values (1)`).catch(() => undefined);
      return { value: null, calls: [publishCall()] };
    });
    assert.equal(await codeOf(done), "STORE_UNAVAILABLE");
    assert.deepEqual(await store.tails(), [], "nothing was published");
  });

  test("a patient statement may take longer than the limit, another one may not", async (t) => {
    const database = Database.open(url, 2, LIMIT_MS, () => undefined);
    t.after(() => database.close());
    await assert.rejects(database.query("select pg_sleep(3)"), (error) => error instanceof StatementError && error.failure.kind === "lost");
    assert.equal((await database.patient.query("select pg_sleep(1.5)")).length, 1);
  });

  test("a limit that no statement could keep is refused", () => {
    for (const statementTimeoutMs of [0, 999, 1_000.5, Number.NaN, 3_600_001]) {
      assert.throws(() => openPostgres({ url, statementTimeoutMs, log: () => undefined }), { code: "CONFIG_INVALID" });
    }
  });
});
