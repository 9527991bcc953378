// The promises about revivals: notes of keys that their next owner must wake, set and cleared with what the owner decided.
import type { Revival } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const ALL = [0, 1, 2, 3];
const of = (partition: number, key: string, tenant = "default"): Revival => ({ partition, tenant, key });
const on = (...revivals: readonly Revival[]) => revivals.map((one) => ({ ...one, on: true }));
const off = (...revivals: readonly Revival[]) => revivals.map((one) => ({ ...one, on: false }));
const read = (scene: Scene, request: Partial<Parameters<Scene["store"]["readRevivals"]>[0]> = {}) =>
  scene.store.readRevivals({ group: "billing", partitions: ALL, limit: 100, after: null, ...request });

export const revivalCases: readonly ConformanceCase[] = [
  onStore("A revival stands from the commit that sets it to the commit that clears it", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0, 1);
    same(await read(scene), [], "before");
    await owner.committed({ revivals: on(of(0, "b"), of(1, "it's \"c\" é🔑"), of(0, "a")) });
    same(await read(scene), [of(0, "a"), of(0, "b"), of(1, "it's \"c\" é🔑")], "once they are set");
    await owner.committed({ revivals: [...off(of(0, "a")), ...on(of(1, "d"))] });
    same(await read(scene), [of(0, "b"), of(1, "d"), of(1, "it's \"c\" é🔑")], "once one is cleared and one is set");
    await owner.committed({});
    same((await read(scene)).length, 3, "after a commit that says nothing of them");
    await owner.committed({ revivals: off(...await read(scene)) });
    same(await read(scene), [], "once all are cleared");
    await owner.committed({ revivals: on(of(0, "b")) });
    same(await read(scene), [of(0, "b")], "one that is set anew");
  }),

  onStore("A revival that is set again, or cleared though it is not set, stays as it is", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await owner.committed({ revivals: [...on(of(0, "a")), ...off(of(0, "never"))] });
    await owner.committed({ revivals: on(of(0, "a"), of(0, "b")) });
    same(await read(scene), [of(0, "a"), of(0, "b")], "the one that was set twice, and the one beside it");
    await owner.committed({ revivals: off(of(0, "a")) });
    await owner.committed({ revivals: off(of(0, "a")) });
    same(await read(scene), [of(0, "b")], "the one that was cleared twice");
  }),

  onStore("Of one key that a commit names several times, the last counts", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await owner.committed({ revivals: [...on(of(0, "a")), ...off(of(0, "a")), ...off(of(0, "b")), ...on(of(0, "b")), ...on(of(0, "b"))] });
    same(await read(scene), [of(0, "b")], "the revivals");
  }),

  onStore("A revival belongs to its group, its partition and its tenant", async (scene) => {
    const billing = await scene.worker();
    await billing.own(0, 1);
    const mailing = await scene.worker({ group: "mailing" });
    await mailing.own(0);
    await billing.committed({ revivals: on(of(0, "a"), of(0, "a", "acme"), of(1, "a")) });
    await mailing.committed({ revivals: [...on(of(0, "m")), ...off(of(0, "a"))] });
    same(await read(scene), [of(0, "a", "acme"), of(0, "a"), of(1, "a")], "those of the one group");
    same(await read(scene, { group: "mailing" }), [of(0, "m")], "those of the other");
    same(await read(scene, { partitions: [1, 3] }), [of(1, "a")], "those of one partition");
    same(await read(scene, { partitions: [] }), [], "those of none");
    await billing.committed({ revivals: off(of(0, "a")) });
    same(await read(scene), [of(0, "a", "acme"), of(1, "a")], "those of other tenants and partitions");
  }),

  onStore("Revivals are read page by page, in order of partition, tenant and key", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0, 1, 2);
    const wanted = [of(0, "B"), of(0, "a"), of(0, "b-1"), of(0, "b0"), of(0, "é"), of(0, "\uFF5E"), of(0, "🔑"), of(0, "a", "zeta"), of(1, "a"), of(2, "", "acme"), of(2, "a")];
    await owner.committed({ revivals: on(...[...wanted].reverse()) });
    for (const limit of [1, 2, 3, 100]) {
      const pages: Revival[] = [];
      for (let after: Revival | null = null; ;) {
        const page: readonly Revival[] = await read(scene, { partitions: [2, 0, 1], limit, after });
        holds(page.length <= limit, "a page has at most as many as wanted", page.length);
        pages.push(...page);
        if (page.length === 0) break;
        after = at(page, page.length - 1);
      }
      same(pages, wanted, `in pages of ${String(limit)}`);
    }
    await owner.committed({ revivals: off(of(0, "b0")) });
    same(await read(scene, { after: of(0, "b0"), limit: 2 }), [of(0, "é"), of(0, "\uFF5E")], "behind one that is gone");
  }),

  onStore("A commit that fails changes no revival", async (scene) => {
    const zombie = await scene.worker();
    await zombie.own(0, 1);
    await zombie.committed({ revivals: on(of(0, "a")) });
    const changes = [...on(of(0, "b"), of(1, "c")), ...off(of(0, "a"))];
    const document = { entity: "account", tenant: "default", key: "a", version: 7, write: { kind: "keep" } } as const;
    same(await zombie.commit({ revivals: changes, documents: [document] }), { kind: "conflict" }, "a commit that rests on another version");
    same(await read(scene), [of(0, "a")], "the revivals after it");
    const late = zombie.fences();
    await zombie.release(0);
    const heir = await scene.worker();
    await heir.own(0);
    same(await zombie.commit({ fences: late, revivals: changes }), { kind: "fenced" }, "a commit of whoever was replaced");
    same(await read(scene), [of(0, "a")], "the revivals that the heir finds");
    await heir.committed({ revivals: off(of(0, "a")) });
    same(await read(scene), [], "once the heir has cleared them");
  }),
];
