// A schedule on PostgreSQL with two workers, of which one leaves, then both, and another comes: each second comes once, in order, none is left out.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { cron, createApp, entity, event, schedule, service } from "evenkeel";
import pg from "pg";
import { z } from "zod";
import { eventually, testDatabase } from "./ledger/attack-test.ts";

const Tick = event("tick", { key: () => "all", data: z.object({ at: z.number() }) });
const Seen = entity("seen", { data: z.object({ at: z.array(z.number()) }) });
const counter = service("counter", { entities: { seen: Seen } })
  .on(Tick, async ({ at }, { seen }) => { seen.put("all", { at: [...((await seen.get("all"))?.at ?? []), at] }); });
const secondly = schedule("secondly", { when: cron("* * * * * *", { timeZone: "Asia/Kathmandu" }), send: Tick, data: ({ at }) => ({ at }), catchUp: "all" });

async function worker(t: TestContext, schema: string) {
  const app = await createApp({
    services: [secondly, counter], database: testDatabase(), schema, log: () => undefined,
    settings: { partitions: 4, spread: "partitions", leaseMs: 800, stopWithinMs: 5_000 },
  });
  t.after(() => app.stop());
  await app.start();
  return app;
}

test("two workers send each second once, also when one leaves, and a later one makes up the time in which there was none", { timeout: 120_000 }, async (t) => {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  t.after(async () => {
    const client = new pg.Client(testDatabase());
    await client.connect();
    await client.query(`drop schema if exists "${schema}" cascade`);
    await client.end();
  });
  const [one, other] = await Promise.all([worker(t, schema), worker(t, schema)]);
  const seen = (app: typeof one, count: number): Promise<readonly number[]> => eventually(`${String(count)} seconds are seen`, async () => {
    const { at = [] } = await app.read(Seen, "all") ?? {};
    return at.length >= count ? at : undefined;
  });
  await seen(one, 2);
  await one.stop();
  const before = await seen(other, 4);
  await other.stop();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const later = await worker(t, schema);
  const all = await seen(later, before.length + 4);
  const first = all[0] ?? NaN;
  assert.equal(first % 1_000, 0);
  assert.deepEqual(all, all.map((_, index) => first + index * 1_000));
  assert.equal((await later.read(secondly.state, secondly.name))?.lastMissedAt, null);
  await later.stop();
});
