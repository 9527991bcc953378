// One service in this process: its executor and its call runner work on the same partitions, behind the same fences. A partition is given
// back only when both have let go of it.
import type { CallRunner } from "../call/call-driver.ts";
import type { Fence } from "../spi/store.ts";
import type { ExecutorDriver } from "./executor-driver.ts";
import type { Member } from "./ownership.ts";

/** Collects the releases of both workers on a partition; calls `released` once both have let go. */
export class JointRelease {
  readonly #waiting = new Map<string, Set<string>>();
  readonly #released: (fences: readonly Fence[]) => void;

  constructor(released: (fences: readonly Fence[]) => void) {
    this.#released = released;
  }

  by(who: "executor" | "runner", fences: readonly Fence[]): void {
    const both = fences.filter((fence) => {
      const id = `${String(fence.partition)}/${String(fence.epoch)}`;
      const done = this.#waiting.get(id) ?? new Set();
      done.add(who);
      if (done.size < 2) { this.#waiting.set(id, done); return false; }
      this.#waiting.delete(id);
      return true;
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
  };
}
