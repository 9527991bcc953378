// The random case: operations drawn from the seed, done to the store and to the oracle, which must agree at every step.
import { onStore } from "./conformance-case.ts";
import { Play } from "./model-play.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const STEPS = 300;

export const modelCases: readonly ConformanceCase[] = [
  onStore("Whatever is done in whatever order, the store holds what a plain model holds", async (scene) => {
    const play = await Play.begin(scene);
    for (let step = 1; step <= STEPS; step++) {
      try {
        await play.step();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`With the seed ${String(scene.seed)}, at step ${String(step)} (${play.last}): ${reason}`, { cause });
      }
    }
  }),
];
