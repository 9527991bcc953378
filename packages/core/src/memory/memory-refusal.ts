// The in-memory store's refusals: requests that only a defect can make. What a correct caller may meet is a result, not an error.
import { EvenkeelError } from "../errors.ts";
import type { LeaseState, MemoryState } from "./memory-state.ts";

export function refusal(message: string, details: Record<string, unknown>): EvenkeelError {
  return new EvenkeelError("STORE_REFUSED", message, { details });
}

export function requirePartition(state: MemoryState, partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < state.partitions) return;
  throw refusal(
    `The store has no partition ${String(partition)}: prepare it, and compute partitions modulo its ${String(state.partitions)}.`,
    { partition, partitions: state.partitions },
  );
}

export function requireEntity(state: MemoryState, entity: string): void {
  if (state.entities.has(entity)) return;
  throw refusal(`The store has no entity '${entity}': name it in the manifest given to prepare.`, { entity });
}

export function requireLease(state: MemoryState, group: string, partition: number): LeaseState {
  requirePartition(state, partition);
  const lease = state.groups.get(group)?.leases[partition];
  if (lease !== undefined) return lease;
  throw refusal(`The store has no group '${group}': name it in the manifest given to prepare.`, { group });
}
