// Where replays on PostgreSQL happen: in a schema of their own that is gone afterwards, or on an embedded server of their own.
import assert from "node:assert/strict";
import test from "node:test";
import { command, service, type Schema } from "@evenkeel/core";
import { onPostgres, replay } from "./index.ts";
import { stillHost } from "./still-host.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const Go = command("go", { key: (one) => one.id, data: anything });
const system = { system: [service("going", { entities: {} }).on(Go, () => undefined)], when: [Go({ id: "a" })], eventually: { watched: () => false } };

async function schemas(): Promise<readonly unknown[]> {
  const { store, close } = await onPostgres({ url }).open(stillHost(0), system);
  try {
    await store.prepare({ partitions: 1, groups: [], entities: [], schemas: [] });
    const { value } = await store.transaction(async (sql) => ({ value: await sql.query("select nspname from pg_namespace where nspname like 'replay_%'"), calls: [] }));
    return value.map(({ nspname }) => nspname);
  } finally {
    await close();
  }
}

test("the schema of a replay is gone when it has ended", async () => {
  const before = await schemas();
  assert.ok(before.length >= 1, "a replay has a schema while it is open");
  const after = await schemas();
  assert.ok(before.some((one) => !after.includes(one)), `${before.join(", ")} are still there`);
});

test("without a URL a replay has an embedded server of its own, and leaves nothing of it", { timeout: 120_000 }, async () => {
  const given = process.env["EVENKEEL_DATABASE_URL"];
  delete process.env["EVENKEEL_DATABASE_URL"];
  try {
    const message = { id: "00000000-0000-7000-9000-000000000001", name: "go", version: 1, tenant: "default", key: "a", body: `{"id":"a"}`, causationId: null, correlationId: "a", trace: null, occurredAt: 0 };
    const { broken } = await replay({
      scenario: "going", property: "watched",
      steps: [
        { does: "arrives", says: "go", action: "go arrives", stimulus: 0, again: false, message },
        { does: "handles", says: "going handles go", action: "going handles go", service: "going", version: 0, message: { name: "go", key: "a" } },
      ],
    }, { name: "going", definition: system }, onPostgres());
    assert.equal(broken?.step, 2);
  } finally {
    if (given !== undefined) process.env["EVENKEEL_DATABASE_URL"] = given;
  }
});
