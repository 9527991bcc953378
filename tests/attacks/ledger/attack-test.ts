// What the attack tests share: the run's database, and a scene that ends with its test and whose failures name the seed.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";
import { runSeed } from "./random.ts";

export function testDatabase(): string {
  const url = process.env["EVENKEEL_TEST_DATABASE_URL"];
  assert.ok(url, "Set EVENKEEL_TEST_DATABASE_URL, or run this through npm test, which does.");
  return url;
}

export async function sceneFor(t: TestContext, options: Partial<SceneOptions> & Pick<SceneOptions, "flavours">): Promise<Scene> {
  const scene = await openScene({ url: testDatabase(), seed: runSeed(), ...options });
  t.after(() => scene.end());
  return scene;
}

/** Fails unless everything is done and the books are right. */
export async function assertClean(scene: Scene, where: string): Promise<void> {
  const faults = await scene.faults(Number(process.env["ATTACK_LIMIT_MS"] ?? "60000"));
  assert.ok(faults.length === 0, `${where}: the audit is not clean (the same again: EVENKEEL_SEED=${String(scene.seed)}):\n${faults.join("\n")}`);
}

export function accountsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `account-${String(index)}`);
}

/** Asks again until there is an answer; the bound only keeps a broken test from hanging. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < until, `not within ${String(withinMs)} ms: ${what} (seed ${String(runSeed())})`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
