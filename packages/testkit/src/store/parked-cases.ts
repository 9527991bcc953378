// The promises about parked keys: a queue per key that keeps its order, whatever becomes of its head.
import type { Message } from "@evenkeel/core/spi";
import { DEAD, refOf, WAITING, type Actor } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

/** An owner of partition 0 and some messages of one key there. */
async function queue(scene: Scene, count: number): Promise<{ owner: Actor; sent: readonly Message[]; key: string }> {
  const key = scene.key(0);
  const sent = await scene.publish(...Array.from({ length: count }, (_, index) => scene.envelope(key, { body: String(index) })));
  const owner = await scene.worker();
  await owner.own(0);
  return { owner, sent, key };
}

const read = (scene: Scene, keys: readonly string[], { limit = 100, group = "billing", maxLength = 1_000_000 } = {}) =>
  scene.store.readParked({ group, limit, maxLength, keys: keys.map((key) => ({ partition: 0, tenant: "default", key })) });

const rows = async (scene: Scene, key: string, limit = 100, group = "billing") => (await read(scene, [key], { limit, group })).messages;

const head = async (scene: Scene, owner: Actor) => {
  const [first] = (await owner.ownOne(0)).parked;
  const [entry] = await scene.store.listParked({ limit: 1 });
  return {
    count: first?.count, dueInMs: first?.dueInMs,
    state: entry?.state, attempts: entry?.attempts, code: entry?.code, position: entry?.position,
  };
};

