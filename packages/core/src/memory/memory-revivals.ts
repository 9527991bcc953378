// Revivals in memory: which keys of a group must be woken by their next owner, set and cleared by its commits, and read in order.
import type { Revival, RevivalChange } from "../message/changes.ts";
import type { RevivalRequest } from "../spi/revivals.ts";
import { requirePartition } from "./memory-refusal.ts";
import { idOf, type MemoryState } from "./memory-state.ts";

export function changeRevivals(state: MemoryState, group: string, changes: readonly RevivalChange[]): void {
  for (const { partition, tenant, key, on } of changes) {
    const id = idOf(group, partition, tenant, key);
    if (on) state.revivals.set(id, { group, partition, tenant, key });
    else state.revivals.delete(id);
  }
}

export function readRevivals(state: MemoryState, { group, partitions, limit, after }: RevivalRequest): readonly Revival[] {
  for (const partition of partitions) requirePartition(state, partition);
  const wanted = new Set(partitions);
  return [...state.revivals.values()]
    .filter((one) => one.group === group && wanted.has(one.partition) && (after === null || compare(one, after) > 0))
    .sort(compare)
    .slice(0, limit)
    .map(({ partition, tenant, key }) => ({ partition, tenant, key }));
}

function compare(a: Revival, b: Revival): number {
  return a.partition - b.partition || compareText(a.tenant, b.tenant) || compareText(a.key, b.key);
}

/** By code points, and not by the halves of those beyond the first 65,536 as `<` does. */
function compareText(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (one !== other) return (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}
