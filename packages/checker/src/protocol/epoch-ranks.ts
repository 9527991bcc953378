// Epochs by rank: how many that occur in the world are newer. They are compared for equality alone, and each new one is greater than all of its
// partition, so worlds whose epochs have the same ranks have the same futures. Whoever uses it notes every epoch before the first rank.
import type { Fence } from "@evenkeel/core/spi";
import { isLate, type LeaseFlight, type OwnersWorld, type Stray } from "./owners.ts";
import { leasesOf } from "./rules.ts";

export class EpochRanks {
  readonly #epochs: Set<number>[];

  /** Notes what stands in the leases, in what owners believe, and among their requests about leases; the machines are the protocol's. */
  constructor({ store, owners, strays }: OwnersWorld<unknown, { readonly kind: string }>) {
    this.#epochs = leasesOf(store).map(({ epoch, mark }) => new Set(mark === null ? [epoch] : [epoch, mark.epoch]));
    for (const { held } of owners) for (const [partition, epoch] of held) this.note({ partition, epoch });
    for (const stray of strays) this.noteAll(fencesOf(stray));
  }

  note({ partition, epoch }: Fence): void {
    this.#epochs[partition]?.add(epoch);
  }

  noteAll(fences: readonly Fence[]): void {
    for (const fence of fences) this.note(fence);
  }

  noteLease(flight: LeaseFlight): void {
    this.noteAll(flight.kind === "acquire" ? flight.grants : flight.fences);
  }

  one({ partition, epoch }: Fence): string {
    let rank = 0;
    for (const other of this.#epochs[partition] ?? []) if (other > epoch) rank++;
    return `${String(partition)}^${String(rank)}`;
  }

  all(fences: readonly Fence[]): string {
    return fences.map((fence) => this.one(fence)).join(",");
  }

  held(held: ReadonlyMap<number, number>): string {
    return [...held].map(([partition, epoch]) => this.one({ partition, epoch })).sort().join();
  }

  /** Who owns each partition that can be owned, in which epoch; `rest` says what else stands in the lease. */
  leases({ store, owners }: OwnersWorld<unknown, unknown>, rest: (lease: ReturnType<typeof leasesOf>[number], partition: number) => string): string {
    const alive = owners.map(({ id }) => !store.workers.has(id) ? "d" : isLate(store, id) ? "l" : "a").join("");
    return alive + leasesOf(store).slice(0, -1).map((lease, partition) => {
      const owner = lease.worker === null ? "-" : owners.findIndex(({ id, machine }) => id === lease.worker && machine !== null);
      return `${String(owner)}${this.one({ partition, epoch: lease.epoch })}${rest(lease, partition)}`;
    }).join(";");
  }
}

function fencesOf(stray: Stray): readonly Fence[] {
  switch (stray.kind) {
    case "commit": return stray.commit.fences;
    case "mark": return [stray.fence];
    case "release": return stray.fences;
  }
}
