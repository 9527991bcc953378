// What is played with the fleet, alike on every store: an outage, an operator's reset, and a store that loses every change of a breaker.
import assert from "node:assert/strict";
import { isEvenkeelError, sharedBreakers } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import { faultyStore, type Fault } from "@evenkeel/testkit";
import { eventually } from "../ledger/attack-test.ts";
import { everyCharge, openWorker, OPERATION, place, Provider, type FleetApp } from "./fleet.ts";

interface FleetScene {
  readonly host: Host;
  /** What was logged, as "event". */
  readonly events: readonly string[];
  /** Another process's client of the same data; whoever asks for it closes it, and a worker does at its stop. */
  store(): Promise<Store>;
}

interface FleetPlay { readonly name: string; run(scene: FleetScene): Promise<void> }

const ORDERS = Array.from({ length: 60 }, (_, index) => `o-${String(index)}`);
const WORKERS = 3;

async function withFleet(
  scene: FleetScene, openMs: number, work: (apps: readonly [FleetApp, ...FleetApp[]], provider: Provider) => Promise<void>, fault: Fault | null = null,
): Promise<void> {
  const provider = new Provider();
  const worker = async (): Promise<FleetApp> => {
    const store = await scene.store();
    const faulty = faultyStore(store, { next: (point) => point === "breaker" ? fault : null }, scene.host);
    return openWorker(faulty, scene.host, provider, openMs);
  };
  const apps: [FleetApp, ...FleetApp[]] = [await worker()];
  while (apps.length < WORKERS) apps.push(await worker());
  try {
    await Promise.all(apps.map((app) => app.start()));
    await work(apps, provider);
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
  }
}

const phases = (apps: readonly FleetApp[]): readonly (string | undefined)[] => apps.map((app) => app.stats.calls["till"]?.breakers[OPERATION]);
const pause = (host: Host, ms: number): Promise<void> => new Promise((resolve) => { host.after(ms, resolve); });

/** Every worker that has calls knows. */
async function untilShut(apps: readonly FleetApp[], provider: Provider): Promise<void> {
  await eventually("the breaker is open everywhere, and what was under way has ended", async () =>
    (await apps[0]?.breakers.list())?.some(({ phase }) => phase !== "closed") === true && phases(apps).every((one) => one !== "closed") && provider.underWay <= 1 || undefined);
}

export const plays: readonly FleetPlay[] = [
  {
    name: "an outage is probed by one worker at a time, and all recover with its success",
    run: (scene) => withFleet(scene, 400, async (apps, provider) => {
      await place(apps[0], ORDERS);
      await untilShut(apps, provider);
      const since = scene.host.elapsed();
      provider.most = 0;
      provider.attempts = 0;
      await pause(scene.host, 3_000);
      const { attempts, most } = provider;
      const tookMs = scene.host.elapsed() - since;
      assert.equal(most, 1, "attempts at once");
      assert.ok(attempts > 0 && attempts <= tookMs / 400 + 2, `${String(attempts)} probes in ${String(Math.round(tookMs))} ms`);
      provider.isUp = true;
      assert.deepEqual(await everyCharge(apps[0], ORDERS), ORDERS.map(() => 1));
      const [entry] = await apps[0].breakers.list();
      assert.deepEqual([entry?.operation, entry?.phase, entry?.prober, entry?.resets], [OPERATION, "closed", null, 0]);
      assert.ok((entry?.opened ?? 0) >= attempts);
      await eventually("every worker follows", async () => phases(apps).every((one) => one === "closed") || undefined);
    }),
  },
  {
    name: "an operator's reset lets the calls of every worker go, and stands in the audit trail",
    run: (scene) => withFleet(scene, 3_600_000, async (apps, provider) => {
      await place(apps[0], ORDERS);
      await untilShut(apps, provider);
      provider.isUp = true;
      provider.attempts = 0;
      await pause(scene.host, 500);
      assert.equal(provider.attempts, 0, "nothing goes before");
      const store = await scene.store();
      const tool = sharedBreakers(store);
      const reset = await tool.reset(OPERATION, { actor: "ann", note: "the bank is back" });
      assert.deepEqual([reset.operation, reset.was, reset.actor], [OPERATION, "open", "ann"]);
      assert.deepEqual(await everyCharge(apps[0], ORDERS), ORDERS.map(() => 1));
      const audit = await apps[0].breakers.audit({ operation: OPERATION });
      assert.deepEqual(audit.map(({ was, actor, note }) => [was, actor, note]), [["open", "ann", "the bank is back"]]);
      await assert.rejects(tool.reset("card.refund", { actor: "ann" }), (error) => isEvenkeelError(error) && error.code === "BREAKER_NOT_FOUND");
      await store.close();
    }),
  },
  {
    name: "where the store loses every change of a breaker, each worker has its own, and says so once",
    run: (scene) => withFleet(scene, 300, async (apps, provider) => {
      await place(apps[0], ORDERS);
      await eventually("every worker's own breaker is open", async () => phases(apps).every((one) => one !== "closed") || undefined);
      await eventually("it has probed", async () => scene.events.filter((event) => event === "breaker.probing").length >= 2 * WORKERS || undefined);
      assert.deepEqual(await apps[0].breakers.list(), []);
      provider.isUp = true;
      assert.deepEqual(await everyCharge(apps[0], ORDERS), ORDERS.map(() => 1));
      assert.equal(scene.events.filter((event) => event === "breaker.store-away").length, WORKERS);
    }, { kind: "unavailable" }),
  },
];
