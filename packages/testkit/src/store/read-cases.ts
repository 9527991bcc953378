// The promises of reading the log: nothing is missed, nothing is read twice, and the bound says how far was looked.
import type { Cursor, Hint } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import { DEAD } from "./actor.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const from = (...positions: readonly number[]): Cursor[] => positions.map((position, partition) => ({ partition, position }));

export const readCases: readonly ConformanceCase[] = [
  onStore("A read returns the handled names after each cursor, and how far each partition was looked through", async (scene) => {
    const key = scene.key(0);
    const [a, b, c] = await scene.publish(
      scene.envelope(key), scene.envelope(key, { name: "order.paid" }), scene.envelope(key, { name: "note.added" }),
    );
    const [d] = await scene.publish(scene.envelope(scene.key(1), { name: "note.added" }));
    const read = (position: number) =>
      scene.store.read({ group: "mailing", names: ["order.placed"], cursors: from(position, 0), limit: 10, maxLength: 1_000_000 });
    const first = await read(0);
    same(first.messages, [a], "the handled messages");
    same([...first.bounds].sort((x, y) => x.partition - y.partition), [
      { partition: 0, position: c?.position, more: false }, { partition: 1, position: d?.position, more: false },
    ], "the bounds reach past what is not handled");
    same((await read(a?.position ?? 0)).messages, [], "after the cursor");
    holds((b?.position ?? 0) > (a?.position ?? 0), "the skipped message stands behind");
  }),

  onStore("Where the limit is reached the bound is the last returned message, and reading on misses nothing", async (scene) => {
    const keys = [scene.key(0), scene.key(1)];
    const sent = await scene.publish(...Array.from({ length: 14 }, (_, index) =>
      scene.envelope(at(keys, index % 2), { name: index % 3 === 2 ? "note.added" : "order.placed" })));
    const expected = sent.filter((message) => message.name === "order.placed");
    let cursors = from(0, 0);
    const seen: string[] = [];
    for (let round = 0; round < 20; round++) {
      const { messages, bounds } = await scene.store.read({ group: "mailing", names: ["order.placed"], cursors, limit: 2, maxLength: 1_000_000 });
      for (const { partition, position, more } of bounds) {
        const own = messages.filter((message) => message.partition === partition);
        holds(own.length <= 2, "at most the limit per partition", own.length);
        if (own.length === 2) same(position, own.at(-1)?.position, "the bound at the limit");
        same(more, own.length === 2, "whether there may be more");
        holds(own.every((message, index) => message.position > (own[index - 1]?.position ?? 0)), "ascending within a partition");
      }
      seen.push(...messages.map((message) => message.id));
      cursors = bounds.map(({ partition, position }) => ({ partition, position })).sort((x, y) => x.partition - y.partition);
      if (messages.length === 0) break;
    }
    same([...seen].sort(), expected.map((message) => message.id).sort(), "every handled message once");
    const ends = [0, 1].map((partition) => ({ partition, position: sent.filter((one) => one.partition === partition).at(-1)?.position }));
    same(cursors, ends, "the end");
  }),

  onStore("A read ends with the message at which its bodies reach the given length, and has one at least", async (scene) => {
    const body = (characters: number): string => JSON.stringify("x".repeat(characters - 2));
    const key = scene.key(0);
    const sent = await scene.publish(...[60, 60, 500, 60].map((characters) => scene.envelope(key, { body: body(characters) })));
    const read = async (position: number, maxLength: number) => {
      const { messages, bounds } = await scene.store.read({ group: "billing", names: ["order.placed"], cursors: from(position), limit: 10, maxLength });
      return { ids: messages.map((message) => message.id), bound: bounds[0] };
    };
    const ids = sent.map((message) => message.id);
    const place = (index: number, more: boolean) => ({ partition: 0, position: at(sent, index).position, more });
    same(await read(0, 100), { ids: ids.slice(0, 2), bound: place(1, true) }, "two small ones");
    same(await read(at(sent, 1).position, 100), { ids: ids.slice(2, 3), bound: place(2, true) }, "one that is larger than all may be");
    same(await read(at(sent, 2).position, 100), { ids: ids.slice(3), bound: place(3, false) }, "the rest");
    same(await read(0, 1), { ids: ids.slice(0, 1), bound: place(0, true) }, "one at least");
  }),

  onStore("Messages are read as they were published, whatever characters their texts hold", async (scene) => {
    const odd = "a,b \"c\" {d} 'e' \\ \n \t \u0001 \u001e \u2028 \ud83d\ude80 null";
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const key = scene.key(0);
    const sent = await scene.publish(
      scene.envelope(key, { correlationId: odd, body: JSON.stringify({ odd, list: [odd, 1, null] }) }),
      scene.envelope(key, { trace, body: "null" }), scene.envelope(key, { body: '{\n  "spaced": [ 1 ]\n}' }),
    );
    const { messages } = await scene.store.read({ group: "billing", names: ["order.placed"], cursors: from(0), limit: 10, maxLength: 1_000_000 });
    same(messages, sent, "the messages");
  }),

  onStore("Where nothing is new the bound is not below the cursor", async (scene) => {
    const [message] = await scene.publish(scene.envelope(scene.key(2)));
    const end = message?.position ?? 0;
    const request = { group: "billing", names: ["order.placed"], limit: 10, maxLength: 1_000_000 };
    const empty = await scene.store.read({ ...request, cursors: [{ partition: 3, position: 0 }] });
    same(empty, { messages: [], bounds: [{ partition: 3, position: 0, more: false }] }, "an empty partition");
    const done = await scene.store.read({ ...request, cursors: [{ partition: 2, position: end }] });
    same(done, { messages: [], bounds: [{ partition: 2, position: end, more: false }] }, "a partition read to its end");
  }),

  onStore("Reading without names only looks how far the log goes", async (scene) => {
    const [message] = await scene.publish(scene.envelope(scene.key(1)));
    const read = await scene.store.read({ group: "billing", names: [], cursors: [{ partition: 1, position: 0 }], limit: 10, maxLength: 10 });
    same(read, { messages: [], bounds: [{ partition: 1, position: message?.position, more: false }] }, "the read");
  }),

  onStore("Every client reads the same log", async (scene) => {
    const other = await scene.another();
    const sent = await scene.publish(scene.envelope(scene.key(0)), scene.envelope(scene.key(0)));
    const { messages } = await other.read({ group: "billing", names: ["order.placed"], cursors: from(0), limit: 10, maxLength: 1_000_000 });
    same(messages, sent, "what another client reads");
  }),

  onStore("The tails are the last positions of the partitions that have one", async (scene) => {
    same(await scene.store.tails(), [], "an empty log");
    await scene.publish(scene.envelope(scene.key(1)));
    const [last] = await scene.publish(scene.envelope(scene.key(1), { name: "note.added" }));
    const [other] = await scene.publish(scene.envelope(scene.key(3)));
    const tails = [...await scene.store.tails()].sort((a, b) => a.partition - b.partition);
    same(tails, [{ partition: 1, position: last?.position }, { partition: 3, position: other?.position }], "the tails");
  }),

  onStore("A place in the log is pending until the group passed it, then handled, or parked where its message waits", async (scene) => {
    const key = scene.key(0);
    const sent = await scene.publish(scene.envelope(key), scene.envelope(scene.key(0)), scene.envelope(key));
    const ask = (group = "billing") =>
      Promise.all(sent.map(({ partition, position }) => scene.store.handled(group, { partition, position })));
    same(await ask(), ["pending", "pending", "pending"], "at first");
    const owner = await scene.worker();
    await owner.own(0);
    const [first, second, third] = [at(sent, 0), at(sent, 1), at(sent, 2)];
    await owner.committed({ progress: [{ partition: 0, from: 0, to: second.position }], park: [{ message: first, head: DEAD }] });
    same(await ask(), ["parked", "handled", "pending"], "after half");
    await owner.committed({
      progress: [{ partition: 0, from: second.position, to: third.position }], park: [{ message: third, head: null }],
    });
    same(await ask(), ["parked", "handled", "parked"], "the key's later message waits too");
    same(await ask("mailing"), ["pending", "pending", "pending"], "another group has its own progress");
  }),

  onStore("A hint reaches the listeners of other clients until they stop listening", async (scene) => {
    const other = await scene.another();
    let heard: Hint[] = [];
    const stop = other.onHint((hint) => { heard.push(hint); });
    const arrives = async (told: Hint, covers: (hint: Hint) => boolean): Promise<void> => {
      heard = [];
      // Only a hint: some may be lost while a client begins to listen, and where none can arrive the store must say so.
      for (let tries = 0; tries < 100 && !heard.some(covers); tries++) {
        scene.store.hint(told);
        await scene.pause(50);
      }
      holds(heard.some(covers) || other.hintsArrive?.() === false, `a hint like ${JSON.stringify(told)} arrives`, heard);
    };
    const named = ({ partitions }: Hint) => partitions === null || [1, 3].every((one) => partitions.includes(one));
    await arrives({ partitions: [1, 3], timers: false }, named);
    await arrives({ partitions: [], timers: true }, ({ timers }) => timers);
    await arrives({ partitions: null, timers: false }, ({ partitions }) => partitions === null);
    await scene.pause(300);
    stop();
    heard = [];
    scene.store.hint({ partitions: null, timers: false });
    await scene.pause(300);
    same(heard, [], "hints after the listener stopped");
  }),

  onStore("A message is read from the moment its publish is answered", async (scene) => {
    const other = await scene.another();
    const key = scene.key(0);
    let position = 0;
    for (let round = 0; round < 20; round++) {
      const [message] = await scene.publish(scene.envelope(key));
      const { messages } = await other.read({ group: "billing", names: ["order.placed"], cursors: from(position), limit: 10, maxLength: 1_000_000 });
      same(only(messages, "new messages").id, message?.id, "the message just published");
      position = message?.position ?? 0;
    }
  }),
];
