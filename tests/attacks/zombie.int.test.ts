// Owners that are not dead and not alive: stopped past their lease and woken again, or hung in a handler. Another takes over, and what the
// old one brings late is fenced off.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { describe } from "node:test";
import { accountsOf, assertClean, eventually, sceneFor } from "./ledger/attack-test.ts";
import type { Flavours } from "./ledger/task.ts";

const DEADLY: Flavours = [{ flavour: "call", first: 3, every: 4 }, { flavour: "deadly", first: 5, every: 1_000 }];

// Side by side: they mostly wait.
describe("owners that are not dead and not alive", { concurrency: true }, () => {
  test("a worker that was stopped past its lease in the middle of a handler is fenced when it wakes", async (t) => {
    const scene = await sceneFor(t, { flavours: DEADLY });
    const old = scene.worker({ deadly: "stop" });
    await old.said("ready");
    const publisher = scene.publisher(accountsOf(8), { upTo: 25, pauseMs: 10 });
    await old.said("deadly");
    const next = scene.worker();
    await publisher.said("published");
    await eventually("the next worker has finished everything", async () => (await scene.store.summary()).every(({ lag }) => lag === 0) || undefined);
    assert.ok(next.isRunning());
    old.kill("SIGCONT");
    await eventually("the late commit is fenced", () => old.errors().includes('"result":"fenced"') || undefined);
    await assertClean(scene, "after the zombie woke");
  });

  test("a main loop that hangs for longer than its lease loses its partitions, and another worker goes on", async (t) => {
    const scene = await sceneFor(t, { flavours: DEADLY });
    const folder = mkdtempSync(join(tmpdir(), "ekhang-"));
    t.after(() => { rmSync(folder, { recursive: true, force: true }); });
    const spinWhile = join(folder, "spin");
    writeFileSync(spinWhile, "");
    const hung = scene.worker({ deadly: { spinWhile } });
    await hung.said("ready");
    const first = await eventually("it is a worker", async () => (await scene.store.roster()).workers[0]);
    const publisher = scene.publisher(accountsOf(8), { upTo: 25, pauseMs: 10 });
    const next = scene.worker();
    await hung.said("deadly");
    await eventually("the other one holds everything", async () => {
      const { workers, leases } = await scene.store.roster();
      return (workers.every(({ id }) => id !== first.id) && leases.every(({ worker }) => worker !== null && worker !== first.id)) || undefined;
    });
    rmSync(spinWhile);
    await eventually("the hung worker has lost its partitions", () => hung.errors().includes("lease.lost") || undefined);
    await publisher.said("published");
    assert.ok(next.isRunning() && hung.isRunning());
    await assertClean(scene, "after the loop hung");
  });
});
