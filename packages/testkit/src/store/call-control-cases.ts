// The promises to operators about calls: they see what lives, at most one request per call is open, it ends with its owner's commit or not at
// all, and everything stays recorded.
import type { CallControlReceipt, CallControlRequest, CallState, NewCall } from "@evenkeel/core/spi";
import type { Actor } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

function newCall(scene: Scene, change: Partial<NewCall> = {}): NewCall {
  return {
    id: scene.host.newId(), tenant: "default", routingKey: "order-1", partition: 0, operation: "bank.charge", callKey: scene.host.newId(),
    input: '{"pence":100}', causationId: scene.host.newId(), correlationId: scene.host.newId(), trace: null, deadlineMs: 60_000, ...change,
  };
}

const ask = (callId: string, change: Partial<CallControlRequest> = {}): CallControlRequest =>
  ({ callId, action: "retry", outcome: null, deadlineMs: null, actor: "ada", note: "why", ...change });

async function put(owner: Actor, id: string, state: CallState): Promise<void> {
  await owner.committed({ callUpdates: [{ id, change: { kind: "set", state, attempts: 2, dueInMs: 0 }, outcome: null }] });
}

/** An owner of partition 0 with one call that needs attention. */
async function inNeed(scene: Scene, change: Partial<NewCall> = {}): Promise<{ owner: Actor; call: NewCall }> {
  const owner = await scene.worker();
  await owner.own(0);
  const call = newCall(scene, change);
  await owner.committed({ calls: [call] });
  await put(owner, call.id, "attention");
  return { owner, call };
}

function recorded(receipt: CallControlReceipt): number {
  holds(receipt.kind === "recorded", "the request is recorded", receipt);
  return receipt.id;
}

const done = (id: number, callId: string, deadlineMs: number | null = null) => ({ id, callId, refused: null, deadlineMs });
const resultOf = async (scene: Scene, id: number) => only(await scene.store.callControls({ ids: [id], limit: 10 }), "requests").result;
const open = (scene: Scene, group = "billing") => scene.store.readCallControls({ group, partitions: [0, 1, 2, 3] });

