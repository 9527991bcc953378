// What is used after the work of a transaction has ended is refused, not lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, event, memoryStore, service, type Schema } from "./index.ts";
import type { Host } from "./spi/host.ts";

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const Asked = event("asked", { key: (data) => data.id, data: anything });
let ids = 0;
const host: Host = {
  now: () => 0, elapsed: () => 0, random: () => 0, newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`, soon: setImmediate,
  log: () => undefined, after: () => () => undefined,
};

test("a publish that comes after the work of its transaction has ended is refused", async () => {
  const answering = service("answering", {}).on(Asked, async () => undefined);
  const store = memoryStore({ host });
  const app = await createAppOn({ services: [answering], accepts: [Asked], store, host });
  const publish = await app.transaction(async (transaction) => {
    transaction.publish(Asked({ id: "in time" }));
    return () => { transaction.publish(Asked({ id: "late" })); };
  });
  assert.throws(publish, { code: "TRANSACTION_FINISHED" });
  assert.deepEqual((await store.tails()).map((one) => one.position), [1]);
});
