// The promises to operators: they see what is parked, what they ask for is done once and by the owner, and everything stays recorded.
import type { ControlRequest, Message, ParkedEntry, ParkStatus } from "@evenkeel/core/spi";
import { DEAD, refOf, WAITING, type Actor } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import { parsed, type Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const ask = (message: Message, action: ControlRequest["action"], change: Partial<ControlRequest> = {}): ControlRequest => {
  const body = action === "edit" ? '{"edited":true}' : null;
  return { ...refOf(message), group: "billing", action, body, actor: "ada", note: "why", ...change };
};

/** An owner of partition 0 with one parked key. */
async function parkedKey(
  scene: Scene, count: number, status: ParkStatus = DEAD,
): Promise<{ owner: Actor; sent: readonly Message[] }> {
  const key = scene.key(0);
  const sent = await scene.publish(...Array.from({ length: count }, () => scene.envelope(key)));
  const owner = await scene.worker();
  await owner.own(0);
  await owner.park(sent, status);
  return { owner, sent };
}

const apply = (owner: Actor) => owner.store.applyControls({ group: owner.group, worker: owner.id, fences: owner.fences() });
const resultOf = async (scene: Scene, id: number) => only(await scene.store.controls({ ids: [id], limit: 10 }), "control rows").result;

export const operatorCases: readonly ConformanceCase[] = [
  onStore("Parked heads are listed with all an operator needs, oldest first", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 3);
    const [other] = await scene.publish(scene.envelope(scene.key(0, "acme"), { tenant: "acme" }));
    if (other === undefined) return;
    await scene.pause(5);
    await owner.park([other], WAITING);
    const list = await scene.store.listParked({ limit: 10 });
    const first = at(sent, 0);
    const entries = list.map(({ parkedAt, ...entry }) => {
      holds(parkedAt > 0, "the time of parking", parkedAt);
      return entry;
    });
    same(entries, [
      {
        ...refOf(first), group: "billing", state: "dead", attempts: 3, code: "ORDER_EMPTY", reason: "no lines", behind: 2,
        message: first, editedBody: null,
      },
      {
        ...refOf(other), group: "billing", state: "waiting", attempts: 1, code: "BANK_AWAY", reason: "no answer", behind: 0,
        message: other, editedBody: null,
      },
    ], "the list");
    const positions = async (filter: object) => (await scene.store.listParked({ limit: 10, ...filter })).map((entry) => entry.position);
    same(await positions({ limit: 1 }), [first.position], "a limit");
    same(await positions({ state: "waiting" }), [other.position], "by state");
    same(await positions({ state: "dead", group: "billing" }), [first.position], "by state and group");
    same(await positions({ group: "mailing" }), [], "another group");
    same(await positions({ tenant: "acme" }), [other.position], "by tenant");
    same(await positions({ key: first.key }), [first.position], "by key");
  }),

  onStore("The list of parked heads is read page by page, each entry once, also where places of two groups and partitions are alike", async (scene) => {
    const sent = await scene.publish(...[0, 1].flatMap((partition) => Array.from({ length: 3 }, () => scene.envelope(scene.key(partition)))));
    for (const group of ["billing", "mailing"]) {
      const owner = await scene.worker({ group });
      await owner.own(0, 1);
      await owner.committed({ park: sent.map((message) => ({ message, head: DEAD })) });
    }
    const whole = await scene.store.listParked({ limit: 100 });
    same(whole.length, 12, "parked heads");
    same((await scene.store.listParked({ limit: 100, maxLength: 1 })).length, 1, "entries where the first reaches the length");
    same(await scene.store.listParked({ limit: 100, maxLength: 1_000_000 }), whole, "entries where none reaches the length");
    for (const [size, maxLength] of [[1, 1_000_000], [3, 1_000_000], [5, 1]] as const) {
      const pages: ParkedEntry[] = [];
      for (let after: ParkedEntry | undefined; ;) {
        const page = await scene.store.listParked({ limit: size, maxLength, ...(after === undefined ? {} : { after }) });
        pages.push(...page);
        after = page.at(-1);
        if (after === undefined) break;
        holds(pages.length <= whole.length, "the pages end", pages.length);
      }
      same(pages, whole, `the pages of ${String(size)}, up to the length ${String(maxLength)}, together`);
    }
  }),

  onStore("A redriven dead letter is due at once with its attempts begun anew", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    const [id] = await scene.store.requestControl([ask(at(sent, 0), "redrive")]);
    same((await scene.store.roster()).pendingControls, ["billing"], "groups with pending requests");
    same(await apply(owner), [{ ...refOf(at(sent, 0)), action: "redrive", remaining: 2, applied: true }], "what was applied");
    same((await scene.store.roster()).pendingControls, [], "groups with pending requests afterwards");
    same(await resultOf(scene, id ?? 0), "done", "the result");
    const entry = only(await scene.store.listParked({ limit: 10 }), "parked heads");
    same({ state: entry.state, attempts: entry.attempts }, { state: "waiting", attempts: 0 }, "the head");
    same(only((await owner.ownOne(0)).parked, "parked keys").dueInMs, 0, "its delay");
  }),

  onStore("An edit stores a replacement beside the original, and does not release the head", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    const first = at(sent, 0);
    await scene.store.requestControl([ask(first, "edit")]);
    same(await apply(owner), [{ ...refOf(first), action: "edit", remaining: 2, applied: true }], "what was applied");
    const entry = only(await scene.store.listParked({ limit: 10 }), "parked heads");
    same({ state: entry.state, message: entry.message }, { state: "dead", message: first }, "the head and its original");
    same(parsed({ body: entry.editedBody }).body, { edited: true }, "the replacement in the list");
    const { messages: rows } = await scene.store.readParked({ group: "billing", keys: [refOf(first)], limit: 10, maxLength: 1_000_000 });
    same(parsed(at(rows, 0).message), { ...first, body: { edited: true } }, "the message that is handled");
    same(at(rows, 1).message, at(sent, 1), "the follower");
    await scene.store.requestControl([ask(first, "edit", { body: "2" }), ask(first, "redrive")]);
    same((await apply(owner)).map((one) => one.applied), [true, true], "another edit and a redrive");
    same(only(await scene.store.listParked({ limit: 10 }), "parked heads").state, "waiting", "the head");
    const { messages: again } = await scene.store.readParked({ group: "billing", keys: [refOf(first)], limit: 1, maxLength: 1_000_000 });
    same(parsed(at(again, 0).message).body, 2, "the last edit");
  }),

  onStore("A skipped head is dropped, and what queues behind it is due at once", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    const [first, second] = [at(sent, 0), at(sent, 1)];
    await scene.store.requestControl([ask(first, "skip")]);
    same(await apply(owner), [{ ...refOf(first), action: "skip", remaining: 1, applied: true }], "what was applied");
    const entry = only(await scene.store.listParked({ limit: 10 }), "parked heads");
    same({ position: entry.position, state: entry.state }, { position: second.position, state: "waiting" }, "the new head");
    same(only((await owner.ownOne(0)).parked, "parked keys").dueInMs, 0, "its delay");
    await scene.store.requestControl([ask(second, "skip")]);
    same((await apply(owner)).map((one) => one.remaining), [0], "rows that remain");
    same((await owner.ownOne(0)).parked, [], "parked keys");
  }),

  onStore("A request that does not name the head of its key is refused, and says why", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    const actions = ["redrive", "edit", "skip"] as const;
    const ids = await scene.store.requestControl([
      ...actions.map((action) => ask(at(sent, 1), action)), ask({ ...at(sent, 0), key: "never" }, "skip"),
    ]);
    const applied = await apply(owner);
    same(applied.map((one) => one.applied), [false, false, false, false], "what was applied");
    for (const id of ids) {
      const result = await resultOf(scene, id);
      holds(result?.startsWith("refused: ") === true, "the result", result);
    }
    const entry = only(await scene.store.listParked({ limit: 10 }), "parked heads");
    const { state, behind, editedBody } = entry;
    same({ state, behind, editedBody }, { state: "dead", behind: 1, editedBody: null }, "the head");
  }),

  onStore("A request is acted on once, in order", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    await scene.store.requestControl([ask(at(sent, 0), "skip"), ask(at(sent, 0), "skip"), ask(at(sent, 1), "skip")]);
    const [one, two] = await Promise.all([apply(owner), apply(owner)]);
    const applied = [...one, ...two];
    same(applied.map((each) => each.applied).sort(), [false, true, true], "what was applied");
    same(await apply(owner), [], "what is left");
    same(await scene.store.listParked({ limit: 10 }), [], "parked heads");
  }),

  onStore("Only the owner of a partition acts on its requests; until then they stay", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 1);
    const stale = { group: "billing", worker: owner.id, fences: owner.fences() };
    const [id] = await scene.store.requestControl([ask(at(sent, 0), "redrive")]);
    await owner.own(0);
    same(await scene.store.applyControls(stale), [], "under an old epoch");
    const other = await scene.worker();
    await other.own(1);
    same(await apply(other), [], "by the owner of another partition");
    const mailing = await scene.worker({ group: "mailing" });
    await mailing.own(0);
    same(await apply(mailing), [], "by another group");
    same(await resultOf(scene, id ?? 0), null, "the result so far");
    same((await scene.store.roster()).pendingControls, ["billing"], "groups with pending requests");
    same((await apply(owner)).length, 1, "by the owner");
  }),

  onStore("Every request stays recorded with who, why and what came of it, newest first", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 1);
    const requests = [ask(at(sent, 0), "edit", { actor: "ada", note: "a typo" }), ask(at(sent, 0), "redrive", { actor: "bob" })];
    const ids = await scene.store.requestControl(requests);
    const pending = await scene.store.controls({ ids, limit: 10 });
    for (const [index, id] of ids.entries()) {
      const { requestedAt, ...entry } = only(pending.filter((one) => one.id === id), "control rows");
      holds(requestedAt > 0, "the time of the request");
      same(parsed(entry), { ...parsed(at(requests, index)), id, doneAt: null, result: null }, "the pending request");
    }
    await apply(owner);
    const all = await scene.store.controls({ limit: 10 });
    same(all.map((entry) => entry.id), [...ids].reverse(), "newest first");
    holds(all.every((entry) => entry.doneAt !== null && entry.result === "done"), "all are done", all);
    same((await scene.store.controls({ limit: 1 })).map((entry) => entry.id), ids.slice(-1), "a limit");
    same(await scene.store.controls({ ids: [], limit: 10 }), [], "no ids");
  }),

  onStore("The summary counts lag, parked keys and calls per group", async (scene) => {
    const { owner, sent } = await parkedKey(scene, 2);
    const [other] = await scene.publish(scene.envelope(scene.key(0)));
    if (other === undefined) return;
    await owner.park([other], WAITING);
    const id = scene.host.newId();
    const call = {
      id, tenant: "default", routingKey: other.key, partition: 0, operation: "bank.charge", callKey: "a", input: "1", causationId: id,
      correlationId: id, trace: null, deadlineMs: 60_000,
    };
    await owner.committed({ calls: [call, { ...call, id: scene.host.newId(), callKey: "b" }] });
    await owner.committed({ callUpdates: [{ id, change: { kind: "set", state: "attention", attempts: 1, dueInMs: 0 }, outcome: null }] });
    const see = async (group: string) => only((await scene.store.summary()).filter((one) => one.group === group), "the group's summary");
    const { lag, oldestParkedAt, ...billing } = await see("billing");
    same(billing, { group: "billing", waitingKeys: 1, deadLetters: 1, calls: 2, callsNeedingAttention: 1 }, "the busy group");
    const parkedAt = (await scene.store.listParked({ limit: 1 }))[0]?.parkedAt;
    same(oldestParkedAt, parkedAt, "the oldest parked message");
    holds(lag >= 3, "at least the three messages lag", lag);
    await owner.committed({ progress: [{ partition: 0, from: 0, to: other.position }] });
    same((await see("billing")).lag, 0, "the lag after progress to the end");
    const mailing = await see("mailing");
    same({ ...mailing, lag: 0 }, {
      group: "mailing", lag: 0, waitingKeys: 0, deadLetters: 0, oldestParkedAt: null, calls: 0, callsNeedingAttention: 0,
    }, "the idle group");
    holds(mailing.lag >= sent.length + 1, "its lag", mailing.lag);
  }),
];
