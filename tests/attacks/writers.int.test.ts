// 64 writers at once, against workers that share every partition among them: what each writer said is handled once, and in its order.
import assert from "node:assert/strict";
import test from "node:test";
import { accountsOf, assertClean, sceneFor } from "./ledger/attack-test.ts";
import { MIXED } from "./ledger/task.ts";

test("what 64 writers post with random pauses is neither lost nor doubled nor overtaken", async (t) => {
  const scene = await sceneFor(t, { flavours: MIXED });
  const accounts = accountsOf(64);
  scene.worker();
  scene.worker();
  const halves = [accounts.slice(0, 32), accounts.slice(32)];
  const writers = halves.map((half) => scene.publisher(half, { upTo: 25, pauseMs: 15 }));
  await Promise.all(writers.map((writer) => writer.said("published")));
  assert.deepEqual([...scene.confirmed.values()], accounts.map(() => 25));
  await assertClean(scene, "64 writers");
});
