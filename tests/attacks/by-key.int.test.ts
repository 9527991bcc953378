// Waits for messages by another key on PostgreSQL: orders and payments in any order, published more than once, while workers are killed and others take
// over. Each run is told of each turn of its payment once and in order, and no key knows a run any more.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { entity } from "evenkeel";
import pg from "pg";
import { z } from "zod";
import { orders, ordersApp, Settled } from "./by-key/orders.ts";
import { eventually, testDatabase } from "./ledger/attack-test.ts";
import { nursery } from "./ledger/processes.ts";
import { randomOf, runSeed } from "./ledger/random.ts";

const PAYMENTS = 40;
const Key = entity("orders_key", { data: z.object({ waits: z.array(z.unknown()), kept: z.array(z.object({ to: z.array(z.string()) })) }) });

test("Every run that waits at a key is told what comes there, once and in order, whichever was first and whoever is killed", { timeout: 180_000 }, async (t) => {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const workers = nursery();
  t.after(async () => {
    await workers.endAll();
    const client = new pg.Client(testDatabase());
    await client.connect();
    await client.query(`drop schema if exists "${schema}" cascade`);
    await client.end();
  });
  const environment = { BY_KEY_DATABASE: testDatabase(), BY_KEY_SCHEMA: schema };
  const work = async (name: string) => {
    const worker = workers.start(name, "../by-key/worker.ts", environment);
    await worker.said("works");
    return worker;
  };
  const app = await ordersApp(testDatabase(), schema);
  t.after(() => app.stop());
  const random = randomOf(runSeed());
  const settled = (payment: string, turn: number) => app.publish(Settled({ payment, turn }), { idempotencyKey: `${payment} ${String(turn)}` });
  const started = (id: string, payment: string) => app.publish(orders.start({ id, input: { payment } }));
  /** What has to be said of a payment, in any order but that of its turns. */
  const sayAll = async (from: number, to: number): Promise<void> => {
    const open = Array.from({ length: to - from }, (_, at) => {
      const payment = `pay-${String(from + at)}`;
      const turns = [1, 2].map((turn) => async () => { await settled(payment, turn); if (random() < 0.3) await settled(payment, turn); });
      const runs = ["a", "b"].map((one) => async () => { await started(`${one}-${payment}`, payment); });
      return [turns, [runs[0]], [runs[1]]].map((line) => line.flatMap((one) => one ?? []));
    }).flat();
    for (let left = open.filter((line) => line.length > 0); left.length > 0; left = left.filter((line) => line.length > 0)) {
      await left[Math.floor(random() * left.length)]?.shift()?.();
    }
  };

  const first = await work("first");
  await sayAll(0, PAYMENTS / 2);
  const second = work("second");
  first.kill("SIGKILL");
  await sayAll(PAYMENTS / 2, PAYMENTS);
  (await second).kill("SIGKILL");
  await work("third");

  for (let at = 0; at < PAYMENTS; at++) {
    const payment = `pay-${String(at)}`;
    const ids = ["a", "b"].map((one) => `${one}-${payment}`);
    for (const id of ids) {
      const run = await eventually(`${id} is over`, async () => {
        const found = await app.read(orders.run, id);
        return found?.endedAt === null ? undefined : found;
      });
      assert.deepEqual([run.status, run.result, run.strays], ["completed", [1, 2], []], id);
    }
    const key = await app.read(Key, payment);
    assert.deepEqual([key?.waits, key?.kept.map(({ to }) => [...to].sort())], [[], [ids, ids]], payment);
  }
  assert.deepEqual(await app.deadLetters.list(), []);
});
