// A message that ends its worker every time it is handled: it is found and set aside, everything else goes on.
import assert from "node:assert/strict";
import test from "node:test";
import { accountsOf, assertClean, eventually, sceneFor } from "./ledger/attack-test.ts";
import type { Child } from "./ledger/processes.ts";
import type { Scene } from "./ledger/scene.ts";

/** Starts a worker again whenever it ends, as a supervisor does. */
function supervise(scene: Scene, deadly: "exit" | null): { readonly deaths: () => number; stop(): Promise<void> } {
  let deaths = 0;
  let stopped = false;
  let current: Child | null = null;
  const start = (): void => {
    current = scene.worker(deadly === null ? {} : { deadly });
    void current.ended.then(() => {
      if (stopped) return;
      deaths++;
      start();
    });
  };
  start();
  return {
    deaths: () => deaths,
    stop: async () => {
      stopped = true;
      current?.kill("SIGKILL");
      await current?.ended;
    },
  };
}

test("a message that kills its worker every time is parked as HANDLER_KILLED, and all other keys flow", async (t) => {
  // Eight accounts share four partitions; one account's fifth post is the killer.
  const scene = await sceneFor(t, { flavours: [{ flavour: "deadly", first: 5, every: 1_000 }] });
  const accounts = accountsOf(8);
  const [killer = "", ...others] = accounts;
  const fleet = supervise(scene, "exit");
  const first = scene.publisher([killer], { upTo: 8, pauseMs: 1 });
  const second = scene.publisher(others, { upTo: 4, pauseMs: 1 });
  await Promise.all([first.said("published"), second.said("published")]);
  const letter = await eventually("the killer is a dead letter", async () => (await scene.app.deadLetters.list())[0]);
  assert.equal(letter.code, "HANDLER_KILLED");
  assert.equal(letter.key, killer);
  const deaths = fleet.deaths();
  assert.ok(deaths >= 3, `it takes at least three deaths to be sure: ${String(deaths)}`);
  await eventually("everything else is handled, what queues behind the killer apart", async () =>
    (await scene.store.summary()).every(({ lag, waitingKeys }) => lag === 0 && waitingKeys === 0) || undefined);
  assert.equal((await scene.app.deadLetters.list()).length, 1, "nothing else was set aside");

  // Redriven too early, it kills again, and is set aside again.
  await scene.app.deadLetters.redrive(letter, { actor: "attack" });
  await eventually("it killed again and is a dead letter again", async () =>
    (fleet.deaths() > deaths && (await scene.app.deadLetters.list())[0]?.code === "HANDLER_KILLED") || undefined);
  await fleet.stop();

  const mended = supervise(scene, null);
  const [again] = await scene.app.deadLetters.list();
  assert.ok(again !== undefined);
  await scene.app.deadLetters.redrive(again, { actor: "attack", withinMs: 60_000 });
  await assertClean(scene, "after the handler was mended");
  await mended.stop();
});
