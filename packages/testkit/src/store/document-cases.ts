// The promises about documents: versions decide, and a commit that loses leaves nothing behind.
import type { DocumentChange, DocumentRef, StoredDocument } from "@evenkeel/core/spi";
import { DEAD, refOf } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, rejectsWith, same } from "./expect.ts";
import { parsed, type Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const account = (key: string, tenant = "default"): DocumentRef => ({ entity: "account", tenant, key });
const put = (ref: DocumentRef, version: number | null, body: unknown): DocumentChange =>
  ({ ...ref, version, write: { kind: "put", body: JSON.stringify(body) } });
const keep = (ref: DocumentRef, version: number): DocumentChange => ({ ...ref, version, write: { kind: "keep" } });
const remove = (ref: DocumentRef, version: number | null): DocumentChange => ({ ...ref, version, write: { kind: "delete" } });

/** The version and parsed body of one document. */
async function see(scene: Scene, ref: DocumentRef): Promise<{ version: number; body: unknown }> {
  const { version, body } = parsed<StoredDocument>(only(await scene.store.load([ref]), "documents"));
  return { version, body };
}

export const documentCases: readonly ConformanceCase[] = [
  onStore("A document that never was has version 0 and no body", async (scene) => {
    same(await scene.store.load([account("a")]), [{ ...account("a"), version: 0, body: null }], "an absent document");
    same(await scene.store.load([]), [], "no documents");
  }),

  onStore("Every write raises a document's version by one, and a deleted document keeps its version", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const ref = account("a");
    await owner.committed({ documents: [put(ref, 0, { n: 1, text: "it's é🔑" })] });
    same(await see(scene, ref), { version: 1, body: { n: 1, text: "it's é🔑" } }, "the first write");
    await owner.committed({ documents: [put(ref, 1, [2])] });
    same(await see(scene, ref), { version: 2, body: [2] }, "the second write");
    await owner.committed({ documents: [remove(ref, 2)] });
    same(await see(scene, ref), { version: 3, body: null }, "the deletion");
    await owner.committed({ documents: [put(ref, 3, "back")] });
    same(await see(scene, ref), { version: 4, body: "back" }, "the document made anew");
    await owner.committed({ documents: [remove(account("b"), 0)] });
    same(await see(scene, account("b")), { version: 1, body: null }, "the deletion of an absent document");
  }),

  onStore("A commit that rests on another version conflicts, and nothing of it happens", async (scene) => {
    const key = scene.key(0);
    const [parked, fresh] = await scene.publish(scene.envelope(key), scene.envelope(scene.key(0)));
    const owner = await scene.worker();
    await owner.own(0);
    if (parked === undefined || fresh === undefined) return;
    await owner.committed({ documents: [put(account("a"), 0, 1)], progress: [{ partition: 0, from: 0, to: parked.position }] });
    await owner.park([parked], DEAD);
    const timer = scene.envelope(key);
    const result = await owner.commit({
      documents: [put(account("fresh"), 0, 1), put(account("a"), 7, 2)],
      progress: [{ partition: 0, from: parked.position, to: fresh.position }],
      messages: [scene.envelope(scene.key(1))],
      calls: [{
        id: scene.host.newId(), tenant: "default", routingKey: key, partition: 0, operation: "bank.charge", callKey: "c", input: "1",
        causationId: fresh.id, correlationId: fresh.correlationId, trace: null, deadlineMs: 60_000,
      }],
      timers: [{ name: "t", group: "billing", routingKey: key, message: timer, when: { kind: "after", delayMs: 0 } }],
      park: [{ message: fresh, head: DEAD }],
      unpark: [refOf(parked)],
    });
    same(result, { kind: "conflict" }, "the result");
    same(await see(scene, account("a")), { version: 1, body: 1 }, "the document");
    same(await see(scene, account("fresh")), { version: 0, body: null }, "the other document");
    same((await scene.log()).length, 2, "messages in the log");
    same((await scene.store.readCalls({ group: "billing", partitions: [0], after: 0, limit: 10 })).calls, [], "calls");
    same(await scene.store.readTimers({ partitions: [0], limit: 10 }), { due: [], nextInMs: null }, "timers");
    same((await scene.store.listParked({ limit: 10 })).map((entry) => entry.position), [parked.position], "parked keys");
    same(await owner.position(0), parked.position, "progress");
  }),

  onStore("A document that was only read is compared too, and not written", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await owner.committed({ documents: [put(account("a"), 0, 1)] });
    await owner.committed({ documents: [keep(account("a"), 1), keep(account("absent"), 0), put(account("b"), 0, 1)] });
    same(await see(scene, account("a")), { version: 1, body: 1 }, "the document that was read");
    same(await see(scene, account("absent")), { version: 0, body: null }, "the absent document that was read");
    same(await owner.commit({ documents: [keep(account("a"), 0), put(account("b"), 1, 2)] }), { kind: "conflict" }, "an old version");
    same(await owner.commit({ documents: [keep(account("absent"), 1)] }), { kind: "conflict" }, "a version that never was");
    same(await see(scene, account("b")), { version: 1, body: 1 }, "the document beside it");
  }),

  onStore("A document written without being read is written whatever its version", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await owner.committed({ documents: [put(account("a"), null, 1)] });
    await owner.committed({ documents: [put(account("a"), null, 2)] });
    same(await see(scene, account("a")), { version: 2, body: 2 }, "after two blind writes");
    await owner.committed({ documents: [remove(account("a"), null)] });
    same(await see(scene, account("a")), { version: 3, body: null }, "after a blind deletion");
  }),

  onStore("Documents of other entities, tenants and keys are other documents", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const stock = { entity: "stock", tenant: "default", key: "a" };
    const refs = [account("a"), account("a", "acme"), account("b"), stock, account("it's \"b\" \\ é")];
    await owner.committed({ documents: refs.map((ref, index) => put(ref, 0, index)) });
    const loaded = await scene.store.load(refs);
    for (const [index, ref] of refs.entries()) {
      const found = loaded.filter((one) => one.entity === ref.entity && one.tenant === ref.tenant && one.key === ref.key);
      same(parsed(only(found, "documents")).body, index, `document ${JSON.stringify(ref)}`);
    }
    same(loaded.length, refs.length, "documents loaded");
  }),

  onStore("An entity that no manifest named is refused", async (scene) => {
    const ref = { entity: "nowhere", tenant: "default", key: "a" };
    await rejectsWith("STORE_REFUSED", scene.store.load([ref]), "loading");
    const owner = await scene.worker();
    await owner.own(0);
    const message = scene.envelope(scene.key(0));
    const result = await owner.commit({ documents: [put(ref, null, 1)], messages: [message] }).then((one) => one.kind, () => "thrown");
    holds(result === "thrown" || result === "rejected", "committing", result);
    same(await scene.log(), [], "the log");
  }),

  onStore("A later manifest adds entities", async (scene) => {
    await scene.store.prepare({ partitions: null, groups: [], entities: ["later"], schemas: [] });
    const loaded = await scene.store.load([{ entity: "later", tenant: "default", key: "a" }, account("a")]);
    same(loaded.map((one) => one.version), [0, 0], "both entities");
  }),

  onStore("A hundred documents are written in one commit and loaded in one read", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const refs = Array.from({ length: 100 }, (_, index) => account(`many-${String(index)}`));
    await owner.committed({ documents: refs.map((ref, index) => put(ref, index % 2 === 0 ? 0 : null, { index })) });
    const loaded = new Map((await scene.store.load(refs)).map((one) => [one.key, parsed(one)]));
    for (const [index, { key }] of refs.entries()) same(at([loaded.get(key)?.body], 0), { index }, key);
  }),
];
