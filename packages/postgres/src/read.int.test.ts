// Reading the log of a group whose messages are rare: no statement walks the whole log, and nothing is passed over.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import pg from "pg";
import type { Envelope } from "@evenkeel/core/spi";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

test("a read looks through so many positions at most, says that there may be more, and the next one goes on from there", async (t) => {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const store = openPostgres({ url, schema, log: () => undefined });
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  t.after(async () => {
    await sql.query(`drop schema if exists ${schema} cascade`);
    await sql.end();
    await store.close();
  });
  await store.prepare({ partitions: 1, groups: [{ name: "billing", handles: ["rare"] }], entities: [], schemas: [] });
  const publish = async (name: string): Promise<number> => {
    const message: Envelope = {
      id: randomUUID(), name, version: 1, tenant: "default", key: "k", partition: 0, body: "{}", causationId: null, correlationId: "c", trace: null, occurredAt: 0,
    };
    const [result] = await store.publish([{ tenant: "default", doorKey: message.id, digest: "d", messages: [message], timers: [] }]);
    assert.equal(result?.kind, "published");
    return result?.kind === "published" ? result.receipts[0]?.position ?? 0 : 0;
  };
  const skip = (positions: number) => sql.query(`select setval('${schema}.log_position', nextval('${schema}.log_position') + ${String(positions)})`);
  const read = async (position: number) => {
    const { messages, bounds } = await store.read({ group: "billing", names: ["rare"], cursors: [{ partition: 0, position }], limit: 10, maxLength: 1_000 });
    return { found: messages.map((message) => message.position), bound: bounds[0]?.position, more: bounds[0]?.more };
  };
  // Positions that were drawn and never used stand for messages of other names.
  await skip(200_000);
  const first = await publish("other");
  await skip(150_000);
  const rare = await publish("rare");
  const last = await publish("other");
  assert.deepEqual(await read(0), { found: [], bound: first + 100_000, more: true });
  assert.deepEqual(await read(first + 100_000), { found: [rare], bound: last, more: false });
});
