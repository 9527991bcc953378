// expectQueries counts what handlers ask for, cached or not, and fails with what they read; the warning of an N+1 names it once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, entity, event, memoryStore, service, statement, type Schema } from "@evenkeel/core";
import type { Host } from "@evenkeel/core/spi";
import { expectQueries } from "./expect-queries.ts";

interface Basket { readonly basketId: string; readonly skus: readonly string[]; readonly how: "one by one" | "side by side" | "both" | "sql" | "twice" | "throws" }
function having<T extends object>(...fields: readonly (keyof T)[]): Schema<T> {
  const fits = (value: unknown): value is T => typeof value === "object" && value !== null && fields.every((field) => field in value);
  return { "~standard": { version: 1, vendor: "test", validate: (value) => (fits(value) ? { value } : { issues: [{ message: `needs ${fields.join(", ")}` }] }) } };
}
const Filled = event("basket.filled", { key: (data) => data.basketId, data: having<Basket>("basketId", "skus", "how") });
const Price = entity("price", { data: having<{ readonly pence: number }>("pence") });
const Stock = entity("stock", { data: having<{ readonly units: number }>("units") });
const addLine = statement("lines.add", {
  parameters: having<{ readonly sku: string }>("sku"), text: "insert into line (sku, kind)\n  values ($1, 'basket', 17)", values: ({ sku }) => [sku],
});

async function scene(warnRepeatedReads?: number) {
  const warnings: Readonly<Record<string, unknown>>[] = [];
  let ids = 0;
  const host: Host = {
    now: Date.now, elapsed: () => performance.now(), random: () => 0.5, newId: () => `id-${String(++ids).padStart(6, "0")}`, soon: setImmediate,
    after: (ms, task) => { const timer = setTimeout(task, ms); return () => { clearTimeout(timer); }; },
    log: (_level, name, fields) => { if (name === "reads.one-by-one") warnings.push(fields); },
  };
  const billing = service("billing", { entities: { price: Price, stock: Stock }, statements: [addLine] }).on(Filled, async ({ skus, how }, { price, stock, run }) => {
    if (how === "one by one") for (const sku of skus) await price.get(sku);
    if (how === "side by side") await Promise.all(skus.map((sku) => price.get(sku)));
    if (how === "both") await Promise.all(skus.map(async (sku) => { await price.get(sku); await stock.get(sku); }));
    if (how === "sql") for (const sku of skus) run(addLine, { sku });
    if (how === "twice") for (let turn = 0; turn < 5; turn++) for (const sku of skus) await price.get(sku);
    if (how === "throws") {
      for (const sku of skus) await price.get(sku);
      throw new Error("after its reads");
    }
  });
  const store = memoryStore({ host, statements: { "lines.add": () => 1 } });
  const app = await createAppOn({
    services: [billing], accepts: [Filled], store, host, settings: { pollMs: 5, ...(warnRepeatedReads === undefined ? {} : { warnRepeatedReads }) },
  });
  await app.start();
  let baskets = 0;
  return {
    warnings, app,
    fill: (how: Basket["how"], count: number) => async (): Promise<void> => {
      const skus = Array.from({ length: count }, (_, at) => `sku-${String(at)}`);
      const receipt = await app.publish(Filled({ basketId: `b-${String(++baskets)}`, skus, how }));
      await app.handled(receipt, { by: billing }).catch((error: unknown) => { if (how !== "throws") throw error; });
    },
  };
}

test("documents asked for side by side are one query, one after another one each, whether the cache has them or not", async (t) => {
  const { app, fill } = await scene();
  t.after(() => app.stop());
  for (const cache of ["cold", "warm"]) {
    await expectQueries({ queries: 1, reads: 5 }, fill("side by side", 5));
    await expectQueries(2, fill("both", 5));
    await expectQueries({ queries: 5 }, fill("one by one", 5));
    await expectQueries({ queries: 5, reads: 5 }, fill("twice", 5));
    await assert.rejects(expectQueries(4, fill("one by one", 5)), /needed 5 queries, at most 4/, cache);
    await assert.rejects(expectQueries({ reads: 4 }, fill("side by side", 5)), /needed 5 reads, at most 4/, cache);
    await assert.rejects(expectQueries(1, fill("both", 5)), /needed 2 queries/, cache);
  }
});

test("each declared statement is a query", async (t) => {
  const { app, fill } = await scene();
  t.after(() => app.stop());
  await expectQueries(3, fill("sql", 3));
  await assert.rejects(expectQueries(2, fill("sql", 3)), { message: /3 × statement lines\.add: insert into line \(sku, kind\) values \(\$1, \?, \?\)/ });
});

test("the message of a failure lists what was read, grouped and counted, and what the store was asked", async (t) => {
  const { app, fill } = await scene();
  t.after(() => app.stop());
  await expectQueries(3, fill("one by one", 3));
  await assert.rejects(expectQueries(2, fill("one by one", 4)), {
    name: "QueryExpectationFailure",
    message: new RegExp("^The handler of 'basket\\.filled' in service 'billing' needed 4 queries, at most 2 are expected \\(message [^)]+\\):\n"
      + " {2}4 × document price, in 4 queries\nThe store was asked once for 1 documents meanwhile; "),
  });
});

test("a handler that fails after its reads is counted, too", async (t) => {
  const { app, fill } = await scene();
  t.after(() => app.stop());
  await assert.rejects(expectQueries(2, fill("throws", 3)), /needed 3 queries/);
});

test("work in which no handler ran fails: it would hold nothing", async (t) => {
  const { app } = await scene();
  t.after(() => app.stop());
  await assert.rejects(expectQueries(2, () => Promise.resolve()), /No handler ran/);
});

test("an N+1 is warned of once for each handler and shape, with its name, its count and what to do", async (t) => {
  const { app, fill, warnings } = await scene();
  t.after(() => app.stop());
  await fill("one by one", 9)();
  await fill("side by side", 50)();
  assert.deepEqual(warnings, []);
  await fill("one by one", 10)();
  await fill("one by one", 12)();
  await fill("sql", 10)();
  assert.deepEqual(warnings.map(({ service: by, message, shape, times }) => ({ by, message, shape, times })), [
    { by: "billing", message: "basket.filled", shape: "document price", times: 10 },
    { by: "billing", message: "basket.filled", shape: "statement lines.add: insert into line (sku, kind) values ($1, ?, ?)", times: 10 },
  ]);
  assert.match(String(warnings[0]?.["advice"]), /Promise\.all/);
});

test("the warning can be turned off", async (t) => {
  const { app, fill, warnings } = await scene(0);
  t.after(() => app.stop());
  await fill("one by one", 30)();
  assert.deepEqual(warnings, []);
});
