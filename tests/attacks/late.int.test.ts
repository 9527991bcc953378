// A worker that is late for so short a moment that a rival takes a partition of it and nobody buries it: it lives on, is told nothing, and has nothing
// to commit that would be fenced. What the rival leaves behind in that partition must not wait for ever.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { createAppOn, event, notPerformed, port, provide, service } from "@evenkeel/core";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { z } from "zod";
import { eventually, testDatabase } from "./ledger/attack-test.ts";

const Sold = event("sold", { key: (sale) => sale.id, data: z.object({ id: z.string() }) });
const bank = port("bank", { charge: { input: z.string(), ok: z.null(), breaker: false } });
/** By the worker's own knowledge, the next attempt is far away. */
const LATER_MS = 3_600_000;

test("what a rival left behind is gone on with by a worker that it replaced for a moment", { timeout: 120_000 }, async (t) => {
  const url = testDatabase();
  const schema = `late_${randomBytes(5).toString("hex")}`;
  const s = `"${schema}"`;
  const ended: string[] = [];
  const events: string[] = [];
  let attempts = 0;
  const till = service("till", { ports: { bank } })
    .on(Sold, ({ id }, { call }) => { call(bank.charge, { key: id, input: id }); })
    .outcome(bank.charge, {
      ok: ({ call: { key } }) => { ended.push(key); }, notPerformed: () => undefined, unknown: (_outcome, { reconcile }) => { reconcile(); },
    });
  const log = (_level: string, what: string): void => { events.push(what); };
  const store = openPostgres({ url, schema, log, poolSize: 6 });
  const app = await createAppOn({
    store, host: nodeHost(log), services: [till], accepts: [Sold] as const,
    ports: [provide(bank, {
      charge: {
        perform: async () => {
          attempts++;
          if (attempts === 1) throw notPerformed("closed for now", { afterMs: LATER_MS });
          return { kind: "ok", value: null };
        },
        ask: async () => ({ kind: "absent" }),
      },
    })],
  });
  t.after(async () => {
    await app.stop();
    const office = openPostgres({ url, schema, log, poolSize: 1 });
    await office.transaction(async (sql) => ({ value: await sql.query(`drop schema if exists ${s} cascade`), calls: [] }));
    await office.close();
  });
  await app.start();
  await app.publish(Sold({ id: "sale-1" }));
  const sql = (text: string): Promise<unknown> => app.transaction((session) => session.query(text));
  const waiting = async (): Promise<boolean> => JSON.stringify(await sql(`select id from ${s}.call where attempts = 1`)) !== "[]";
  await eventually("the first attempt is committed", async () => (await waiting()) || undefined);
  // Its progress, too, so that it has nothing to commit.
  await eventually("nothing is left to commit", async () => (await store.summary()).every(({ lag }) => lag === 0) || undefined);
  assert.deepEqual(ended, []);

  // In one transaction: to everybody else the worker has never been late.
  await app.transaction(async (session) => {
    await session.query(`update ${s}.worker set heartbeat_at = heartbeat_at - interval '1 hour'`);
    const group = `(select number from ${s}.consumer_group where name = 'till')`;
    await session.query(`select * from ${s}.acquire_1(${group}, 'rival', array(select partition from ${s}.call))`);
    await session.query(`update ${s}.call set due_at = clock_timestamp()`);
    await session.query(`update ${s}.lease set worker = null where worker = 'rival'`);
    await session.query(`update ${s}.worker set heartbeat_at = clock_timestamp()`);
  });
  await eventually("the call has ended", () => ended.length > 0 || undefined, 20_000);
  assert.deepEqual(ended, ["sale-1"]);
  assert.equal(attempts, 2);
  assert.ok(events.includes("lease.lost"));
});
