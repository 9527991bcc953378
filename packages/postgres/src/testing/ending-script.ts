// A script with an application on the store in memory, where nothing but the host's timers can keep the process alive. Its first argument
// says how far it goes before it has nothing left to do.
import { createAppOn, event, EvenkeelError, memoryStore, service, type Schema } from "@evenkeel/core";
import type { Store } from "@evenkeel/core/spi";
import { nodeHost } from "../node-host.ts";

const anything: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "script", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const Asked = event("asked", { key: (data) => data.id, data: anything });
const answering = service("answering", {}).on(Asked, async () => undefined);

const away = (): never => { throw new EvenkeelError("STORE_UNAVAILABLE", "The store is away."); };

const host = nodeHost(() => undefined);
const memory = memoryStore({ host });
let isAway = false;
let refused = 0;
const store: Store = {
  ...memory,
  commit: async (changes) => {
    if (!isAway) return memory.commit(changes);
    refused++;
    return away();
  },
};
const app = await createAppOn({ services: [answering], accepts: [Asked], store, host, settings: { stopWithinMs: 100, leaseMs: 400, partitions: 2 } });
const how = process.argv[2];
await app.start();
const receipt = await app.publish(Asked({ id: "a" }));
await app.handled(receipt, { by: answering });
process.stdout.write("handled\n");
if (how === "stopped while the store is away") {
  // What it holds by then cannot be committed, and what it asks for gets no answer.
  isAway = true;
  await app.publish(Asked({ id: "b" }));
  while (refused === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
if (how !== "left running") {
  const { released } = await app.stop();
  process.stdout.write(`stopped ${JSON.stringify(released)}\n`);
}
