// What a conformance suite is made of: named cases, and what they need from whoever runs them. It knows no test runner.
import type { Host, Store } from "@evenkeel/core/spi";
import { Scene } from "./scene.ts";

/** What a store brings to its conformance suite. */
export interface StoreFixture {
  /** The host that the stores run on: cases take time and ids from it. */
  readonly host: Host;
  /** What cases choose at random follows from this; a failure names it, so that it can be repeated. */
  readonly seed: number;
  /** A fresh and empty store, not yet prepared. Cases close it; what remains of its data is the fixture's to remove. */
  store(): Promise<Store>;
  /** Another client on the same data, as a second process would have. May be the same object if that serves many. */
  another(store: Store): Promise<Store>;
}

/** One promise of the SPI. */
export interface ConformanceCase {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Resolves when the store keeps the promise; rejects with what it did instead. */
  run(fixture: StoreFixture): Promise<void>;
}

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
