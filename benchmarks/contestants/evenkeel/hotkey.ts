// hotkey: each order takes one piece of a SKU and writes a document of its own; the service's partitions are spread over all workers.
import pg from "pg";
import { z } from "zod";
import { createApp, entity, event, service } from "evenkeel";
import { now } from "../../harness/clock.ts";
import { traits } from "./app.ts";
import { lagSql } from "./tables.ts";
import type { Context, HotKeyTask } from "../../harness/contract.ts";

const Ordered = event("bench.ordered", {
  key: (order) => String(order.id),
  data: z.object({ id: z.number(), sku: z.string(), at: z.number() }),
});
const Stock = entity("stock", { data: z.object({ taken: z.number() }) });
const Order = entity("order", { data: z.object({ sku: z.string(), waitedMs: z.number() }) });

const stock = service("stock", { entities: { stock: Stock, order: Order } }).on(Ordered, async ({ id, sku, at }, access) => {
  const soFar = (await access.stock.get(sku)) ?? { taken: 0 };
  access.stock.put(sku, { taken: soFar.taken + 1 });
  // The clock makes each run differ, which a real handler must not do: only the run that was committed is seen here.
  access.order.put(String(id), { sku, waitedMs: now() - at });
});

const open = (context: Context) => createApp({ services: [stock], accepts: [Ordered], database: context.url, settings: { spread: "partitions" } });

export const hotkey: HotKeyTask = {
  traits: { ...traits, settings: 'defaults but for spread: "partitions"' },
  async prepare(context) {
    await (await open(context)).stop();
  },
  async publisher(context) {
    const app = await createApp({ services: [], accepts: [Ordered], database: context.url });
    return {
      publish: async (orders) => { await app.publishAll(orders.map((order) => Ordered({ ...order, at: now() }))); },
      close: async () => { await app.stop(); },
    };
  },
  async work(context) {
    const app = await open(context);
    await app.start();
    return {
      stats() {
        const { runs = 0, messages = 0, commits = 0, conflicts = 0 } = app.stats.groups["stock"] ?? {};
        return { runs, messages, commits, conflicts };
      },
      stop: async () => { await app.stop(); },
    };
  },
  async look(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    return {
      async read() {
        const { rows } = await client.query<{ pending: string; owners: string; gathered: boolean }>(
          `select (${lagSql}) as pending,
             (select count(distinct l.worker) from evenkeel.lease l join evenkeel.consumer_group g on g.number = l.consumer_group where g.name = 'stock') as owners,
             exists (select 1 from evenkeel.gathered where until > now()) as gathered`);
        const [row] = rows;
        if (row === undefined) throw new Error("no answer");
        return { pending: Number(row.pending), owners: Number(row.owners), gathered: row.gathered };
      },
      close: () => client.end(),
    };
  },
  async outcome(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ waited: string }>("select body->>'waitedMs' as waited from evenkeel.entity_order");
    const sum = await client.query<{ taken: string }>("select coalesce(sum((body->>'taken')::int), 0) as taken from evenkeel.entity_stock");
    await client.end();
    return { waits: rows.map((row) => Number(row.waited)), taken: Number(sum.rows[0]?.taken) };
  },
};
