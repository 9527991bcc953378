// The promises under concurrency: whoever runs at the same time, the log loses nothing and one of several rivals wins.
import type { Cursor, Message, PublishResult } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import { parsed } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const counter = { entity: "account", tenant: "default", key: "counter" };
const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

export const raceCases: readonly ConformanceCase[] = [
  onStore("Of 64 publishes under one door key at the same time one is published, and all get its receipts", async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another()];
    const sent = scene.envelope(scene.key(0));
    const results = (await Promise.all(times(64, (index) => at(stores, index % 3).publish([
      { tenant: "default", doorKey: "door", digest: "d", messages: [sent], timers: [] },
    ])))).flat();
    const message = only(await scene.log(), "messages in the log");
    same(results.filter((result) => result.kind === "published").length, 1, "published");
    for (const result of results) {
      holds(result.kind === "published" || result.kind === "repeated", "no other end", result);
      same(result.receipts, [{ id: message.id, partition: 0, position: message.position }], "the receipts");
    }
  }),

  onStore("Of many payloads under one door key at the same time one wins, and the others are conflicts", async (scene) => {
    const other = await scene.another();
    const key = scene.key(0);
    const sent = times(24, () => scene.envelope(key));
    const results = (await Promise.all(sent.map((message, index) => (index % 2 === 0 ? scene.store : other).publish([
      { tenant: "default", doorKey: "door", digest: message.id, messages: [message], timers: [] },
    ])))).flat();
    const winner = only(await scene.log(), "messages in the log");
    same(results.map((result) => result.kind), sent.map((message) => message.id === winner.id ? "published" : "conflict"), "the ends");
  }),

  onStore("Publishes that touch the same partitions and door keys in any order all end", async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another(), await scene.another()];
    const keys = times(4, (partition) => scene.key(partition));
    const rotated = (index: number) => times(4, (offset) => at(keys, (index + offset) % 4));
    const results = await Promise.all(times(16, (index): Promise<readonly PublishResult[]> => at(stores, index % 4).publish(
      rotated(index).map((key) => ({
        tenant: "default", doorKey: `door-${key}`, digest: "d", messages: rotated(index).map((one) => scene.envelope(one)), timers: [],
      })),
    )));
    same(results.flat().filter((result) => result.kind === "published").length, 4, "published");
    same(results.flat().filter((result) => result.kind === "repeated").length, 60, "repeated");
    same((await scene.log()).length, 16, "messages in the log");
  }),

  onStore("A reader that follows the log misses nothing that many publishers append, and sees each key in order", async (scene) => {
    const publishers = 12;
    const each = 15;
    const stores = [scene.store, await scene.another(), await scene.another(), await scene.another()];
    const reader = await scene.another();
    const shared = times(4, (partition) => scene.key(partition));
    let running = publishers;
    const expected: Message[][] = [];
    const publishing = times(publishers, async (publisher) => {
      const own = scene.key(publisher % 4);
      const mine: Message[] = [];
      expected.push(mine);
      try {
        for (let index = 0; index < each; index++) {
          // One message of an own key, and one of a key that others use too: some of these touch two partitions.
          const messages = [scene.envelope(own), scene.envelope(at(shared, (publisher + index) % 4))];
          const [result] = await at(stores, publisher % 4).publish([{
            tenant: "default", doorKey: `${String(publisher)}-${String(index)}`, digest: "d", messages, timers: [],
          }]);
          holds(result?.kind === "published", "it is published", result);
          mine.push(...messages.map((message, place) => ({ ...message, position: result.receipts[place]?.position ?? 0 })));
        }
      } finally {
        running--;
      }
    });
    const seen: Message[] = [];
    const following = (async () => {
      let cursors: readonly Cursor[] = times(4, (partition) => ({ partition, position: 0 }));
      for (;;) {
        const last = running === 0;
        const { messages, bounds } = await reader.read({ group: "billing", names: ["order.placed"], cursors, limit: 7, maxLength: 1_000_000 });
        seen.push(...messages);
        cursors = bounds;
        if (last && messages.length === 0) return;
        await scene.pause(1);
      }
    })();
    await Promise.all([...publishing, following]);
    same(seen.length, publishers * each * 2, "messages that the reader saw");
    const sent = expected.flat();
    same(seen.map((message) => message.id).sort(), sent.map((message) => message.id).sort(), "each of them once");
    for (const key of new Set(sent.map((message) => message.key))) {
      const inOrder = sent.filter((message) => message.key === key).sort((a, b) => a.position - b.position);
      const order = seen.filter((message) => message.key === key);
      same(order.map((message) => message.id), inOrder.map((message) => message.id), `the order of ${key}`);
    }
    for (const mine of expected) {
      const own = mine.filter((_, index) => index % 2 === 0).map((message) => message.position);
      holds(own.every((position, index) => position > (own[index - 1] ?? 0)), "a publisher that waits for each answer keeps its order");
    }
  }),

  onStore("A free partition that many ask for at the same time is granted to one of them", async (scene) => {
    const actors = await scene.workers(6);
    for (let round = 0; round < 5; round++) {
      const grants = await Promise.all(actors.map((actor) => actor.ask(0)));
      const winners = actors.filter((_, index) => at(grants, index).length > 0);
      const winner = only(winners, "owners");
      await winner.committed({ fences: winner.fences(0) });
      await winner.release(0);
    }
  }),

  onStore("Of commits that rest on one version of a document at the same time exactly one wins", async (scene) => {
    const actors = [...await scene.workers(4), ...await scene.workers(4, "mailing")];
    await Promise.all(actors.map((actor, index) => actor.own(index % 4)));
    for (let version = 0; version < 6; version++) {
      const outgoing = actors.map(() => scene.envelope(scene.key(0)));
      const results = await Promise.all(actors.map((actor, index) => scene.settle(() => actor.commit({
        documents: [{ ...counter, version, write: { kind: "put", body: String(index) } }], messages: [at(outgoing, index)],
      }))));
      const winner = only(results.flatMap((result, index) => result.kind === "committed" ? [index] : []), "commits that won");
      for (const [index, result] of results.entries()) if (index !== winner) same(result, { kind: "conflict" }, "the others");
      const { body, ...document } = parsed(only(await scene.store.load([counter]), "documents"));
      same({ ...document, body }, { ...counter, version: version + 1, body: winner }, "the document is the winner's");
      const ids = await scene.ids();
      same(outgoing.map((message) => ids.has(message.id)), actors.map((_, index) => index === winner), "the messages are the winner's");
    }
  }),

  onStore("No increment of a shared document is lost, however many commit at the same time", async (scene) => {
    const actors = await scene.workers(4);
    await Promise.all(actors.map((actor, index) => actor.own(index)));
    const each = 8;
    await Promise.all(actors.map(async (actor) => {
      for (let done = 0; done < each;) {
        const { version, body } = only(await actor.store.load([counter]), "documents");
        const next = (body === null ? 0 : Number(body)) + 1;
        const result = await actor.commit({ documents: [{ ...counter, version, write: { kind: "put", body: String(next) } }] });
        holds(["committed", "conflict", "rerun"].includes(result.kind), "the result", result);
        if (result.kind === "committed") done++;
      }
    }));
    const { version, body } = only(await scene.store.load([counter]), "documents");
    same({ version, count: Number(body) }, { version: 4 * each, count: 4 * each }, "the counter");
  }),

  onStore("Commits that read what the other writes cannot both win", async (scene) => {
    const actors = await scene.workers(2);
    await Promise.all(actors.map((actor, index) => actor.own(index)));
    for (let round = 0; round < 10; round++) {
      const refs = ["x", "y"].map((name) => ({ entity: "account", tenant: "default", key: `${name}-${String(round)}` }));
      const results = await Promise.all(actors.map((actor, index) => scene.settle(() => actor.commit({
        documents: [
          { ...at(refs, index), version: 0, write: { kind: "put", body: "1" } },
          { ...at(refs, 1 - index), version: 0, write: { kind: "keep" } },
        ],
      }))));
      same(results.map((result) => result.kind).sort(), ["committed", "conflict"], "the results");
    }
  }),

  onStore("Commits that write the same documents in opposite orders all end", async (scene) => {
    const actors = await scene.workers(4);
    await Promise.all(actors.map((actor, index) => actor.own(index)));
    const refs = times(6, (index) => ({ entity: index % 2 === 0 ? "account" : "stock", tenant: "default", key: `d-${String(index)}` }));
    await Promise.all(actors.map(async (actor, index) => {
      for (let round = 0; round < 6; round++) {
        const result = await scene.settle(() => actor.commit({
          documents: (index % 2 === 0 ? refs : [...refs].reverse()).map((ref) => (
            { ...ref, version: null, write: { kind: "put", body: "1" } }
          )),
          messages: times(4, (partition) => scene.envelope(scene.key(index % 2 === 0 ? partition : 3 - partition))),
        }));
        same(result.kind, "committed", "the result");
      }
    }));
    same((await scene.store.load(refs)).map((one) => one.version), refs.map(() => 24), "the versions");
    same((await scene.log()).length, 96, "messages in the log");
  }),

  onStore("A commit that races its partition's next grant is seen by it, or fenced by it", async (scene) => {
    const owner = await scene.worker();
    const again = await scene.another();
    const key = scene.key(0);
    let grant = await owner.ownOne(0);
    for (let round = 0; round < 20; round++) {
      const to = only(await scene.publish(scene.envelope(key)), "messages").position;
      const outgoing = scene.envelope(scene.key(1));
      const fences = [{ partition: 0, epoch: grant.epoch }];
      const commit = owner.commitOf({ fences, progress: [{ partition: 0, from: grant.position, to }], messages: [outgoing] });
      const committing = round % 2 === 0 ? scene.settle(() => scene.store.commit(commit)) : null;
      const taking = again.acquire({ worker: owner.id, group: "billing", partitions: [0] });
      const result = await (committing ?? scene.settle(() => scene.store.commit(commit)));
      const next = only(await taking, "grants");
      holds(result.kind === "committed" || result.kind === "fenced", "the commit ends one way or the other", result);
      const made = result.kind === "committed";
      holds(next.epoch > grant.epoch, "the epoch rises");
      same(next.position, made ? to : grant.position, "the progress that is granted");
      same((await scene.ids()).has(outgoing.id), made, "the message is in the log");
      grant = next;
    }
  }),
];
