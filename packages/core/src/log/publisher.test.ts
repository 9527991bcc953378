// Publishing where an answer is lost: the repeat finds that it had happened, and whoever handles the message hears of it then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, event, memoryStore, service, type Schema } from "../index.ts";
import type { Host } from "../spi/host.ts";
import { manualHost } from "../call/testing/manual-host.ts";
import type { Hint, Store } from "../spi/store.ts";

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const Asked = event("asked", { key: (data) => data.id, data: anything });

test("an option of a publish that there is not is refused: without its key a repeat would be a second message", async (t) => {
  const host = { ...manualHost(), after: () => () => undefined };
  const app = await createAppOn({ services: [], accepts: [Asked], store: memoryStore({ host }), host });
  t.after(() => app.stop());
  const misspelled: object = { idempotenceKey: "a-1" };
  await assert.rejects(app.publish(Asked({ id: "a" }), misspelled), { code: "CONFIG_INVALID", message: /A publish has idempotenceKey, and there is no such option: known ones are idempotencyKey, / });
});

test("a publish whose first answer was lost is told of when its repeat finds it, here and elsewhere", { timeout: 20_000 }, async (t) => {
  let ids = 0;
  const host: Host = {
    now: Date.now, elapsed: () => performance.now(), random: () => 0.5, newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
    soon: setImmediate, log: () => undefined,
    after: (ms, task) => { const timer = setTimeout(task, ms); return () => { clearTimeout(timer); }; },
  };
  const plain = memoryStore({ host });
  const told: Hint[] = [];
  let losses = 1;
  const store: Store = {
    ...plain,
    // The append happens behind the back of the application: its hints do not arrive, and its answer is lost.
    onHint: () => () => undefined,
    hint: (hint) => { told.push(hint); },
    publish: async (calls) => {
      const results = await plain.publish(calls);
      return losses-- > 0 ? calls.map(() => ({ kind: "inDoubt", reason: "planned" })) : results;
    },
  };
  const handled: string[] = [];
  let done: () => void = () => undefined;
  const isHandled = new Promise<void>((resolve) => { done = resolve; });
  const answering = service("answering").on(Asked, ({ id }) => { handled.push(id); done(); });
  // A look at the log would find it, too; so late that this test would have ended before.
  const app = await createAppOn({ services: [answering], accepts: [Asked], store, host, settings: { pollMs: 60_000 } });
  t.after(() => app.stop());
  await app.start();
  const { partition } = await app.publish(Asked({ id: "lost" }));
  await isHandled;
  assert.deepEqual(handled, ["lost"]);
  assert.deepEqual(told.filter((hint) => hint.partitions?.includes(partition)), [{ partitions: [partition], timers: false }]);
});
