// One service in this process: its executor and its call runner work on the same partitions, behind the same fences. A partition is given
// back only when both have let go of it.
import type { CallRunner } from "../call/call-driver.ts";
import type { Fence } from "../spi/store.ts";
import type { ExecutorDriver } from "./executor-driver.ts";
import type { Member } from "./ownership.ts";

type Side = "executor" | "runner";

/**
 * Collects the releases of both workers on a partition; calls `released` once both have let go. Where one of them lost the partition
 * instead, the other's release is replaced by the first one of the next epoch, so that one entry per partition is the most there can be.
 */
export class JointRelease {
  readonly #waiting = new Map<number, { readonly epoch: number; readonly by: Side }>();
  readonly #released: (fences: readonly Fence[]) => void;

  constructor(released: (fences: readonly Fence[]) => void) {
    this.#released = released;
  }

  by(who: Side, fences: readonly Fence[]): void {
    const both = fences.filter(({ partition, epoch }) => {
      const open = this.#waiting.get(partition);
      // A late word about an ownership before.
      if (open !== undefined && open.epoch > epoch) return false;
      if (open?.epoch === epoch && open.by !== who) return this.#waiting.delete(partition);
      this.#waiting.set(partition, { epoch, by: who });
      return false;
    });
    if (both.length > 0) this.#released(both);
  }
}

export function serviceMember(executor: ExecutorDriver, runner: CallRunner, partitions: number): Member {
  return {
    group: executor.group,
    partitions,
    granted: (grants) => { executor.granted(grants); runner.granted(grants); },
    lost: (lost) => { executor.lost(lost); runner.lost(lost); },
    leave: (leaving) => { executor.leave(leaving); runner.leave(leaving); },
    controls: () => { executor.control(); },
    callControls: () => { runner.control(); },
    breakers: (rows) => { runner.breakers(rows); },
  };
}
