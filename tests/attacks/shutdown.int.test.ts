// A worker told to stop while a slow call is under way: it ends within its deadline, says what it released, and another worker finishes it.
import assert from "node:assert/strict";
import test from "node:test";
import { assertClean, sceneFor } from "./ledger/attack-test.ts";

test("a stop with a slow call under way says what was released, and another worker finishes it", async (t) => {
  const scene = await sceneFor(t, { flavours: [{ flavour: "call", first: 1, every: 1_000 }], bankHolds: true });
  const old = scene.worker({ settings: { stopWithinMs: 100 } });
  await old.said("ready");
  const publisher = scene.publisher(["account-0", "account-1"], { upTo: 6, pauseMs: 1 });
  await publisher.said("published");
  await scene.bankIsAsked();
  old.kill("SIGTERM");
  // The bank still holds the call: a stop that waited for it would not end.
  const { released } = await old.said("stopped");
  assert.deepEqual(released, ["calls accounts"]);
  assert.equal((await old.ended).code, 0);
  scene.releaseBank();
  const next = scene.worker();
  await assertClean(scene, "after the stop");
  assert.ok(next.isRunning());
});
