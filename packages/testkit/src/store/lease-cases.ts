// The promises of ownership over time: who dies loses everything, and what killed its owners is found out. These cases wait, with
// leases short enough for patience and long enough for a busy machine.
import type { Message } from "@evenkeel/core/spi";
import type { Actor } from "./actor.ts";
import { onStore } from "./conformance-case.ts";
import { at, holds, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const LEASE_MS = 500;

/** Lets one owner after the other die with partition 0. */
async function deaths(scene: Scene, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const owner = await scene.worker({ leaseMs: LEASE_MS });
    await owner.own(0);
    await scene.die(owner);
  }
}

async function ownerOfZero(
  scene: Scene, options: { leaseMs?: number } = {},
): Promise<{ owner: Actor; suspect: boolean; mark: number | null }> {
  const owner = await scene.worker(options);
  const { suspect, mark } = await owner.ownOne(0);
  return { owner, suspect, mark };
}

async function messages(scene: Scene, count: number): Promise<readonly Message[]> {
  const key = scene.key(0);
  return scene.publish(...Array.from({ length: count }, () => scene.envelope(key)));
}

export const leaseCases: readonly ConformanceCase[] = [
  onStore("A worker that keeps beating keeps its partitions for longer than its lease", async (scene) => {
    // A process that gets no time for most of a lease does lose it.
    const owner = await scene.worker({ leaseMs: 4_000 });
    await owner.own(0);
    const rival = await scene.worker({ store: await scene.another() });
    const until = scene.host.elapsed() + 5_500;
    while (scene.host.elapsed() < until) {
      same(await rival.ask(0), [], "what the rival is granted");
      await scene.pause(200);
    }
    await owner.committed({});
  }),

  onStore("A silent worker is buried, another takes over, and the zombie's commits change nothing", async (scene) => {
    const [message] = await messages(scene, 1);
    const zombie = await scene.worker({ leaseMs: LEASE_MS, store: await scene.another() });
    await zombie.own(0, 1);
    await scene.die(zombie);
    const heir = await scene.worker();
    const grants = await heir.own(0, 1);
    for (const { suspect, mark, epoch, partition } of grants) {
      same({ suspect, mark }, { suspect: false, mark: null }, "after one death");
      holds(epoch > zombie.fence(partition).epoch, "the epoch rises");
    }
    const late = { messages: [scene.envelope(scene.key(2))], progress: [{ partition: 0, from: 0, to: message?.position ?? 0 }] };
    same(await zombie.commit(late), { kind: "fenced" }, "the zombie's commit");
    same(await scene.store.mark({ group: "billing", fence: zombie.fence(0), position: 1 }), "fenced", "the zombie's mark");
    await scene.store.release({ worker: zombie.id, group: "billing", fences: zombie.fences() });
    same((await scene.log()).length, 1, "messages in the log");
    await heir.committed({ fences: heir.fences(0), progress: late.progress });
  }),

  onStore("A worker that others took over from stays dead, whatever it beats, until it joins anew", async (scene) => {
    const zombie = await scene.worker({ leaseMs: LEASE_MS });
    await zombie.own(0);
    await scene.die(zombie);
    await (await scene.worker()).own(0);
    for (let beats = 0; beats < 10; beats++) {
      zombie.beat();
      await scene.pause(LEASE_MS / 5);
      holds(!(await scene.store.roster()).workers.some((worker) => worker.id === zombie.id), "the zombie is not in the roster");
    }
    const anew = await scene.store.join({ id: zombie.id, groups: ["billing"], leaseMs: 60_000 });
    same((await scene.store.roster()).workers.at(-1)?.id, zombie.id, "the roster after it joined anew");
    await anew.leave();
  }),

  onStore("Whoever takes over from a worker that nobody had missed yet buries it", async (scene) => {
    const zombie = await scene.worker({ leaseMs: LEASE_MS });
    await zombie.own(0, 1);
    zombie.silence();
    const heir = await scene.worker();
    // Nobody looks at the roster, where the late are buried, too.
    await scene.eventually("the heir is granted the partition", async () => (await heir.ask(0)).length > 0 ? true : null);
    for (let beats = 0; beats < 15; beats++) {
      zombie.beat();
      await scene.pause(LEASE_MS / 5);
    }
    holds(!(await scene.store.roster()).workers.some((worker) => worker.id === zombie.id), "the zombie is not in the roster");
    same((await heir.ask(1)).map((grant) => grant.partition), [1], "what it held besides is to be had");
  }),

  onStore("Two deaths without progress make a partition suspect, and a mark names what killed; progress clears both", async (scene) => {
    const [poison] = await messages(scene, 1);
    const position = poison?.position ?? 0;
    await deaths(scene, 2);
    const third = await ownerOfZero(scene, { leaseMs: LEASE_MS });
    same({ suspect: third.suspect, mark: third.mark }, { suspect: true, mark: null }, "the third owner");
    same(await scene.store.mark({ group: "billing", fence: third.owner.fence(0), position }), "marked", "the mark");
    await scene.die(third.owner);
    const fourth = await ownerOfZero(scene);
    same({ suspect: fourth.suspect, mark: fourth.mark }, { suspect: true, mark: position }, "the fourth owner");
    same((await fourth.owner.ownOne(0)).mark, position, "the fourth owner, asking again");
    await fourth.owner.committed({ progress: [{ partition: 0, from: 0, to: position }] });
    await fourth.owner.release(0);
    const fifth = await ownerOfZero(scene);
    same({ suspect: fifth.suspect, mark: fifth.mark }, { suspect: false, mark: null }, "the fifth owner");
  }),

  onStore("A mark survives an owner that gives the partition back before it dealt with it", async (scene) => {
    await messages(scene, 1);
    const first = await ownerOfZero(scene, { leaseMs: LEASE_MS });
    await scene.store.mark({ group: "billing", fence: first.owner.fence(0), position: 1 });
    await scene.die(first.owner);
    const second = await ownerOfZero(scene);
    same(second.mark, 1, "the second owner's mark");
    await second.owner.release(0);
    same((await ownerOfZero(scene)).mark, 1, "the third owner's mark");
  }),

  onStore("Progress between deaths clears the suspicion", async (scene) => {
    const sent = await messages(scene, 1);
    await deaths(scene, 1);
    const busy = await ownerOfZero(scene, { leaseMs: LEASE_MS });
    await busy.owner.committed({ progress: [{ partition: 0, from: 0, to: at(sent, 0).position }] });
    await scene.die(busy.owner);
    await deaths(scene, 1);
    const next = await ownerOfZero(scene, { leaseMs: LEASE_MS });
    same(next.suspect, false, "after progress and one more death");
    await scene.die(next.owner);
    same((await ownerOfZero(scene)).suspect, true, "after progress and two more deaths");
  }),

  onStore("Giving a partition back between deaths clears the suspicion", async (scene) => {
    await deaths(scene, 1);
    const graceful = await ownerOfZero(scene);
    await graceful.owner.release(0);
    await deaths(scene, 1);
    same((await ownerOfZero(scene)).suspect, false, "after one death, a release and one more death");
  }),

  onStore("A gathering lapses", async (scene) => {
    const worker = await scene.worker();
    await scene.store.gather({ group: "billing", worker: worker.id, forMs: 300 });
    await scene.eventually("the gathering lapses", async () => (await scene.store.roster()).gathered.length === 0 ? true : null);
  }),

  onStore("A take-over while the dead owner's last commit is under way sees all of it or none", async (scene) => {
    const sent = await messages(scene, 3);
    let position = 0;
    for (const message of sent) {
      const owner = await scene.worker({ leaseMs: LEASE_MS, store: await scene.another() });
      await owner.own(0);
      await scene.die(owner);
      const heir = await scene.worker();
      const outgoing = scene.envelope(scene.key(1));
      const progress = [{ partition: 0, from: position, to: message.position }];
      const [result, grants] = await Promise.all([
        scene.settle(() => owner.commit({ progress, messages: [outgoing] })), heir.own(0),
      ]);
      const grant = at(grants, 0);
      holds(result.kind === "committed" || result.kind === "fenced", "the last commit ends one way or the other", result);
      const made = result.kind === "committed";
      same(grant.position, made ? message.position : position, "the progress that the heir is granted");
      same((await scene.ids()).has(outgoing.id), made, "the message is in the log");
      ({ position } = grant);
      await heir.leave();
    }
  }),
];
