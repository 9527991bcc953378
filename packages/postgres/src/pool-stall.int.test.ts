// A pool deadlock: a transaction holds the only connection while its work waits for a publish that needs one. Nothing fails and nothing uses
// the CPU; the application must name it by itself.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createAppOn, event, service, type Schema } from "@evenkeel/core";
import { nodeHost } from "./node-host.ts";
import { openPostgres } from "./store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"];
const WITHIN_MS = 10_000;

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const Asked = event("asked", { key: (data) => data.id, data: anything });

test("a transaction that holds the only connection while it waits for another is reported as a wait for the pool, with its holder", async (t) => {
  assert.ok(url, "Set EVENKEEL_TEST_DATABASE_URL, or run this through npm test, which does.");
  const schema = `stall_${randomBytes(5).toString("hex")}`;
  const found: Readonly<Record<string, unknown>>[] = [];
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => { tell = resolve; });
  const host = nodeHost((_level, name, fields) => {
    if (name !== "stall.found") return;
    found.push(fields);
    if (String(fields["name"]).startsWith("pool ")) tell();
  });
  const store = openPostgres({ url, schema, poolSize: 1, log: () => undefined });
  const app = await createAppOn({ services: [service("answering", {}).on(Asked, () => undefined)], accepts: [Asked], store, host });
  let late: NodeJS.Timeout | undefined;
  try {
    const tooLate = new Promise<never>((_, reject) => { late = setTimeout(() => { reject(new Error("nothing was reported")); }, 60_000); });
    const inner: Promise<unknown>[] = [];
    await app.transaction(async (sql) => {
      await sql.query("select 1");
      inner.push(app.publish(Asked({ id: "a" })));
      // As a user's code would wait for the publish; only that this one gives up when the deadlock is named.
      await Promise.race([...inner, told, tooLate]);
    });
    const pool = found.find((one) => one["name"] === "pool one of 1 connections");
    assert.ok(pool !== undefined, JSON.stringify(found));
    t.diagnostic(`figures: named "${String(pool["name"])}" ${String(Math.round(Number(pool["forMs"])))} ms after it began`);
    assert.ok(Number(pool["forMs"]) <= WITHIN_MS);
    assert.match(String(pool["message"]), /every connection is lent: a user's transaction for \d+\.\d s/);
    await Promise.all(inner);
    assert.deepEqual(app.health().findings, []);
  } finally {
    clearTimeout(late);
    await app.transaction((sql) => sql.query(`drop schema "${schema}" cascade`));
    await app.stop();
  }
});