export const parkedCases: readonly ConformanceCase[] = [
  onStore("A parked key is read in order, head first, with whole messages and their attempts", async (scene) => {
    const { owner, sent, key } = await queue(scene, 3);
    await owner.park(sent, WAITING);
    same(await rows(scene, key), sent.map((message, index) => ({ message, attempts: index === 0 ? 1 : 0 })), "the rows");
    same((await rows(scene, key, 2)).map((row) => row.message), sent.slice(0, 2), "with a limit");
  }),

  onStore("Messages that are parked later queue behind, and keys are read apart", async (scene) => {
    const { owner, sent, key } = await queue(scene, 2);
    const other = scene.key(0);
    const others = await scene.publish(scene.envelope(other), scene.envelope(key), scene.envelope(other));
    await owner.park([...sent], DEAD);
    await owner.park([at(others, 0)], DEAD);
    await owner.committed({ park: [{ message: at(others, 1), head: null }, { message: at(others, 2), head: null }] });
    same((await rows(scene, key)).map((row) => row.message), [...sent, at(others, 1)], "the first key");
    const { messages: both, keysRead } = await read(scene, [key, other], { limit: 2 });
    same(keysRead, 2, "keys that were read");
    const ofKey = (one: string) => both.map((row) => row.message).filter((message) => message.key === one);
    same(ofKey(key), sent, "the first key, limited");
    same(ofKey(other), [at(others, 0), at(others, 2)], "the other key, limited");
    same(await rows(scene, "never"), [], "a key that is not parked");
  }),

  onStore("Rows stand in the order of their positions, in whatever order they were parked", async (scene) => {
    const { owner, sent, key } = await queue(scene, 3);
    await owner.committed({ park: [...sent].reverse().map((message) => ({ message, head: message === sent[0] ? DEAD : null })) });
    same((await rows(scene, key)).map((row) => row.message), sent, "the rows");
    same((await head(scene, owner)).position, at(sent, 0).position, "the head");
  }),

  onStore("A read of parked keys ends with the message that reaches the length, and says how many keys it came to the end of", async (scene) => {
    const [first, second, third] = [scene.key(0), scene.key(0), scene.key(0)];
    const body = JSON.stringify("x".repeat(1_000));
    const sent = await scene.publish(...[first, second, second, second, third].map((key) => scene.envelope(key, { body })));
    const owner = await scene.worker();
    await owner.own(0);
    for (const part of [sent.slice(0, 1), sent.slice(1, 4), sent.slice(4)]) await owner.park(part, DEAD);
    const ends = async (maxLength: number) => {
      const { messages, keysRead } = await read(scene, [first, "never", second, third], { maxLength });
      same(messages.map((row) => row.message), sent.slice(0, messages.length), "what was read");
      return [messages.length, keysRead];
    };
    same(await ends(1), [1, 0], "no room");
    same(await ends(900), [1, 0], "room for less than one");
    same(await ends(2_500), [3, 2], "room for less than three");
    same(await ends(1_000_000), [5, 4], "room for all");
  }),

  onStore("A key is parked for one group only", async (scene) => {
    const { owner, sent, key } = await queue(scene, 1);
    await owner.park(sent, DEAD);
    same(await rows(scene, key, 10, "mailing"), [], "the other group's rows");
    const mailing = await scene.worker({ group: "mailing" });
    await mailing.own(0);
    await mailing.park(sent, WAITING);
    await owner.committed({ unpark: [refOf(at(sent, 0))] });
    same((await rows(scene, key)).length, 0, "rows of the one group");
    same((await rows(scene, key, 10, "mailing")).length, 1, "rows of the other group");
  }),

  onStore("When the head is done the next message of the key is the head, due at once", async (scene) => {
    const { owner, sent } = await queue(scene, 3);
    await owner.park(sent, WAITING);
    await owner.committed({ unpark: [refOf(at(sent, 0))] });
    const seen = await head(scene, owner);
    const { position } = at(sent, 1);
    same({ ...seen, code: null }, { count: 2, dueInMs: 0, state: "waiting", attempts: 0, position, code: null }, "the new head");
    await owner.committed({ unpark: [refOf(at(sent, 1)), refOf(at(sent, 2))] });
    same((await owner.ownOne(0)).parked, [], "parked keys at the end");
    same(await scene.store.listParked({ limit: 10 }), [], "the list at the end");
  }),

  onStore("Taking out a row that is not there fences the commit, and nothing of it happens", async (scene) => {
    const { owner, sent, key } = await queue(scene, 2);
    await owner.park(sent, DEAD);
    const first = refOf(at(sent, 0));
    for (const wrong of [{ ...first, position: first.position + 1_000_000 }, { ...first, key: "never" }, { ...first, tenant: "acme" }]) {
      const result = await owner.commit({ unpark: [first, wrong], messages: [scene.envelope(key)] });
      same(result, { kind: "fenced" }, JSON.stringify(wrong));
    }
    same((await rows(scene, key)).length, 2, "rows");
    same((await scene.log()).length, 2, "messages in the log");
    await owner.committed({ unpark: [first] });
    same(await owner.commit({ unpark: [first] }), { kind: "fenced" }, "the same row again");
  }),

  onStore("A head that failed again keeps its place with its new status", async (scene) => {
    const { owner, sent } = await queue(scene, 2);
    await owner.park(sent, WAITING);
    const first = refOf(at(sent, 0));
    await owner.committed({ retries: [{ ...first, status: { attempts: 2, code: "AGAIN", reason: "r", retryInMs: 3_600_000 } }] });
    const waiting = await head(scene, owner);
    holds((waiting.dueInMs ?? 0) > 3_000_000, "it waits", waiting);
    const again = { count: 2, dueInMs: 0, state: "waiting", attempts: 2, code: "AGAIN", position: first.position };
    same({ ...waiting, dueInMs: 0 }, again, "the head");
    await owner.committed({ retries: [{ ...first, status: DEAD }] });
    const dead = { count: 2, dueInMs: null, state: "dead", attempts: 3, code: "ORDER_EMPTY", position: first.position };
    same(await head(scene, owner), dead, "the head as a dead letter");
    const missing = { ...first, position: first.position + 1_000_000, status: DEAD };
    same(await owner.commit({ retries: [missing] }), { kind: "fenced" }, "a row that is not there");
  }),

  onStore("A follower can become the failing head in the commit that takes the old head out", async (scene) => {
    const { owner, sent } = await queue(scene, 3);
    await owner.park(sent, WAITING);
    await owner.committed({ unpark: [refOf(at(sent, 0))], retries: [{ ...refOf(at(sent, 1)), status: DEAD }] });
    const dead = { count: 2, dueInMs: null, state: "dead", attempts: 3, code: "ORDER_EMPTY", position: at(sent, 1).position };
    same(await head(scene, owner), dead, "the new head");
  }),

  onStore("A parked head becomes due when its time has come", async (scene) => {
    const { owner, sent } = await queue(scene, 1);
    await owner.park(sent, { ...WAITING, retryInMs: 400 });
    await scene.eventually("the head is due", async () => only((await owner.ownOne(0)).parked, "parked keys").dueInMs === 0 ? true : null);
  }),
];
