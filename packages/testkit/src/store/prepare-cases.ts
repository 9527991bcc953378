// The promises of preparing a store: what is recorded once binds everyone after.
import { SYSTEM_GROUPS, type Manifest } from "@evenkeel/core/spi";
import { onEmptyStore, onStore } from "./conformance-case.ts";
import { holds, rejectsWith, same } from "./expect.ts";
import { MANIFEST } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const EMPTY: Manifest = { partitions: null, groups: [], entities: [], schemas: [] };

export const prepareCases: readonly ConformanceCase[] = [
  onEmptyStore("A log gets 8 partitions unless the first manifest names another number", async (store) => {
    same((await store.prepare(EMPTY)).partitions, 8, "the default number of partitions");
  }),

  onEmptyStore("The number of partitions is fixed by the first to prepare", async (store) => {
    same((await store.prepare({ ...EMPTY, partitions: 5 })).partitions, 5, "the number asked for");
    same((await store.prepare(EMPTY)).partitions, 5, "the number for a manifest without one");
    same((await store.prepare({ ...EMPTY, partitions: 5 })).partitions, 5, "the same number again");
    const message = await rejectsWith("PARTITIONS_FIXED", store.prepare({ ...EMPTY, partitions: 6 }), "another number is refused");
    holds(message.includes("5") && message.includes("6"), "the error names both numbers", message);
  }),

  onEmptyStore("The groups of the platform itself are there without being asked for, and no operator is shown them", async (store) => {
    await store.prepare({ ...EMPTY, partitions: 2, groups: [{ name: "billing", handles: [] }] });
    const worker = await store.join({ id: "w", groups: ["billing"], leaseMs: 60_000 });
    for (const group of SYSTEM_GROUPS) same((await store.acquire({ worker: "w", group, partitions: [0] })).length, 1, `the leases of ${group}`);
    same((await store.summary()).map((one) => one.group), ["billing"], "the groups in the summary");
    await worker.leave();
  }),

  onEmptyStore("A process that lacks a recorded name of a group may not lead it", async (store) => {
    const group = (...handles: string[]): Manifest => ({ ...EMPTY, groups: [{ name: "billing", handles }] });
    same((await store.prepare(group("a", "b"))).eligibleGroups, ["billing"], "the first definition leads");
    same((await store.prepare(group("a", "b", "c"))).eligibleGroups, ["billing"], "a wider definition leads");
    same((await store.prepare(group("a", "b"))).eligibleGroups, [], "the older definition lacks a name");
    const other = await store.prepare({ ...EMPTY, groups: [{ name: "other", handles: [] }] });
    same(other.eligibleGroups, ["other"], "only groups of the manifest");
  }),

  onEmptyStore("A schema that changed under its version is refused, by name, and nothing of that manifest is recorded", async (store) => {
    const version = (number: number, digest: string | null): Manifest =>
      ({ ...EMPTY, schemas: [{ name: "order.placed", version: number, digest }] });
    await store.prepare(version(1, null));
    await store.prepare(version(1, "one"));
    await store.prepare(version(1, "one"));
    await store.prepare(version(1, null));
    await store.prepare(version(2, "two"));
    const changed: Manifest = { ...version(1, "other"), groups: [{ name: "billing", handles: ["a"] }] };
    const message = await rejectsWith("SCHEMA_CHANGED", store.prepare(changed), "the changed schema is refused");
    holds(message.includes("order.placed") && message.includes("version"), "the error names the schema and its version", message);
    holds(message.includes("upcast"), "the error says what to do", message);
    const after = await store.prepare({ ...EMPTY, groups: [{ name: "billing", handles: [] }] });
    same(after.eligibleGroups, ["billing"], "the refused manifest recorded no names");
  }),

  onStore("Processes that prepare at the same time agree", async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another()];
    const prepared = await Promise.all([...stores, ...stores].map((store) => store.prepare(MANIFEST)));
    for (const one of prepared) same(one, { partitions: 4, eligibleGroups: ["billing", "mailing"] }, "what a process is told");
  }),

  onEmptyStore("Processes that prepare an empty store at the same time agree", async (store, fixture) => {
    const other = await fixture.another(store);
    try {
      const prepared = await Promise.all([store, other, store, other].map((one) => one.prepare(MANIFEST)));
      for (const one of prepared) same(one, { partitions: 4, eligibleGroups: ["billing", "mailing"] }, "what a process is told");
    } finally {
      await other.close();
    }
  }),

  onStore("A maintained store keeps what is not old", async (scene) => {
    const [message] = await scene.publish(scene.envelope(scene.key(0)));
    await scene.store.maintain();
    await scene.store.maintain();
    same((await scene.log()).map((one) => one.id), [message?.id], "the log after maintenance");
  }),
];
