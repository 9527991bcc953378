// The promises of a commit as a whole: everything an owner decided, at once.
import { DEAD } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import { parsed } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

export const commitCases: readonly ConformanceCase[] = [
  onStore("A commit brings documents, messages, calls, timers, parked rows and progress together", async (scene) => {
    const key = scene.key(0);
    const [first, second] = await scene.publish(scene.envelope(key), scene.envelope(scene.key(0)));
    if (first === undefined || second === undefined) return;
    const owner = await scene.worker();
    await owner.own(0);
    const outgoing = [scene.envelope(key), scene.envelope(scene.key(3)), scene.envelope(key)];
    const timed = scene.envelope(key);
    const joined = await owner.committed({
      progress: [{ partition: 0, from: 0, to: second.position }],
      documents: [{ entity: "account", tenant: "default", key: "a", version: 0, write: { kind: "put", body: "{\"n\":1}" } }],
      messages: outgoing,
      calls: [{
        id: scene.host.newId(), tenant: "default", routingKey: key, partition: 0, operation: "bank.charge", callKey: "c", input: "1",
        causationId: first.id, correlationId: first.correlationId, trace: null, deadlineMs: 60_000,
      }],
      timers: [{ name: "t", group: "billing", routingKey: key, message: timed, when: { kind: "after", delayMs: 0 } }],
      park: [{ message: first, head: DEAD }],
    });
    same(joined, [], "joined calls");
    const document = only(await scene.store.load([{ entity: "account", tenant: "default", key: "a" }]), "documents");
    same(parsed(document).body, { n: 1 }, "the document");
    const log = await scene.log();
    const places = outgoing.map((envelope) => only(log.filter((message) => message.id === envelope.id), "the outgoing message"));
    same(places.map(({ position: _position, ...envelope }) => envelope), outgoing, "the outgoing messages");
    holds(at(places, 2).position > at(places, 0).position, "they stand in the order they were emitted");
    holds(at(places, 0).position > second.position, "they stand behind what was there");
    same((await scene.store.readCalls({ group: "billing", partitions: [0], after: 0, limit: 10 })).calls.length, 1, "calls");
    same((await scene.store.readTimers({ partitions: [0], limit: 10 })).due.map((timer) => timer.message), [timed], "timers");
    same((await scene.store.listParked({ limit: 10 })).map((entry) => entry.position), [first.position], "parked keys");
    same(await owner.position(0), second.position, "progress");
  }),

  onStore("A commit of nothing but its fences succeeds", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0, 3);
    same(await owner.commit({}), { kind: "committed", joinedCalls: [], handovers: [] }, "the result");
  }),

  onStore("A declared statement that cannot run refuses the commit by its ordinal, and nothing of it happens", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const text = "update evenkeel_conformance_no_such_table set n = $1";
    const result = await owner.commit({
      sql: [{ name: "evenkeel.conformance.broken", text, values: ["1"], rows: 1 }],
      messages: [scene.envelope(scene.key(0))],
      documents: [{ entity: "account", tenant: "default", key: "a", version: null, write: { kind: "put", body: "1" } }],
    });
    holds(result.kind === "refused" && result.by === "sql" && result.ordinal === 0 && result.reason !== "", "the result", result);
    same(await scene.log(), [], "the log");
    const document = only(await scene.store.load([{ entity: "account", tenant: "default", key: "a" }]), "documents");
    same(document.version, 0, "the document's version");
    await owner.committed({ messages: [scene.envelope(scene.key(0))] });
  }),

  onStore("A thousand messages and their progress fit into one commit", async (scene) => {
    const keys = Array.from({ length: 8 }, (_, index) => scene.key(index % 4));
    const sent = await scene.publish(...Array.from({ length: 1_000 }, (_, index) => scene.envelope(at(keys, index % 8))));
    const owner = await scene.worker();
    await owner.own(0, 1, 2, 3);
    const outgoing = sent.map((message) => scene.envelope(message.key, { causationId: message.id }));
    await owner.committed({
      progress: [0, 1, 2, 3].map((partition) => ({
        partition, from: 0, to: sent.filter((message) => message.partition === partition).at(-1)?.position ?? 0,
      })),
      messages: outgoing,
    });
    const log = await scene.log();
    same(log.length, 2_000, "messages in the log");
    for (const key of keys) {
      const causes = log.filter((message) => message.key === key && message.causationId !== null).map((message) => message.causationId);
      same(causes, sent.filter((message) => message.key === key).map((message) => message.id), `the order of key ${key}`);
    }
  }),
];
