// A worker that loses a partition and is told nothing, since it has nothing to commit that would be fenced: it was late for so short a moment that
// nobody but a rival saw it, or another version ended its group's leases. What is left behind in that partition must not wait for ever.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test, { describe } from "node:test";
import { createAppOn, event, notPerformed, port, provide, service } from "@evenkeel/core";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { z } from "zod";
import { eventually, testDatabase } from "./ledger/attack-test.ts";

const Sold = event("sold", { key: (sale) => sale.id, data: z.object({ id: z.string() }) });
const bank = port("bank", { charge: { input: z.string(), ok: z.null(), breaker: false } });
/** By the worker's own knowledge, the next attempt is far away. */
const LATER_MS = 3_600_000;

/** In SQL, where `@` is the schema, `$group` its group's number, and `$partitions` where its call stands. */
const LOSSES: readonly (readonly [string, readonly string[]])[] = [
  ["a rival left behind is gone on with by a worker that it replaced for a moment", [
    "update @.worker set heartbeat_at = heartbeat_at - interval '1 hour'",
    "select * from @.acquire_1($group, 'rival', array($partitions))",
    "update @.lease set worker = null where worker = 'rival'",
    "update @.worker set heartbeat_at = clock_timestamp()",
  ]],
  ["stands in a partition whose lease was ended is gone on with by whoever held it", [
    "update @.lease set epoch = epoch + 1, worker = null where consumer_group = $group and partition in ($partitions)",
  ]],
];

// Side by side: they mostly wait.
describe("a worker that loses a partition and is told nothing", { concurrency: true }, () => {
  for (const [what, statements] of LOSSES) test(`what ${what}`, { timeout: 120_000 }, async (t) => {
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
      for (const statement of [...statements, "update @.call set due_at = clock_timestamp()"]) {
        const whole = statement.replace("$group", "(select number from @.consumer_group where name = 'till')").replace("$partitions", "select partition from @.call");
        await session.query(whole.replaceAll("@", s));
      }
    });
    await eventually("the call has ended", () => ended.length > 0 || undefined);
    assert.deepEqual(ended, ["sale-1"]);
    assert.equal(attempts, 2);
    assert.ok(events.includes("lease.lost"));
  });
});
