// The promises of the door: each publish is atomic, and repeating it is harmless.
import type { Envelope, NewTimer, PublishCall } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, rejectsWith, same } from "./expect.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const call = (doorKey: string, messages: readonly Envelope[], change: Partial<PublishCall> = {}): PublishCall =>
  ({ tenant: "default", doorKey, digest: "d1", messages, timers: [], ...change });

export const publishCases: readonly ConformanceCase[] = [
  onStore("Published messages get rising positions, and receipts in their order", async (scene) => {
    const key = scene.key(1);
    const messages = [scene.envelope(key), scene.envelope(scene.key(2)), scene.envelope(key)];
    const result = only(await scene.store.publish([call("door", messages)]), "results");
    holds(result.kind === "published", "it is published", result);
    const placeOf = ({ id, partition }: { id: string; partition: number }) => ({ id, partition });
    same(result.receipts.map(placeOf), messages.map(placeOf), "the receipts");
    const positions = result.receipts.map((receipt) => receipt.position ?? 0);
    holds(at(positions, 0) > 0 && at(positions, 2) > at(positions, 0), "positions rise within a partition, from 1", positions);
    const [later] = await scene.publish(scene.envelope(key));
    holds((later?.position ?? 0) > at(positions, 2), "a later message stands behind", { later, positions });
  }),

  onStore("A publish repeated under its door key yields the same receipts and appends nothing", async (scene) => {
    const messages = [scene.envelope(scene.key(0)), scene.envelope(scene.key(3))];
    const published = only(await scene.store.publish([call("door", messages)]), "results");
    holds(published.kind === "published", "it is published", published);
    // Ids come from the door key, so a repeat has the same; when and in which story it was said may differ.
    const again = messages.map((message) => ({ ...message, occurredAt: message.occurredAt + 1, correlationId: scene.host.newId() }));
    const other = await scene.another();
    const repeated = only(await other.publish([call("door", again)]), "results");
    same(repeated, { kind: "repeated", receipts: published.receipts }, "the repeat");
    same((await scene.log()).map(({ occurredAt }) => occurredAt), messages.map(({ occurredAt }) => occurredAt), "the log");
  }),

  onStore("The same door key with another payload is a conflict and appends nothing", async (scene) => {
    const key = scene.key(0);
    await scene.store.publish([call("door", [scene.envelope(key)])]);
    same(await scene.store.publish([call("door", [scene.envelope(key)], { digest: "d2" })]), [{ kind: "conflict" }], "the other payload");
    same((await scene.log()).length, 1, "messages in the log");
  }),

  onStore("Door keys of different tenants do not meet", async (scene) => {
    const results = await scene.store.publish([
      call("door", [scene.envelope(scene.key(0))]),
      call("door", [scene.envelope(scene.key(0, "acme"), { tenant: "acme" })], { tenant: "acme", digest: "d2" }),
    ]);
    same(results.map((result) => result.kind), ["published", "published"], "both");
  }),

  onStore("Calls that are published together each have their own end, in their order", async (scene) => {
    await scene.store.publish([call("old", [scene.envelope(scene.key(0))])]);
    const results = await scene.store.publish([
      call("new-1", [scene.envelope(scene.key(1))]),
      call("old", [scene.envelope(scene.key(0))], { digest: "d2" }),
      call("old", [scene.envelope(scene.key(0))]),
      call("new-2", [scene.envelope(scene.key(2))]),
      call("new-1", [scene.envelope(scene.key(1))]),
      call("new-2", [scene.envelope(scene.key(2))], { digest: "d2" }),
    ]);
    same(results.map((result) => result.kind), ["published", "conflict", "repeated", "published", "repeated", "conflict"], "the ends");
    same((await scene.log()).length, 3, "messages in the log");
  }),

  onStore("A publish without messages succeeds", async (scene) => {
    same(await scene.store.publish([]), [], "no calls");
    same(await scene.store.publish([call("empty", [])]), [{ kind: "published", receipts: [], handovers: [] }], "a call without messages");
  }),

  onStore("A delayed message has a receipt without a position, and is a timer instead of a message", async (scene) => {
    const key = scene.key(2);
    const message = scene.envelope(key);
    const timer: NewTimer = { name: message.id, group: "", routingKey: key, message, when: { kind: "after", delayMs: 3_600_000 } };
    const delayed = call("door", [], { timers: [timer] });
    const receipts = [{ id: message.id, partition: 2, position: null }];
    same(await scene.store.publish([delayed]), [{ kind: "published", receipts, handovers: [] }], "the publish");
    same(await scene.store.publish([delayed]), [{ kind: "repeated", receipts }], "the repeat");
    same(await scene.log(), [], "the log");
    const { due, nextInMs } = await scene.store.readTimers({ partitions: [2], limit: 10 });
    same(due, [], "due timers");
    holds(nextInMs !== null && nextInMs > 0 && nextInMs <= 3_600_000, "the timer waits", nextInMs);
  }),

  onStore("Every field of an envelope survives, and its body to the letter", async (scene) => {
    const odd = ["o'brien \"x\" \\ 100% $1 {a,b} \n\t;--", "ключ-🔑-é", " spaced ", "k".repeat(512)];
    const bodies = ['{"b":1,"a":[1e21,-0.1,1.0]}', '{ "a" : "\\u00e9é\\n🔑" }', "null", '"text"'];
    const sent = odd.map((key, index) => scene.envelope(key, {
      name: "order.paid", version: 3, tenant: "acme.co_1-x", body: at(bodies, index), causationId: scene.host.newId(),
      trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", occurredAt: 1_700_000_000_123 + index,
    }));
    const published = await scene.publish(...sent);
    const plain = await scene.publish(scene.envelope("plain"));
    const byPosition = [...await scene.log()].sort((a, b) => a.position - b.position);
    same(byPosition, [...published, ...plain].sort((a, b) => a.position - b.position), "the messages as they are read");
  }),

  onStore("A transaction appends what its work returns at its end, and resolves to its value", async (scene) => {
    const message = scene.envelope(scene.key(1));
    const { value, results } = await scene.store.transaction(async () => {
      same(await scene.log(), [], "the log while the work runs");
      return { value: 42, calls: [call("door", [message])] };
    });
    same(value, 42, "the value");
    same(results.map((result) => result.kind), ["published"], "the results");
    same([...await scene.ids()], [message.id], "the log afterwards");
    const again = await scene.store.transaction(async () => ({ value: null, calls: [call("door", [message])] }));
    same(again.results.map((result) => result.kind), ["repeated"], "the same door key in another transaction");
  }),

  onStore("A transaction whose work throws appends nothing and passes the error on", async (scene) => {
    const refusal = Object.assign(new Error("no"), { code: "OF_THE_APPLICATION" });
    const failing = scene.store.transaction(async (): Promise<{ value: null; calls: readonly PublishCall[] }> => { throw refusal; });
    await rejectsWith("OF_THE_APPLICATION", failing, "the error of the work");
    same(await scene.log(), [], "the log");
  }),
];
