// The scene of a conformance case: one prepared store with its clients and workers, short ways to say things to it, and an end that
// leaves nothing behind. It judges nothing but its own preparations.
import { partitionOf, type CommitResult, type Envelope, type Host, type Manifest, type Message, type Store } from "@evenkeel/core/spi";
import { Actor } from "./actor.ts";
import type { StoreFixture } from "./store-fixture.ts";
import { at, holds } from "./expect.ts";

export const PARTITIONS = 4;

export const MANIFEST: Manifest = {
  partitions: PARTITIONS,
  groups: [
    { name: "billing", handles: ["order.placed", "order.paid"] },
    { name: "mailing", handles: ["order.placed"] },
  ],
  entities: ["account", "stock"],
  schemas: [],
};

const NAMES = ["order.placed", "order.paid"];
const LONG_LEASE_MS = 60_000;
const PATIENCE_MS = 30_000;

export class Scene {
  readonly host: Host;
  readonly seed: number;
  readonly store: Store;
  readonly #fixture: StoreFixture;
  readonly #stores: Store[];
  readonly #actors: Actor[] = [];
  #keys = 0;

  private constructor(fixture: StoreFixture, store: Store) {
    this.host = fixture.host;
    this.seed = fixture.seed;
    this.store = store;
    this.#fixture = fixture;
    this.#stores = [store];
  }

  static async open(fixture: StoreFixture): Promise<Scene> {
    const scene = new Scene(fixture, await fixture.store());
    try {
      await scene.store.prepare(MANIFEST);
      return scene;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const actor of this.#actors) await actor.leave();
    for (const store of [...this.#stores].reverse()) await store.close();
  }

  /** Another process's client on the same data, prepared as every process does first. */
  async another(): Promise<Store> {
    const store = await this.#fixture.another(this.store);
    this.#stores.push(store);
    await store.prepare(MANIFEST);
    return store;
  }

  /** A worker. One with a short lease beats by itself until it dies; the default lease outlives any case. */
  async worker(options: { group?: string; leaseMs?: number; store?: Store } = {}): Promise<Actor> {
    const { group = "billing", leaseMs = LONG_LEASE_MS, store = this.store } = options;
    const actor = await Actor.join({ host: this.host, store, group, leaseMs });
    this.#actors.push(actor);
    return actor;
  }

  /** Several workers, each with a client of its own. */
  async workers(count: number, group = "billing"): Promise<readonly Actor[]> {
    const actors: Actor[] = [];
    for (let index = 0; index < count; index++) actors.push(await this.worker({ group, store: await this.another() }));
    return actors;
  }

  /** Stops a worker's beats and waits until it counts as dead. */
  async die(actor: Actor): Promise<void> {
    actor.silence();
    await this.eventually("the silent worker is buried", async () => {
      const { workers } = await this.store.roster();
      return workers.some((worker) => worker.id === actor.id) ? null : true;
    });
  }

  /** A key that nobody used yet, in a given partition. */
  key(partition: number, tenant = "default"): string {
    for (;;) {
      const key = `k-${String(this.#keys++)}`;
      if (partitionOf(tenant, key, PARTITIONS) === partition) return key;
    }
  }

  envelope(key: string, change: Partial<Omit<Envelope, "key" | "partition">> = {}): Envelope {
    const tenant = change.tenant ?? "default";
    return {
      id: this.host.newId(), name: "order.placed", version: 1, body: JSON.stringify({ key }), causationId: null,
      correlationId: this.host.newId(), trace: null, occurredAt: this.host.now(), ...change,
      tenant, key, partition: partitionOf(tenant, key, PARTITIONS),
    };
  }

  /** Publishes under a door key of its own; returns the messages with their positions. */
  async publish(...envelopes: readonly Envelope[]): Promise<readonly Message[]> {
    const call = { tenant: "default", doorKey: this.host.newId(), digest: "d", messages: envelopes, timers: [] };
    const result = at(await this.store.publish([call]), 0);
    holds(result.kind === "published", "a publish under a new door key is published", result);
    return envelopes.map((envelope, index) => {
      const { position } = at(result.receipts, index);
      holds(position !== null, "a message that is not delayed has a position");
      return { ...envelope, position };
    });
  }

  /** Everything in the log under the names of the scene, partition by partition. */
  async log(): Promise<readonly Message[]> {
    const cursors = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, position: 0 }));
    const { messages } = await this.store.read({ group: "billing", names: NAMES, cursors, limit: 1_000_000, maxLength: 1_000_000_000 });
    return messages;
  }

  /** The ids in the log. */
  async ids(): Promise<ReadonlySet<string>> {
    return new Set((await this.log()).map((message) => message.id));
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => { this.host.after(ms, resolve); });
  }

  /** Asks again and again until the answer is not null. Fails only after a time that no store needs. */
  async eventually<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
    const until = this.host.elapsed() + PATIENCE_MS;
    for (;;) {
      const answer = await ask();
      if (answer !== null) return answer;
      holds(this.host.elapsed() < until, `within ${String(PATIENCE_MS)} ms: ${what}`);
      await this.pause(50);
    }
  }

  /** Repeats a commit that the store asks to run again. */
  async settle(commit: () => Promise<CommitResult>): Promise<CommitResult> {
    for (;;) {
      const result = await commit();
      if (result.kind !== "rerun") return result;
    }
  }
}

/** A message without its body's spelling: for what a store may keep as a parsed value. */
export function parsed<T extends { readonly body: string | null }>(value: T): Omit<T, "body"> & { readonly body: unknown } {
  return { ...value, body: value.body === null ? null : JSON.parse(value.body) as unknown };
}
