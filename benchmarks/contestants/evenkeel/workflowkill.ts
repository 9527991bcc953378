// workflowkill: the order workflow with two declared statements, each of which inserts a row into a table of the user's; nothing but Evenkeel keeps
// that row from standing there twice. The port says that its provider answers a repeated key alike (`reconcile: "repeat"`).
import { z } from "zod";
import { createApp, port, provide, statement, workflow } from "evenkeel";
import pg from "pg";
import { traits } from "./app.ts";
import { lagSql } from "./tables.ts";
import type { Context, StepCall, WorkflowKillTask, WorkflowStep } from "../../harness/contract.ts";

const Order = z.object({ id: z.string() });
const Mark = z.object({ run: z.string(), effect: z.string() });
const mark = statement("bench.mark", {
  parameters: Mark, text: "insert into bench_mark (run, effect) values ($1, $2)", values: ({ run, effect }) => [run, effect], rows: 1,
});

function open(context: Context, perform: (call: StepCall) => Promise<void>) {
  const operation = { input: Order, ok: z.object({}), concurrency: context.concurrency, reconcile: "repeat" } as const;
  const shop = port("shop", { reserve: operation, release: operation, charge: operation, refund: operation, book: operation });
  const checkout = workflow("checkout", { input: Order, ports: { shop }, statements: [mark] }, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.step("charge", shop.charge, order, { undo: shop.refund });
    w.run(mark, { run: w.runId, effect: "charged" });
    await w.pivot("book", shop.book, order);
    w.run(mark, { run: w.runId, effect: "booked" });
  });
  const step = (name: WorkflowStep) => ({
    perform: async ({ key, input }: { readonly key: string; readonly input: { readonly id: string } }) => {
      await perform({ step: name, run: input.id, key });
      return { kind: "ok", value: {} } as const;
    },
  });
  const never = { perform: (): never => { throw new Error("no run is undone here"); } };
  const ports = [provide(shop, { reserve: step("reserve"), release: never, charge: step("charge"), refund: never, book: step("book") })];
  return createApp({ services: [checkout], accepts: [checkout.start], ports, database: context.url }).then((app) => ({ app, checkout }));
}

const nothing = (): Promise<void> => Promise.resolve();

export const workflowkill: WorkflowKillTask = {
  traits: {
    ...traits,
    settings: "defaults; as many calls of an operation at once as there are runs",
    guarantee: "exactly once for effects in the database; steps at least once, under the same key",
  },
  async prepare(context) {
    await (await open(context, nothing)).app.stop();
    await ask(context, "create table bench_mark (run text not null, effect text not null)");
  },
  async start(context, ids) {
    const { app, checkout } = await open(context, nothing);
    await app.publishAll(ids.map((id) => checkout.start({ id, input: { id } })));
    await app.stop();
  },
  async work(context, perform) {
    const { app } = await open(context, perform);
    await app.start();
    return { stop: async () => { await app.stop(); } };
  },
  async look(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    return {
      read: async () => Number((await client.query<{ n: string }>(COMPLETED)).rows[0]?.n),
      close: () => client.end(),
    };
  },
  async audit(context) {
    const marks = await ask<{ name: string; n: string }>(context, "select run || ' ' || effect as name, count(*) as n from bench_mark group by 1");
    const runs = await ask<{ key: string; body: unknown }>(context, "select key, body from evenkeel.entity_checkout_run where body->>'status' <> 'completed' or json_array_length(body->'strays') > 0");
    const parked = await ask<Record<string, unknown>>(context, "select * from evenkeel.parked");
    const left = await ask<{ calls: string; lag: string }>(context, `select (select count(*) from evenkeel.call) as calls, (${lagSql}) as lag`);
    return {
      effects: Object.fromEntries(marks.map(({ name, n }) => [name, Number(n)])),
      wrong: [
        ...runs.map(({ key, body }) => `run ${key} is ${JSON.stringify(body)}`),
        ...parked.map((row) => `set aside: ${JSON.stringify(row)}`),
        ...left.flatMap(({ calls, lag }) => Number(calls) + Number(lag) === 0 ? [] : [`${calls} calls stand, ${lag} messages are not handled`]),
      ],
    };
  },
};

const COMPLETED = "select count(*) as n from evenkeel.entity_checkout_run where body->>'status' = 'completed'";

async function ask<R extends pg.QueryResultRow>(context: Context, sql: string): Promise<R[]> {
  const client = new pg.Client(context.url);
  await client.connect();
  const { rows } = await client.query<R>(sql);
  await client.end();
  return rows;
}