export const callControlCases: readonly ConformanceCase[] = [
  onStore("Live calls are listed in the order of their requests, by every filter and page by page", async (scene) => {
    const { owner, call } = await inNeed(scene, { callKey: "a" });
    const others = [
      newCall(scene, { callKey: "b", tenant: "acme" }), newCall(scene, { callKey: "c", operation: "bank.refund" }),
      newCall(scene, { callKey: "d", operation: "banker.charge" }),
    ];
    for (const other of others) await owner.committed({ calls: [other] });
    const mailing = await scene.worker({ group: "mailing" });
    await mailing.own(0);
    await mailing.committed({ calls: [newCall(scene, { callKey: "e", operation: "mail.send" })] });
    const keys = async (filter: object) => (await scene.store.listCalls({ limit: 10, ...filter })).map((one) => one.callKey);
    same(await keys({}), ["a", "b", "c", "d", "e"], "all");
    same(await keys({ state: "attention" }), ["a"], "by state");
    same(await keys({ tenant: "acme" }), ["b"], "by tenant");
    same(await keys({ port: "bank" }), ["a", "b", "c"], "by port");
    same(await keys({ operation: "bank.refund" }), ["c"], "by operation");
    same(await keys({ key: "d" }), ["d"], "by business key");
    same(await keys({ group: "mailing" }), ["e"], "by group");
    same(await keys({ id: call.id }), ["a"], "by id");
    same(await keys({ id: scene.host.newId() }), [], "by an id that is no call's");
    same(await keys({ id: "not an id" }), [], "by what is no id");
    const first = await scene.store.listCalls({ limit: 2 });
    same(await keys({ limit: 2, after: at(first, 1).sequence }), ["c", "d"], "the second page");
    const { sequence, deadlineInMs, deadlineMs, ...entry } = at(first, 0);
    holds(sequence > 0 && deadlineInMs <= 60_000 && deadlineMs <= 60_000, "sequence and deadline", at(first, 0));
    same({ ...entry, input: JSON.parse(entry.input) as unknown, deadlineMs: 60_000 }, {
      ...call, input: { pence: 100 }, state: "attention", attempts: 2, dueInMs: 0, group: "billing", control: null,
    }, "an entry");
  }),

  onStore("A request about a call in need is recorded, found by its owner alone, and shown with the call", async (scene) => {
    const { call } = await inNeed(scene, { callKey: "a" });
    same((await scene.store.roster()).pendingCallControls, [], "groups with requests");
    const outcome = { name: "declined", value: '{"reason":"limit"}' };
    const id = recorded(await scene.store.requestCallControl(ask(call.id, { action: "resolve", outcome })));
    same((await scene.store.roster()).pendingCallControls, ["billing"], "groups with requests afterwards");
    const found = only(await open(scene), "open requests");
    holds(found.sequence !== null && found.sequence > 0, "the call's sequence", found);
    same({ ...found, sequence: 1, outcome: { ...outcome, value: JSON.parse(found.outcome?.value ?? "") as unknown } }, {
      id, partition: 0, callId: call.id, operation: "bank.charge", action: "resolve", outcome: { ...outcome, value: { reason: "limit" } },
      deadlineMs: null, sequence: 1,
    }, "the open request");
    same(await open(scene, "mailing"), [], "of another group");
    same(await scene.store.readCallControls({ group: "billing", partitions: [1] }), [], "of another partition");
    same(only(await scene.store.listCalls({ limit: 10 }), "calls").control, { id, action: "resolve", actor: "ada" }, "the list");
    const { requestedAt, outcome: kept, ...entry } = only(await scene.store.callControls({ limit: 10 }), "the audit trail");
    holds(requestedAt > 0 && kept?.name === "declined", "when, and the outcome", kept);
    same(entry, {
      id, callId: call.id, group: "billing", partition: 0, tenant: "default", operation: "bank.charge", key: "a", routingKey: "order-1",
      action: "resolve", deadlineMs: null, actor: "ada", note: "why", doneAt: null, result: null,
    }, "the entry");
  }),

  onStore("A request is refused at once where there is no such call, or where it needs nobody", async (scene) => {
    const { owner, call } = await inNeed(scene);
    same(await scene.store.requestCallControl(ask(scene.host.newId())), { kind: "unknown" }, "no call");
    same(await scene.store.requestCallControl(ask("not an id")), { kind: "unknown" }, "no id");
    for (const state of ["due", "unknown", "asking"] as const) {
      await put(owner, call.id, state);
      same(await scene.store.requestCallControl(ask(call.id)), { kind: "notWaiting", state }, "a call that needs nobody");
    }
    same([await open(scene), await scene.store.callControls({ limit: 10 })], [[], []], "requests");
  }),

  onStore("Of operators who ask at the same time one wins, and the others learn of whom", async (scene) => {
    const { call } = await inNeed(scene);
    const stores = [scene.store, await scene.another(), await scene.another()];
    const receipts = await Promise.all(stores.map((store, index) => store.requestCallControl(ask(call.id, { actor: `op-${String(index)}` }))));
    const winner = receipts.findIndex((receipt) => receipt.kind === "recorded");
    const id = recorded(at(receipts, winner, "a winner"));
    const lost = { kind: "pending", id, action: "retry", actor: `op-${String(winner)}` };
    same(receipts.filter((_, index) => index !== winner), [lost, lost], "the others");
    same((await open(scene)).length, 1, "open requests");
  }),

  onStore("A request ends in the commit that changes its call; a retry gives the call a new deadline", async (scene) => {
    const { owner, call } = await inNeed(scene, { deadlineMs: 1 });
    const id = recorded(await scene.store.requestCallControl(ask(call.id, { deadlineMs: 500_000 })));
    same(only(await open(scene), "open requests").deadlineMs, 500_000, "the deadline asked for");
    await owner.committed({
      callUpdates: [{ id: call.id, change: { kind: "set", state: "asking", attempts: 0, dueInMs: 0 }, outcome: null }],
      callControls: [done(id, call.id, 500_000)],
    });
    const found = only((await scene.store.readCalls({ group: "billing", partitions: [0], after: 0, limit: 10 })).calls, "calls");
    same({ state: found.state, attempts: found.attempts }, { state: "asking", attempts: 0 }, "the call");
    holds(found.deadlineInMs > 400_000 && found.deadlineInMs <= 500_000, "its deadline", found.deadlineInMs);
    holds(Math.abs(found.deadlineMs - 500_000) < 1_000 || found.deadlineMs === found.deadlineInMs, "what it was given", found.deadlineMs);
    same([await resultOf(scene, id), await open(scene)], ["done", []], "the request");
    same((await scene.store.roster()).pendingCallControls, [], "groups with requests");
    await put(owner, call.id, "attention");
    recorded(await scene.store.requestCallControl(ask(call.id)));
  }),

  onStore("A resolved call goes with its outcome, and what came of an abandoned one is nothing", async (scene) => {
    const { owner, call } = await inNeed(scene);
    const id = recorded(await scene.store.requestCallControl(ask(call.id, { action: "resolve", outcome: { name: "ok", value: "1" } })));
    const outcome = scene.envelope(scene.key(0), { name: "order.paid", causationId: call.id });
    await owner.committed({ callUpdates: [{ id: call.id, change: { kind: "remove" }, outcome }], callControls: [done(id, call.id)] });
    same([...await scene.ids()], [outcome.id], "the log");
    same([await scene.store.listCalls({ limit: 10 }), await resultOf(scene, id)], [[], "done"], "calls and the result");
    same((await scene.store.callControls({ callId: call.id, limit: 10 })).map((one) => one.id), [id], "the trail of the call, which is gone");
    const other = newCall(scene);
    await owner.committed({ calls: [other] });
    await put(owner, other.id, "attention");
    const second = recorded(await scene.store.requestCallControl(ask(other.id, { action: "abandon" })));
    await owner.committed({ callUpdates: [{ id: other.id, change: { kind: "remove" }, outcome: null }], callControls: [done(second, other.id)] });
    same([(await scene.log()).length, await scene.store.listCalls({ limit: 10 })], [1, []], "the log and the calls");
  }),

  onStore("A request that its owner refuses ends with the reason; one whose call has ended meanwhile says so", async (scene) => {
    const { owner, call } = await inNeed(scene);
    const first = recorded(await scene.store.requestCallControl(ask(call.id)));
    await owner.committed({ callControls: [{ ...done(first, call.id), refused: "not so" }] });
    same(await resultOf(scene, first), "refused: not so", "the first");
    same(only(await scene.store.listCalls({ limit: 10 }), "calls").state, "attention", "the call");
    const second = recorded(await scene.store.requestCallControl(ask(call.id, { action: "resolve", outcome: { name: "ok", value: "1" } })));
    await owner.committed({ callUpdates: [{ id: call.id, change: { kind: "remove" }, outcome: null }] });
    same(only(await open(scene), "open requests").sequence, null, "the sequence of a call that has ended");
    const outcome = scene.envelope(scene.key(0), { name: "order.paid" });
    await owner.committed({ callUpdates: [{ id: call.id, change: { kind: "remove" }, outcome }], callControls: [done(second, call.id)] });
    same(await resultOf(scene, second), "refused: the call had ended before", "the second");
    same(await scene.log(), [], "the log");
    same((await scene.store.callControls({ limit: 10 })).map((one) => one.id), [second, first], "newest first");
    same((await scene.store.callControls({ limit: 1 })).map((one) => one.id), [second], "a limit");
  }),

  onStore("Only behind its fence and only once does a commit end a request; else nothing of the commit happens", async (scene) => {
    const { owner, call } = await inNeed(scene);
    const id = recorded(await scene.store.requestCallControl(ask(call.id)));
    const work = { callUpdates: [{ id: call.id, change: { kind: "remove" }, outcome: null }], callControls: [done(id, call.id)] } as const;
    const before = owner.fences();
    await owner.own(0);
    same((await owner.commit({ ...work, fences: before })).kind, "fenced", "under an old epoch");
    const other = await scene.worker();
    await other.own(1);
    same((await other.commit(work)).kind, "fenced", "by the owner of another partition");
    same([await resultOf(scene, id), (await scene.store.listCalls({ limit: 10 })).length], [null, 1], "what became of it");
    await owner.committed(work);
    same(await resultOf(scene, id), "done", "by its owner");
    const again = newCall(scene);
    await owner.committed({ calls: [again] });
    const twice = { callUpdates: [{ id: again.id, change: { kind: "remove" }, outcome: null }], callControls: [done(id, again.id)] } as const;
    same((await owner.commit(twice)).kind, "fenced", "a request that has ended");
    same((await scene.store.listCalls({ limit: 10 })).length, 1, "the other call");
  }),
];
