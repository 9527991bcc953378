// A worker told to stop while a slow call is under way: it ends within its deadline, says what it released, and another worker finishes it.
import assert from "node:assert/strict";
import test from "node:test";
import { assertClean, eventually, sceneFor } from "./ledger/attack-test.ts";

test("a stop with a slow call under way says what was released, and another worker finishes it", async (t) => {
  const scene = await sceneFor(t, { flavours: [{ flavour: "call", first: 1, every: 1_000 }], bankSlowMs: 1_000 });
  const old = scene.worker({ settings: { stopWithinMs: 100 } });
  await old.said("ready");
  const attempts = (): Promise<number> => scene.bankAttempts();
  const publisher = scene.publisher(["account-0", "account-1"], { upTo: 6, pauseMs: 1 });
  await publisher.said("published");
  await eventually("the bank is asked", async () => (await attempts()) > 0 || undefined);
  old.kill("SIGTERM");
  const { released, tookMs } = await old.said("stopped");
  assert.deepEqual(released, ["calls accounts"]);
  assert.ok(Number(tookMs) < 20_000, `it stopped after ${String(tookMs)} ms`);
  assert.equal((await old.ended).code, 0);
  const next = scene.worker();
  await assertClean(scene, "after the stop");
  assert.ok(next.isRunning());
});
