// A worker that stands still says so while it does, by the name of what it waits for, and shows all its waits when it is asked to. Real
// processes, a real server, planted deadlocks.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Busy, OrderPlaced, Stuck } from "./testing/shipping-app.ts";
import { eventually, record, records, scene } from "./testing/scene.ts";

/** What the requirement allows, from the moment at which the thing began to stand. */
const WITHIN_MS = 10_000;

// Side by side: they mostly wait.
describe("a worker that stands still", { concurrency: true }, () => {
  test("a handler that never settles is reported by its name, and SIGUSR2 shows it among the waits", async (t) => {
    const { app: open, worker: start, json, evenkeel } = scene(t);
    const app = await open();
    const worker = start({ says: true });
    await worker.event("ready");
    await app.publish(Stuck({ orderId: "o-1" }));
    await worker.said("stuck\n");
    worker.kill("SIGUSR2");
    const dump = linesOf(await worker.said("\"event\":\"waits\"")).find((line) => line["event"] === "waits");
    const handler = records(dump?.["waits"]).find((wait) => wait["name"] === "handler shipping/order.stuck");
    assert.match(String(handler?.["detail"]), /key o-1 of tenant default: waits for something other than its reads/);
    const found = linesOf(await worker.said("stall.found")).find((line) => line["event"] === "stall.found");
    assert.equal(found?.["name"], "handler shipping/order.stuck");
    t.diagnostic(`figures: named "${found["name"]}" ${String(Math.round(Number(found["forMs"])))} ms after it began`);
    assert.ok(Number(found["forMs"]) <= WITHIN_MS);

    // Other processes see it, too.
    const seen = await eventually("status shows it", async () => {
      const [stall] = records(record((await json("status")).value)["stalls"]);
      return stall;
    });
    assert.deepEqual([seen["name"], seen["kind"], seen["pid"], seen["alive"]], ["handler shipping/order.stuck", "wait", worker.pid, true]);
    assert.ok(Number(seen["forMs"]) >= 5_000);
    assert.match((await evenkeel("status")).out, new RegExp(`^\\S+ +${String(worker.pid)} +alive +\\S+.* handler shipping/order\\.stuck$`, "m"));
    const doctor = await evenkeel("doctor");
    assert.equal(doctor.code, 1);
    assert.match(doctor.out, new RegExp(`problem {2}stalls: process ${String(worker.pid)} .*handler shipping/order\\.stuck has lasted.*\\n.*kill -USR2 ${String(worker.pid)}`));
  });

  test("an event loop that stands still is reported by the heartbeat's thread while it does, with the function that holds it, and afterwards by itself", async (t) => {
    const { app: open, worker: start, json } = scene(t);
    const app = await open();
    const worker = start({ says: true });
    await worker.event("ready");
    const stalls = async () => records(record((await json("status")).value)["stalls"]);
    await app.publish(Busy({ orderId: "o-1", forMs: 14_000 }));
    const during = linesOf(await worker.said("stall.found")).find((line) => line["event"] === "stall.found");
    assert.equal(during?.["name"], "event loop");
    t.diagnostic(`figures: named "${during["name"]}" ${String(Math.round(Number(during["forMs"])))} ms after it began`);
    assert.ok(Number(during["forMs"]) <= WITHIN_MS);
    assert.match(String(during["message"]), /has not answered for .* it is in spinHere \(.*shipping-app\.ts:\d+\)/);
    const seen = await eventually("status shows it while it hangs", async () => (await stalls())[0]);
    assert.equal(seen["name"], "event loop");
    assert.match(String(seen["message"]), /it is in spinHere/);
    const said = await worker.said("The event loop stood still for");
    assert.match(said, /"event":"stall\.found"/);
    // It goes on: the thread only looked.
    await app.publish(OrderPlaced({ orderId: "o-2", step: 1, pence: 1 }));
    await eventually("status shows nothing any more", async () => (await stalls()).length === 0 ? true : undefined);
    worker.kill("SIGTERM");
    assert.deepEqual(record(await worker.ended()), { code: 0, signal: null });
  });
});

function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")).map((line) => record(JSON.parse(line)));
}
