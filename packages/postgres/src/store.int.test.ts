// The store on PostgreSQL keeps every promise of the SPI: the same suite that the in-memory form passes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import pg from "pg";
import type { Host, Store } from "@evenkeel/core/spi";
import { storeConformance, type StoreFixture } from "@evenkeel/testkit";
import { nodeHost } from "./node-host.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"];
assert.ok(url !== undefined, "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");
const seed = Number(process.env["EVENKEEL_SEED"] ?? 1);
const host: Host = nodeHost(() => undefined);
const schemas = new Map<Store, string>();
const made: string[] = [];

const open = (schema: string): Store => {
  const store = openPostgres({ url, schema, poolSize: 8, log: () => undefined });
  schemas.set(store, schema);
  return store;
};

const fixture: StoreFixture = {
  host,
  seed,
  store: () => {
    const schema = `t_${randomUUID().replaceAll("-", "")}`;
    made.push(schema);
    return Promise.resolve(open(schema));
  },
  another: (store) => Promise.resolve(open(schemas.get(store) ?? "")),
};

after(async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const schema of made) await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
});

// Two at a time: some of them mostly wait for a lease to end.
describe("the store on PostgreSQL", { concurrency: 2 }, () => {
  for (const one of storeConformance) test(one.name, { timeout: 120_000 }, () => one.run(fixture));
});
