// What a conformance suite is made of: named cases, and what they need from whoever runs them. It knows no test runner.
import type { Host, Store } from "@evenkeel/core/spi";

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
