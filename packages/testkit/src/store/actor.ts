// A worker in a conformance case: joins, beats, owns partitions of one group, and commits behind the fences it holds.
import type { Commit, CommitResult, Fence, Grant, Host, Membership, Message, ParkedRef, ParkStatus, Store } from "@evenkeel/core/spi";
import { at, holds, same } from "./expect.ts";

export class Actor {
  readonly id: string;
  readonly group: string;
  readonly store: Store;
  readonly #host: Host;
  readonly #membership: Membership;
  readonly #fences = new Map<number, Fence>();
  #cancelBeat: () => void = () => undefined;

  private constructor(id: string, group: string, store: Store, membership: Membership, host: Host) {
    this.id = id;
    this.group = group;
    this.store = store;
    this.#membership = membership;
    this.#host = host;
  }

  static async join(options: { host: Host; store: Store; group: string; leaseMs: number }): Promise<Actor> {
    const { host, store, group, leaseMs } = options;
    const id = host.newId();
    const membership = await store.join({ id, groups: [group], leaseMs });
    const actor = new Actor(id, group, store, membership, host);
    // A long lease outlives the case; a short one needs beats, as from a main loop that turns.
    if (leaseMs < 10_000) actor.#keepBeating(host, leaseMs / 10);
    return actor;
  }

  #keepBeating(host: Host, everyMs: number): void {
    this.#cancelBeat = host.after(everyMs, () => {
      this.beat();
      this.#keepBeating(host, everyMs);
    });
  }

  beat(): void {
    this.#membership.beat();
  }

  /** Stops the beats, as a process that hangs or died. */
  silence(): void {
    this.#cancelBeat();
  }

  async leave(): Promise<void> {
    this.silence();
    await this.#membership.leave();
  }

  /** Asks for partitions; remembers the fences of what was granted. */
  async ask(...partitions: readonly number[]): Promise<readonly Grant[]> {
    const grants = await this.store.acquire({ worker: this.id, group: this.group, partitions });
    for (const { partition, epoch } of grants) this.#fences.set(partition, { partition, epoch });
    return grants;
  }

  /** Takes partitions that must be to be had. */
  async own(...partitions: readonly number[]): Promise<readonly Grant[]> {
    let grants = await this.ask(...partitions);
    // A dead owner's last beat may have been under way on a busy machine: its lease then ends a little later.
    for (let tries = 0; grants.length === 0 && tries < 100; tries++) {
      await new Promise<void>((resolve) => { this.#host.after(50, resolve); });
      grants = await this.ask(...partitions);
    }
    grants = [...grants].sort((a, b) => a.partition - b.partition);
    same(grants.map((grant) => grant.partition), [...partitions].sort((a, b) => a - b), "free partitions are granted");
    return grants;
  }

  async ownOne(partition: number): Promise<Grant> {
    return at(await this.own(partition), 0);
  }

  async release(...partitions: readonly number[]): Promise<void> {
    await this.store.release({ worker: this.id, group: this.group, fences: this.fences(...partitions) });
  }

  /** The fences as they were granted, of all partitions unless some are named. */
  fences(...partitions: readonly number[]): readonly Fence[] {
    return [...this.#fences.values()].filter((fence) => partitions.length === 0 || partitions.includes(fence.partition));
  }

  fence(partition: number): Fence {
    return at(this.fences(partition), 0, `the fence of partition ${String(partition)}`);
  }

  commitOf(parts: Partial<Commit>): Commit {
    return {
      group: this.group, worker: this.id, fences: this.fences(), progress: [], documents: [], messages: [], calls: [], callUpdates: [],
      timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [], ...parts,
    };
  }

  commit(parts: Partial<Commit>): Promise<CommitResult> {
    return this.store.commit(this.commitOf(parts));
  }

  /** A commit that must succeed; returns the calls that joined others. */
  async committed(parts: Partial<Commit>): Promise<readonly string[]> {
    const result = await this.commit(parts);
    holds(result.kind === "committed", "the commit succeeds", result);
    return result.joinedCalls;
  }

  /** Parks messages of one key: the first as a failing head, the others behind it. */
  async park(messages: readonly Message[], head: ParkStatus): Promise<void> {
    await this.committed({ park: messages.map((message, index) => ({ message, head: index === 0 ? head : null })) });
  }

  position(partition: number): Promise<number> {
    return this.store.acquire({ worker: this.id, group: this.group, partitions: [partition] }).then((grants) => {
      for (const grant of grants) this.#fences.set(partition, { partition, epoch: grant.epoch });
      return at(grants, 0, "an owner's partition is granted to it again").position;
    });
  }
}

export function refOf({ partition, tenant, key, position }: Message): ParkedRef {
  return { partition, tenant, key, position };
}

/** A head that waits for a person. */
export const DEAD: ParkStatus = { attempts: 3, code: "ORDER_EMPTY", reason: "no lines", retryInMs: null };

/** A head that is tried again in an hour. */
export const WAITING: ParkStatus = { attempts: 1, code: "BANK_AWAY", reason: "no answer", retryInMs: 3_600_000 };
