// The promises about timers: each fires once, unless it was replaced or cancelled before.
import type { NewTimer } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { at, holds, only, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

function timer(scene: Scene, key: string, name: string, when: number | NewTimer["when"], change: Partial<NewTimer> = {}): NewTimer {
  const message = scene.envelope(key, { name: "order.paid" });
  const whenever = typeof when === "number" ? { kind: "after", delayMs: when } as const : when;
  return { name, group: "billing", routingKey: key, message, when: whenever, ...change };
}

const HOUR = 3_600_000;
const read = (scene: Scene, ...partitions: readonly number[]) => scene.store.readTimers({ partitions, limit: 100 });

export const timerCases: readonly ConformanceCase[] = [
  onStore("Due timers are read with their messages, soonest first, by partition", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    const now = scene.host.now();
    const second = timer(scene, key, "second", { kind: "at", at: now - 1_000 });
    const first = timer(scene, key, "first", { kind: "at", at: now - 60_000 });
    const later = timer(scene, key, "later", HOUR);
    const elsewhere = timer(scene, scene.key(1), "elsewhere", 0);
    same(await read(scene, 0), { due: [], nextInMs: null }, "no timers");
    await owner.committed({ timers: [second, first, later, elsewhere] });
    const { due, nextInMs } = await read(scene, 0);
    same(due.map((one) => one.message), [first.message, second.message], "due timers");
    holds(nextInMs !== null && nextInMs > HOUR / 2 && nextInMs <= HOUR, "the time until the next", nextInMs);
    const limited = await scene.store.readTimers({ partitions: [0], limit: 1 });
    same(limited.due, due.slice(0, 1), "with a limit");
    same((await read(scene, 1)).due.map((one) => one.message), [elsewhere.message], "another partition");
    same((await read(scene, 0, 1)).due.length, 3, "both partitions");
  }),

  onStore("A timer that fires is gone, and its message is in the log once", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const { message } = timer(scene, scene.key(0), "t", 0);
    await owner.committed({ timers: [{ ...timer(scene, message.key, "t", 0), message }] });
    const fired = only((await read(scene, 0)).due, "due timers");
    await owner.committed({ firedTimers: [fired] });
    same(await read(scene, 0), { due: [], nextInMs: null }, "timers afterwards");
    const other = scene.envelope(scene.key(0));
    await owner.committed({ firedTimers: [fired], messages: [other] });
    same((await scene.log()).map((one) => one.id), [message.id, other.id], "the log after it fired again beside a message");
  }),

  onStore("Setting a timer under the same name replaces it, also when the old one was already read as due", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    await owner.committed({ timers: [timer(scene, key, "t", 0)] });
    const old = only((await read(scene, 0)).due, "due timers");
    const replacement = timer(scene, key, "t", HOUR);
    await owner.committed({ timers: [replacement] });
    const { due, nextInMs } = await read(scene, 0);
    same(due, [], "due timers after the replacement");
    holds(nextInMs !== null, "the replacement waits");
    await owner.committed({ firedTimers: [old] });
    same(await scene.log(), [], "the log after the old one fired");
    holds((await read(scene, 0)).nextInMs !== null, "the replacement still waits");
    await owner.committed({ timers: [{ ...replacement, when: { kind: "after", delayMs: 0 } }] });
    same((await read(scene, 0)).due.map((one) => one.message.id), [replacement.message.id], "moved forward");
  }),

  onStore("The last of several timers of one name in a commit counts", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    const last = timer(scene, key, "t", 0);
    await owner.committed({ timers: [timer(scene, key, "t", HOUR), timer(scene, key, "t", 0), last] });
    const { due, nextInMs } = await read(scene, 0);
    same({ due: due.map((one) => one.message.id), nextInMs }, { due: [last.message.id], nextInMs: null }, "timers");
  }),

  onStore("Timers of other names, groups, tenants and routing keys are other timers", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    const acme = scene.envelope(scene.key(0, "acme"), { tenant: "acme" });
    await owner.committed({
      timers: [
        timer(scene, key, "t", 0), timer(scene, key, "u", 0), timer(scene, key, "t", 0, { group: "mailing" }),
        timer(scene, key, "t", 0, { message: acme }), timer(scene, scene.key(0), "t", 0),
      ],
    });
    same((await read(scene, 0)).due.length, 5, "timers");
    await owner.committed({ cancelledTimers: [{ group: "billing", tenant: "default", routingKey: key, name: "t" }] });
    same((await read(scene, 0)).due.length, 4, "timers after one was cancelled");
  }),

  onStore("A cancelled timer does not fire, also when it was already read as due; cancelling nothing does nothing", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    await owner.committed({ timers: [timer(scene, key, "t", 0)] });
    const read1 = only((await read(scene, 0)).due, "due timers");
    const ref = { group: "billing", tenant: "default", routingKey: key, name: "t" };
    await owner.committed({ cancelledTimers: [ref, { ...ref, name: "never" }] });
    same(await read(scene, 0), { due: [], nextInMs: null }, "timers");
    await owner.committed({ firedTimers: [read1], cancelledTimers: [ref] });
    same(await scene.log(), [], "the log");
  }),

  onStore("A timer becomes due when its time has come, and not before", async (scene) => {
    const owner = await scene.worker();
    await owner.own(0);
    const key = scene.key(0);
    await owner.committed({
      timers: [
        timer(scene, key, "after", 700), timer(scene, key, "at", { kind: "at", at: scene.host.now() + 700 }),
        timer(scene, key, "far", HOUR),
      ],
    });
    const since = scene.host.elapsed();
    const names = new Set<string>();
    await scene.eventually("both timers become due", async () => {
      const { due, nextInMs } = await read(scene, 0);
      for (const one of due) names.add(one.message.id);
      holds(nextInMs !== null && nextInMs <= HOUR, "there is always a next one", nextInMs);
      return due.length === 2 ? true : null;
    });
    holds(scene.host.elapsed() - since >= 300, "not long before their time", scene.host.elapsed() - since);
    same(names.size, 2, "the timer of an hour stays");
  }),

  onStore("Owners that fire the same timer at the same time append its message once", async (scene) => {
    const actors = await scene.workers(4);
    await Promise.all(actors.map((actor, partition) => actor.own(partition)));
    const key = scene.key(0);
    await at(actors, 0).committed({ timers: Array.from({ length: 5 }, (_, index) => timer(scene, key, `t-${String(index)}`, 0)) });
    const { due } = await read(scene, 0);
    const results = await Promise.all(actors.map((actor) => scene.settle(() => actor.commit({ firedTimers: due }))));
    for (const result of results) same(result.kind, "committed", "the result");
    same((await scene.log()).map((message) => message.id).sort(), due.map((one) => one.message.id).sort(), "the log");
  }),
];
