// How a case is written: on a store that the scene prepared, or on one that nobody prepared yet. Either way the store is closed at the end.
import type { Store } from "@evenkeel/core/spi";
import { Scene } from "./scene.ts";
import type { ConformanceCase, StoreFixture } from "./store-fixture.ts";

/** A case on a store that is prepared with the scene's manifest. */
export function onStore(name: string, play: (scene: Scene) => Promise<void>): ConformanceCase {
  return {
    name,
    run: async (fixture) => {
      const scene = await Scene.open(fixture);
      try {
        await play(scene);
      } finally {
        await scene.close();
      }
    },
  };
}

/** A case on a store that nobody prepared yet. */
export function onEmptyStore(name: string, play: (store: Store, fixture: StoreFixture) => Promise<void>): ConformanceCase {
  return {
    name,
    run: async (fixture) => {
      const store = await fixture.store();
      try {
        await play(store, fixture);
      } finally {
        await store.close();
      }
    },
  };
}
