// `evenkeel worker` as processes: they share the work, stop when told, and take over from one that is killed.
import assert from "node:assert/strict";
import { constants } from "node:os";
import test from "node:test";
import { eventually, record, records, scene, type Scene, type ShippingApp } from "./testing/scene.ts";
import { OrderPlaced, Shipment, Stuck } from "./testing/shipping-app.ts";

const KEYS = Array.from({ length: 24 }, (_, index) => `order-${String(index)}`);

async function placeAll(app: ShippingApp, step: number): Promise<void> {
  for (const orderId of KEYS) await app.publish(OrderPlaced({ orderId, step, pence: 1 }), { idempotencyKey: `${orderId}/${String(step)}` });
}

/** Waits until every key has all steps once and in order; returns which processes handled them. */
async function handledBy(app: ShippingApp, steps: number): Promise<ReadonlySet<number>> {
  const wanted = Array.from({ length: steps }, (_, index) => index + 1);
  const processes = new Set<number>();
  for (const key of KEYS) {
    const shipment = await eventually(`${key} is shipped ${String(steps)} times`, async () => {
      const found = await app.read(Shipment, key);
      return found !== undefined && found.steps.length >= steps ? found : undefined;
    });
    assert.deepEqual(shipment.steps, wanted);
    for (const one of shipment.processes) processes.add(one);
  }
  return processes;
}

/** Waits until exactly these processes hold all partitions of the service. */
async function sharedBy(at: Scene, count: number): Promise<void> {
  await eventually(`${String(count)} workers hold the partitions`, async () => {
    const seen = record((await at.json("status")).value);
    const leases = records(seen["leases"]).filter((one) => one["group"] === "shipping" && one["alive"] === true);
    return leases.length === 4 && new Set(leases.map((one) => one["worker"])).size === count ? true : undefined;
  });
}

test("two workers share the work, and one that is stopped leaves all of it to the other", async (t) => {
  const at = scene(t);
  const app = await at.app();
  const [one, two] = [at.worker(), at.worker()];
  assert.equal((await one.event("ready"))["pid"], one.pid);
  await two.event("ready");
  await sharedBy(at, 2);
  await placeAll(app, 1);
  assert.deepEqual([...await handledBy(app, 1)].sort(), [one.pid, two.pid].sort());

  one.kill("SIGTERM");
  assert.deepEqual((await one.event("stopped"))["released"], []);
  assert.deepEqual(await one.ended(), { code: 0, signal: null });
  const workers = records(record((await at.json("status")).value)["workers"]);
  assert.deepEqual(workers.map((worker) => worker["pid"]), [two.pid], "it left the workers at once");
  await placeAll(app, 2);
  await handledBy(app, 2);
  const [shipment] = await Promise.all(KEYS.map((key) => app.read(Shipment, key)));
  assert.equal(shipment?.processes.at(-1), two.pid);
});

test("what a killed worker held is taken over, and nothing is lost or done twice", async (t) => {
  const at = scene(t);
  const app = await at.app();
  const [one, two] = [at.worker(), at.worker()];
  await Promise.all([one.event("ready"), two.event("ready")]);
  await sharedBy(at, 2);
  await placeAll(app, 1);
  one.kill("SIGKILL");
  assert.deepEqual(await one.ended(), { code: null, signal: "SIGKILL" });
  await placeAll(app, 2);
  await handledBy(app, 2);
  await placeAll(app, 3);
  await handledBy(app, 3);
  await sharedBy(at, 1);
  for (const key of KEYS) assert.equal((await app.read(Shipment, key))?.processes.at(-1), two.pid);
});

async function stuckWorker(at: Scene, start: Parameters<Scene["worker"]>[0]): Promise<ReturnType<Scene["worker"]>> {
  const app = await at.app();
  const worker = at.worker(start);
  await app.publish(Stuck({ orderId: "o-1" }));
  await worker.said("stuck");
  return worker;
}

test("a worker with a handler that never ends stops all the same, and says what it released", async (t) => {
  const worker = await stuckWorker(scene(t), {});
  worker.kill("SIGINT");
  assert.equal((await worker.event("stopping"))["signal"], "SIGINT");
  assert.deepEqual((await worker.event("stopped"))["released"], ["executor shipping"]);
  assert.deepEqual(await worker.ended(), { code: 0, signal: null });
});

test("a worker that does not stop within the command's deadline is ended, and the command has failed", async (t) => {
  const worker = await stuckWorker(scene(t), { words: ["--stop-within-seconds", "0.2"], stopMs: 3_600_000 });
  worker.kill("SIGTERM");
  await worker.said("STOP_INCOMPLETE: The application did not stop within 0.2 s");
  assert.deepEqual(await worker.ended(), { code: 1, signal: null });
});

test("a second signal ends a worker at once, and one that comes with the first is the same wish", async (t) => {
  const worker = await stuckWorker(scene(t), { words: ["--stop-within-seconds", "3600"], stopMs: 3_600_000 });
  // Stopped meanwhile, it finds both signals when it wakes.
  worker.kill("SIGSTOP");
  worker.kill("SIGTERM");
  worker.kill("SIGINT");
  worker.kill("SIGCONT");
  await worker.event("stopping");
  await new Promise((resolve) => setTimeout(resolve, 500));
  worker.kill("SIGTERM");
  await worker.said("SIGTERM again: ended at once");
  assert.deepEqual(await worker.ended(), { code: 128 + constants.signals.SIGTERM, signal: null });
});
