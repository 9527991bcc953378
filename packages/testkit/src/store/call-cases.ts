// The promises about calls: one live call per business key, followed to its end.
import type { CallUpdate, Fence, NewCall } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

function call(scene: Scene, change: Partial<NewCall> = {}): NewCall {
  return {
    id: scene.host.newId(), tenant: "default", routingKey: "order-1", partition: 0, operation: "bank.charge", callKey: "c-1",
    input: '{"pence":100}', causationId: scene.host.newId(), correlationId: scene.host.newId(), trace: null, deadlineMs: 60_000, ...change,
  };
}

const live = async (scene: Scene, group = "billing") => (await scene.store.readCalls({ group, partitions: [0, 1, 2, 3], after: 0, limit: 100 })).calls;
const liveIds = async (scene: Scene) => (await live(scene)).map((one) => one.id);
const remove = (id: string, outcome: CallUpdate["outcome"] = null): CallUpdate => ({ id, change: { kind: "remove" }, outcome });

export const callCases: readonly ConformanceCase[] = [
  onStore("A new call is read back as it was requested, due at once", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const wanted = call(scene, { callKey: "it's \"c\" é", trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" });
    await owner.committed({ calls: [wanted] });
    // A store keeps the moment of the deadline, so the record's own `deadlineMs` may be what is left of it.
    const { sequence, deadlineInMs, deadlineMs, ...rest } = only(await live(scene), "calls");
    same(
      { ...rest, input: JSON.parse(rest.input) as unknown, deadlineMs: 60_000 },
      { ...wanted, input: { pence: 100 }, state: "due", attempts: 0, dueInMs: 0 }, "the call",
    );
    holds(sequence > 0, "a sequence", sequence);
    for (const ms of [deadlineInMs, deadlineMs]) holds(ms > 0 && ms <= 60_000, "the time until its deadline", ms);
  }),

  onStore("Calls are read in the order of their requests, by group, partition and sequence", async (scene) => {
    const billing = await scene.worker();
    await billing.own(0, 1);
    const mailing = await scene.worker({ group: "mailing" });
    await mailing.own(0);
    const calls = Array.from({ length: 5 }, (_, index) => call(scene, { callKey: `c-${String(index)}`, partition: index === 3 ? 1 : 0 }));
    await billing.committed({ calls: calls.slice(0, 2) });
    await mailing.committed({ calls: [call(scene, { callKey: "other" })] });
    await billing.committed({ calls: calls.slice(2) });
    const all = await live(scene);
    same(all.map((one) => one.id), calls.map((one) => one.id), "the calls of the group");
    holds(all.every((one, index) => one.sequence > (all[index - 1]?.sequence ?? 0)), "sequences rise");
    const read = async (partitions: readonly number[], after: number, limit: number) =>
      (await scene.store.readCalls({ group: "billing", partitions, after, limit })).calls.map((one) => one.callKey);
    same(await read([1], 0, 10), ["c-3"], "one partition");
    same(await read([0, 1], at(all, 1).sequence, 10), ["c-2", "c-3", "c-4"], "after a sequence");
    same(await read([0, 1], at(all, 0).sequence, 2), ["c-1", "c-2"], "a limit");
    const bounded = async (after: number, maxLength: number) => {
      const { calls: found, more } = await scene.store.readCalls({ group: "billing", partitions: [0, 1], after, limit: 10, maxLength });
      return [...found.map((one) => one.callKey), more];
    };
    same(await bounded(0, 1), ["c-0", true], "a length that the first reaches");
    same(await bounded(at(all, 3).sequence, 1), ["c-4", true], "a length that the last reaches");
    same(await bounded(at(all, 4).sequence, 1), [false], "after the last");
    same(await bounded(0, 1_000_000), ["c-0", "c-1", "c-2", "c-3", "c-4", false], "a length that none reaches");
    same((await live(scene, "mailing")).map((one) => one.callKey), ["other"], "the other group");
  }),

  onStore("Calls are read for the owner of their partition, and not for whoever was replaced there", async (scene) => {
    const zombie = await scene.worker();
    const before = await zombie.own(0, 1);
    const other = call(scene, { callKey: "c-2", partition: 1 });
    await zombie.committed({ calls: [call(scene), other] });
    const request = { group: "billing", partitions: [0, 1], after: 0, limit: 100 };
    const read = async (owner: { worker: string; fences: readonly Fence[] }): Promise<readonly string[]> =>
      (await scene.store.readCalls({ ...request, owner })).calls.map((one) => one.callKey);
    same(await read({ worker: zombie.id, fences: before }), ["c-1", "c-2"], "the owner's");
    same(await read({ worker: zombie.id, fences: before.slice(0, 1) }), ["c-1"], "those of the partitions it names");
    await scene.store.release({ worker: zombie.id, group: "billing", fences: before.slice(0, 1) });
    same(await read({ worker: zombie.id, fences: before }), ["c-2"], "without what it has given back");
    const heir = await scene.worker();
    const fences = await heir.own(0);
    same(await read({ worker: zombie.id, fences: before }), ["c-2"], "without what is another's");
    same(await read({ worker: heir.id, fences }), ["c-1"], "the heir's");
    const again = await heir.own(0);
    same(await read({ worker: heir.id, fences }), [], "as it was granted before");
    same(await read({ worker: heir.id, fences: again }), ["c-1"], "as it is granted now");
  }),

  onStore("The same call with the same input joins the live one", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const [first, second] = [call(scene), call(scene)];
    same(await owner.committed({ calls: [first] }), [], "the first");
    same(await owner.committed({ calls: [second, call(scene, { callKey: "other" })] }), [second.id], "the second");
    same((await live(scene)).map((one) => one.callKey), ["c-1", "other"], "live calls");
    same(at(await live(scene), 0).id, first.id, "the live call");
  }),

  onStore("The same call with another input refuses the commit by its ordinal, and nothing of it happens", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const first = call(scene);
    await owner.committed({ calls: [first] });
    const result = await owner.commit({
      calls: [call(scene, { callKey: "other" }), call(scene, { input: '{"pence":200}' })], messages: [scene.envelope(scene.key(0))],
    });
    holds(result.kind === "refused" && result.by === "call" && result.ordinal === 1 && result.reason !== "", "the result", result);
    same(await liveIds(scene), [first.id], "live calls");
    same(await scene.log(), [], "the log");
  }),

  onStore("Calls of one commit join and refuse each other alike", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const result = await owner.commit({ calls: [call(scene), call(scene, { input: "2" })] });
    holds(result.kind === "refused" && result.by === "call" && result.ordinal === 1, "two inputs", result);
    const [first, second] = [call(scene), call(scene)];
    same(await owner.committed({ calls: [first, second] }), [second.id], "the same input twice");
    same(await liveIds(scene), [first.id], "live calls");
  }),

  onStore("A call key is scoped by tenant and operation", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const joined = await owner.committed({
      calls: [call(scene), call(scene, { tenant: "acme", input: "2" }), call(scene, { operation: "bank.refund", input: "3" })],
    });
    same(joined, [], "joined calls");
    same((await live(scene)).length, 3, "live calls");
  }),

  onStore("An update sets where a call stands, and its outcome is appended with it", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const wanted = call(scene);
    await owner.committed({ calls: [wanted] });
    const outcome = scene.envelope(scene.key(0), { name: "order.paid", causationId: wanted.id });
    await owner.committed({
      callUpdates: [{ id: wanted.id, change: { kind: "set", state: "unknown", attempts: 2, dueInMs: 3_600_000 }, outcome }],
    });
    const found = only(await live(scene), "calls");
    same({ state: found.state, attempts: found.attempts }, { state: "unknown", attempts: 2 }, "the call");
    holds(found.dueInMs > 3_000_000 && found.dueInMs <= 3_600_000, "its delay", found.dueInMs);
    same([...await scene.ids()], [outcome.id], "the log");
    for (const state of ["asking", "attention", "due"] as const) {
      await owner.committed({ callUpdates: [{ id: wanted.id, change: { kind: "set", state, attempts: 0, dueInMs: 0 }, outcome: null }] });
      same(only(await live(scene), "calls").state, state, "the state");
    }
  }),

  onStore("A call that was under way without a row gets one that begins where it stands", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await owner.committed({ calls: [{ ...call(scene), begun: { state: "due", attempts: 3, dueInMs: 3_600_000 } }] });
    const waiting = only(await live(scene), "calls");
    same({ state: waiting.state, attempts: waiting.attempts }, { state: "due", attempts: 3 }, "the call");
    holds(waiting.dueInMs > 3_000_000 && waiting.dueInMs <= 3_600_000, "its delay", waiting.dueInMs);
    holds(waiting.deadlineInMs > 30_000, "its deadline, none of which was gone", waiting.deadlineInMs);
    await owner.committed({ callUpdates: [{ id: waiting.id, change: { kind: "remove" }, outcome: null }] });
    await owner.committed({ calls: [{ ...call(scene), begun: { state: "asking", attempts: 0, dueInMs: 0, deadlineInMs: 0 } }] });
    const asked = only(await live(scene), "calls");
    holds(asked.deadlineInMs <= 0, "what is left of its deadline", asked.deadlineInMs);
    same({ state: asked.state, attempts: asked.attempts, due: asked.dueInMs <= 0 }, { state: "asking", attempts: 0, due: true }, "the other call");
  }),

  onStore("A removed call frees its key; an update of a call that is gone does nothing and appends nothing", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const wanted = call(scene);
    await owner.committed({ calls: [wanted] });
    const outcome = () => scene.envelope(scene.key(0), { name: "order.paid" });
    await owner.committed({ callUpdates: [remove(wanted.id, outcome())] });
    same({ calls: await liveIds(scene), log: (await scene.log()).length }, { calls: [], log: 1 }, "after the removal");
    const late: CallUpdate = { id: wanted.id, change: { kind: "set", state: "asking", attempts: 0, dueInMs: 0 }, outcome: outcome() };
    await owner.committed({ callUpdates: [remove(wanted.id, outcome()), late] });
    same({ calls: await liveIds(scene), log: (await scene.log()).length }, { calls: [], log: 1 }, "after late updates");
    same(await owner.committed({ calls: [call(scene, { input: "2" })] }), [], "the key with another input");
  }),

  onStore("Outcomes that are handed over are those that were appended, at their places", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const wanted = Array.from({ length: 6 }, (_, index) => call(scene, { callKey: `c-${String(index)}` }));
    await owner.committed({ calls: wanted });
    const outcome = (from: NewCall) => scene.envelope(scene.key(0), { name: "order.paid", causationId: from.id });
    const ends: CallUpdate[][] = [wanted.slice(0, 3), wanted.slice(2, 5), wanted.slice(5)].map((calls) => calls.map((one) => remove(one.id, outcome(one))));
    for (const callUpdates of ends) {
      // The third call of the first commit is gone by the second: nobody may take its outcome for another one's.
      const result = await owner.commit({ callUpdates, messages: [scene.envelope(scene.key(0))] });
      holds(result.kind === "committed", "the commit succeeds", result);
      const log = await scene.log();
      for (const { after, messages } of result.handovers) {
        const from = log.findIndex((message) => message.partition === 0 && message.position > after);
        same(log.slice(from, from + messages.length), messages, "what was handed over, and the log at that place");
      }
    }
    same((await scene.log()).filter((message) => message.name === "order.paid").map((message) => message.causationId), wanted.map((one) => one.id), "the outcomes, each once");
  }),

  onStore("A call that is abandoned and requested again in one commit lives on", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const old = call(scene);
    const anew = call(scene);
    await owner.committed({ calls: [old] });
    same(await owner.committed({ callUpdates: [remove(old.id)], calls: [anew] }), [], "joined calls");
    same(await liveIds(scene), [anew.id], "live calls");
    const other = call(scene, { input: "2" });
    await owner.committed({ callUpdates: [remove(anew.id)], calls: [other] });
    same(await liveIds(scene), [other.id], "live calls, with another input");
  }),

  onStore("Owners that request the same call at the same time share one", async (scene) => {
    const actors = await scene.workers(4);
    await Promise.all(actors.map((actor, partition) => actor.own(partition)));
    for (let round = 0; round < 5; round++) {
      const callKey = `c-${String(round)}`;
      const wanted = actors.map((_, partition) => call(scene, { callKey, partition }));
      const results = await Promise.all(actors.map((actor, index) => scene.settle(() => actor.commit({ calls: [at(wanted, index)] }))));
      const joined = results.flatMap((result) => {
        holds(result.kind === "committed", "each commits", result);
        return result.joinedCalls;
      });
      const made = only((await live(scene)).filter((one) => one.callKey === callKey), "live calls");
      same([...joined, made.id].sort(), wanted.map((one) => one.id).sort(), "one was made, the others joined it");
    }
  }),
];
