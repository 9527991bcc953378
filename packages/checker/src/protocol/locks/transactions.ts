// The transactions of the store as lists of lock steps, in the order of the shipping functions; and the wrong orders that must be found.
import type { Step, Transaction } from "./lock-steps.ts";

const ascending = (partitions: readonly number[]): number[] => [...new Set(partitions)].sort((a, b) => a - b);

/** append_2: every lock, ascending; then a look at what stands before; then positions and rows. */
export function append(partitions: readonly number[]): Step[] {
  return [...locks(ascending(partitions)), { do: "look", partitions: ascending(partitions) }, { do: "draw", partitions }];
}

export function locks(partitions: readonly number[]): Step[] {
  return partitions.map((partition) => ({ do: "lock", lock: `append ${String(partition)}` }));
}

export const END: readonly Step[] = [{ do: "commit" }, { do: "release" }];

/** publish_2 and publish_one_1: the append, then the door. */
export function publish(name: string, partitions: readonly number[], key: string): Transaction {
  return { name, steps: [...append(partitions), { do: "door", key }, ...END] };
}

/** commit_2: the fences shared, ascending; the epoch; progress; last of all the append. */
export function ownersCommit(name: string, fences: readonly number[], appended: readonly number[], order?: readonly Step[]): Transaction {
  return { name, steps: order ?? [...shared(fences), { do: "compare", epoch: 1 }, { do: "progress", from: 0 }, ...append(appended), ...END] };
}

export function shared(fences: readonly number[]): Step[] {
  return fences.map((partition) => ({ do: "share", lock: `fence ${String(partition)}` }));
}

export function exclusive(fences: readonly number[]): Step[] {
  return fences.flatMap((partition): Step[] => [{ do: "ask", lock: `fence ${String(partition)}` }, { do: "lock", lock: `fence ${String(partition)}` }]);
}

/** The takeover: the fences exclusively, ascending; then the epoch raised; then progress read. */
export function takeover(fences: readonly number[], order?: readonly Step[]): Transaction {
  return { name: "takeover", steps: order ?? [...exclusive(fences), { do: "raise" }, { do: "read progress" }, ...END] };
}

/** The first commit of the one who took over. */
export function heir(appended: readonly number[]): Transaction {
  return {
    name: "heir", after: "takeover",
    steps: [...shared([0]), { do: "compare", epoch: 2 }, { do: "progress", from: "read" }, ...append(appended), ...END],
  };
}
