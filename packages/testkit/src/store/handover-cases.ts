// What a store promises of the messages that it hands over: they are those that a read would give, and nothing lies before or between them
// that whoever takes them would miss. A store that hands nothing over passes all of this.
import type { Handover, Message, PublishCall } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

export const handoverCases: readonly ConformanceCase[] = [
  onStore("What a publish, a transaction and a commit hand over is what a read gives, without a gap", async (scene) => {
    const handovers: Handover[] = [];
    const messages = () => [0, 1, 1, 3, 0].map((partition) => scene.envelope(scene.key(partition), { name: partition === 3 ? "order.paid" : "order.placed" }));
    for (let round = 0; round < 3; round++) {
      handovers.push(...await published(scene, [[scene.envelope(scene.key(1), { trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" })]]));
      handovers.push(...await published(scene, [messages(), messages(), messages()]));
      const { results } = await scene.store.transaction(async () => ({ value: null, calls: [callOf(scene, messages()), callOf(scene, messages())] }));
      handovers.push(...results.flatMap((result) => result.kind === "published" ? result.handovers : []));
      const worker = await scene.worker();
      await worker.own(0);
      const committed = await worker.commit({ messages: messages() });
      holds(committed.kind === "committed", "the commit succeeds", committed);
      handovers.push(...committed.handovers);
      await worker.release(0);
    }
    fits(await scene.log(), handovers);
  }),

  onStore("Whoever appends beside others hands over nothing that has a message of theirs before it", async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another()];
    const handovers: Handover[] = [];
    await Promise.all(stores.map(async (store, index) => {
      for (let round = 0; round < 30; round++) {
        const partitions = round % 3 === 0 ? [round % 2] : [0, 1, (round + index) % 4];
        const results = await store.publish([callOf(scene, partitions.map((partition) => scene.envelope(scene.key(partition))))]);
        for (const result of results) handovers.push(...result.kind === "published" ? result.handovers : []);
      }
    }));
    fits(await scene.log(), handovers);
  }),

  onStore("What another process is told of a publish fits into what it has read", async (scene) => {
    const other = await scene.another();
    const told: Handover[] = [];
    const stop = other.onHint((hint) => { told.push(...hint.handovers ?? []); });
    // Where hints arrive they carry messages sooner or later; where they do not, nothing is promised.
    for (let tries = 0; tries < 60 && told.length < 3; tries++) {
      await published(scene, [[scene.envelope(scene.key(tries % 4))]]);
      await scene.pause(30);
    }
    stop();
    holds(told.length >= 3 || other.hintsArrive?.() === false, "messages come with the hints", told.length);
    fits(await scene.log(), told);
  }),
];

function callOf(scene: Scene, messages: PublishCall["messages"]): PublishCall {
  return { tenant: "default", doorKey: scene.host.newId(), digest: "d", messages, timers: [] };
}

async function published(scene: Scene, calls: readonly PublishCall["messages"][]): Promise<readonly Handover[]> {
  const results = await scene.store.publish(calls.map((messages) => callOf(scene, messages)));
  return results.flatMap((result) => result.kind === "published" ? result.handovers : []);
}

/** In the log of its partition, a handover's messages follow on each other, and nothing stands between the first of them and its place. */
function fits(log: readonly Message[], handovers: readonly Handover[]): void {
  for (const { partition, after, messages } of handovers) {
    const all = log.filter((message) => message.partition === partition);
    const from = all.findIndex((message) => message.position > after);
    same(all.slice(from, from + messages.length), messages, "the messages handed over, and those of the log at that place");
    holds(at(messages, 0).position > after, "they stand behind it", messages);
  }
}
