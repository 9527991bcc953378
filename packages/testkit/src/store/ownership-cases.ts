// The promises of ownership that need no waiting: joining, granting, releasing, and fences.
import { DEAD, WAITING } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import type { ConformanceCase } from "./store-fixture.ts";

export const ownershipCases: readonly ConformanceCase[] = [
  onStore("The roster lists workers in the order of joining, with their groups, until they leave", async (scene) => {
    const first = await scene.worker();
    const second = await scene.worker({ group: "mailing", store: await scene.another() });
    const third = await scene.worker();
    const seen = async () => (await scene.store.roster()).workers;
    same(await seen(), [
      { id: first.id, groups: ["billing"] }, { id: second.id, groups: ["mailing"] }, { id: third.id, groups: ["billing"] },
    ], "the workers");
    await first.leave();
    same((await seen()).map((worker) => worker.id), [second.id, third.id], "after one left");
  }),

  onStore("At first nobody is there, nobody holds anything, and nobody asks for anything", async (scene) => {
    const { workers, leases, gathered, pendingControls } = await scene.store.roster();
    const held = leases.filter((lease) => lease.worker !== null);
    same({ workers, held, gathered, pendingControls }, { workers: [], held: [], gathered: [], pendingControls: [] }, "the roster");
  }),

  onStore("A free partition is granted with a raised epoch and the group's progress", async (scene) => {
    const owner = await scene.worker();
    const grants = await owner.own(0, 2);
    for (const grant of grants) {
      holds(grant.epoch > 0, "an epoch");
      const { partition: _partition, epoch: _epoch, ...rest } = grant;
      same(rest, { position: 0, parked: [], suspect: false, mark: null }, "the grant");
    }
    const { leases } = await scene.store.roster();
    const held = leases.filter((lease) => lease.worker !== null).sort((a, b) => a.partition - b.partition);
    same(held, grants.map(({ partition, epoch }) => ({ group: "billing", partition, worker: owner.id, epoch })), "the leases");
  }),

  onStore("A partition of a living worker is granted to nobody else, and another group's lease is another lease", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0, 1);
    const rival = await scene.worker({ store: await scene.another() });
    same((await rival.ask(0, 1, 2)).map((grant) => grant.partition), [2], "what the rival is granted");
    await (await scene.worker({ group: "mailing" })).own(0, 1, 2, 3);
    await owner.committed({ fences: owner.fences(0, 1) });
  }),

  onStore("An owner that takes its partition anew fences its own earlier self", async (scene) => {
    const owner = await scene.worker();
    const first = await owner.ownOne(0);
    const second = await owner.ownOne(0);
    holds(second.epoch > first.epoch, "the epoch rises", { first, second });
    same(await owner.commit({ fences: [{ partition: 0, epoch: first.epoch }] }), { kind: "fenced" }, "under the earlier epoch");
    await owner.committed({});
  }),

  onStore("A released partition is free at once, and its former owner's commits change nothing", async (scene) => {
    const [message] = await scene.publish(scene.envelope(scene.key(0)));
    const former = await scene.worker();
    const next = await scene.worker({ store: await scene.another() });
    await former.own(0);
    await former.release(0);
    const outgoing = scene.envelope(scene.key(1));
    const late = { messages: [outgoing], progress: [{ partition: 0, from: 0, to: message?.position ?? 0 }] };
    same(await former.commit(late), { kind: "fenced" }, "before another took it");
    await next.own(0);
    same(await former.commit(late), { kind: "fenced" }, "after another took it");
    same((await scene.ids()).has(outgoing.id), false, "the late message is in the log");
    same(await next.position(0), 0, "progress");
  }),

  onStore("A release under an old epoch, or by another worker, does nothing", async (scene) => {
    const owner = await scene.worker();
    const rival = await scene.worker();
    const old = await owner.ownOne(0);
    const now = await owner.ownOne(0);
    await scene.store.release({ worker: owner.id, group: "billing", fences: [{ partition: 0, epoch: old.epoch }] });
    await scene.store.release({ worker: rival.id, group: "billing", fences: [{ partition: 0, epoch: now.epoch }] });
    await owner.committed({});
    same(await rival.ask(0), [], "what a rival is granted");
  }),

  onStore("A worker that leaves frees all its partitions at once", async (scene) => {
    const leaving = await scene.worker();
    await leaving.own(0, 1, 2, 3);
    await leaving.leave();
    same((await scene.store.roster()).leases.filter((lease) => lease.worker !== null), [], "held leases");
    await (await scene.worker()).own(0, 1, 2, 3);
    same(await leaving.commit({}), { kind: "fenced" }, "a commit of the worker that left");
  }),

  onStore("One lost partition fences a whole commit", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0, 1);
    const fences = owner.fences();
    const rival = await scene.worker();
    await owner.release(1);
    await rival.own(1);
    const outgoing = scene.envelope(scene.key(2));
    same(await owner.commit({ fences, messages: [outgoing] }), { kind: "fenced" }, "with the lost partition");
    same(await scene.log(), [], "the log");
    await owner.committed({ fences: owner.fences(0), messages: [outgoing] });
  }),

  onStore("The epoch alone does not pass for ownership: another worker's commit is fenced", async (scene) => {
    const owner = await scene.worker();
    const { epoch } = await owner.ownOne(0);
    const rival = await scene.worker();
    same(await rival.commit({ fences: [{ partition: 0, epoch }] }), { kind: "fenced" }, "with the owner's epoch");
    same(await owner.commit({ fences: [{ partition: 0, epoch: epoch + 1 }] }), { kind: "fenced" }, "with an epoch that never was");
  }),

  onStore("Progress begins where the last ended, for each group and partition", async (scene) => {
    const key = scene.key(0);
    const [a, b] = (await scene.publish(scene.envelope(key), scene.envelope(key))).map((message) => message.position);
    if (a === undefined || b === undefined) return;
    const owner = await scene.worker();
    await owner.own(0, 1);
    const go = (from: number, to: number) => owner.commit({ fences: owner.fences(0), progress: [{ partition: 0, from, to }] });
    same(await go(a, b), { kind: "fenced" }, "a gap");
    await owner.committed({ progress: [{ partition: 0, from: 0, to: a }] });
    same(await go(0, b), { kind: "fenced" }, "progress made before");
    await owner.committed({ progress: [{ partition: 0, from: a, to: b }] });
    same(await Promise.all([owner.position(0), owner.position(1)]), [b, 0], "progress of the partitions");
    const other = await scene.worker({ group: "mailing" });
    same((await other.ownOne(0)).position, 0, "progress of another group");
  }),

  onStore("A commit of several partitions moves all of them or none", async (scene) => {
    const [a, b] = (await scene.publish(scene.envelope(scene.key(0)), scene.envelope(scene.key(1)))).map((message) => message.position);
    if (a === undefined || b === undefined) return;
    const owner = await scene.worker();
    await owner.own(0, 1);
    const result = await owner.commit({ progress: [{ partition: 0, from: 0, to: a }, { partition: 1, from: b, to: b }] });
    same(result, { kind: "fenced" }, "one of them does not follow");
    await owner.committed({ progress: [{ partition: 0, from: 0, to: a }, { partition: 1, from: 0, to: b }] });
    same(await Promise.all([owner.position(0), owner.position(1)]), [a, b], "progress");
  }),

  onStore("A grant brings the parked keys of its partition", async (scene) => {
    const dead = scene.key(0);
    const waiting = scene.key(0);
    const elsewhere = scene.key(1);
    const sent = await scene.publish(
      scene.envelope(dead), scene.envelope(waiting), scene.envelope(waiting), scene.envelope(elsewhere), scene.envelope(waiting),
    );
    const owner = await scene.worker();
    await owner.own(0, 1);
    await owner.park([at(sent, 0)], DEAD);
    await owner.park([at(sent, 1), at(sent, 2), at(sent, 4)], WAITING);
    await owner.park([at(sent, 3)], DEAD);
    const parked = [...(await owner.ownOne(0)).parked].sort((a, b) => b.count - a.count);
    const [first, second] = [at(parked, 0), at(parked, 1)];
    same(parked.length, 2, "parked keys");
    same({ ...first, dueInMs: 0 }, { tenant: "default", key: waiting, count: 3, dueInMs: 0 }, "the key that waits");
    holds(first.dueInMs !== null && first.dueInMs > 3_000_000 && first.dueInMs <= 3_600_000, "its delay", first.dueInMs);
    same(second, { tenant: "default", key: dead, count: 1, dueInMs: null }, "the dead letter");
    const mailing = await scene.worker({ group: "mailing" });
    same((await mailing.ownOne(0)).parked, [], "parked keys of another group");
  }),

  onStore("Only the owner under its present epoch can mark a message", async (scene) => {
    const owner = await scene.worker();
    const old = await owner.ownOne(0);
    await owner.own(0);
    const mark = (fence: { partition: number; epoch: number }) => scene.store.mark({ group: "billing", fence, position: 5 });
    same(await mark({ partition: 0, epoch: old.epoch }), "fenced", "under an earlier epoch");
    same(await mark(owner.fence(0)), "marked", "under the present epoch");
    await owner.release(0);
    same(await mark(owner.fence(0)), "fenced", "after the release");
  }),

  onStore("What an owner marked is held against nobody while that owner lives", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    await scene.store.mark({ group: "billing", fence: owner.fence(0), position: 5 });
    same((await owner.ownOne(0)).mark, null, "after it took the partition anew");
    await scene.store.mark({ group: "billing", fence: owner.fence(0), position: 5 });
    await owner.release(0);
    same((await (await scene.worker()).ownOne(0)).mark, null, "after it gave the partition back");
  }),

  onStore("A group can be gathered at one worker, by group", async (scene) => {
    const worker = await scene.worker();
    await scene.store.gather({ group: "billing", worker: worker.id, forMs: 60_000 });
    same((await scene.store.roster()).gathered, [{ group: "billing", worker: worker.id }], "what is gathered");
    await scene.store.gather({ group: "billing", worker: worker.id, forMs: 60_000 });
    same(only((await scene.store.roster()).gathered, "gathered groups").worker, worker.id, "after asking again");
  }),
];
