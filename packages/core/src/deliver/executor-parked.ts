// Parked keys of the executor machine: how a commit changes them, and whether one is due.
import { keyId, type Decided, type ExecutorState, type ParkedKey } from "./executor-state.ts";

/** The parked keys once a batch has committed, as far as its partitions are still ours. */
export function parkedAfter(before: ReadonlyMap<string, ParkedKey>, done: Decided, counts: ReadonlySet<number>, nowMs: number): ReadonlyMap<string, ParkedKey> {
  const { park, unpark, retries } = done.commit;
  if (park.length === 0 && unpark.length === 0 && retries.length === 0) return before;
  const parked = new Map(before);
  const change = (ref: { partition: number; tenant: string; key: string }, by: number, dueAt?: number | null): void => {
    if (!counts.has(ref.partition)) return;
    const id = keyId(ref.tenant, ref.key);
    const old = parked.get(id) ?? { partition: ref.partition, tenant: ref.tenant, key: ref.key, count: 0, dueAt: nowMs, suspect: false };
    parked.set(id, { ...old, count: old.count + by, dueAt: dueAt === undefined ? old.dueAt : dueAt });
  };
  for (const { message, head } of park) {
    if (head === null) change(message, 1);
    else change(message, 1, head.retryInMs === null ? null : nowMs + head.retryInMs);
  }
  for (const ref of unpark) change(ref, -1);
  for (const { status, ...ref } of retries) change(ref, 0, status.retryInMs === null ? null : nowMs + status.retryInMs);
  for (const ref of unpark) {
    if ((parked.get(keyId(ref.tenant, ref.key))?.count ?? 1) <= 0) parked.delete(keyId(ref.tenant, ref.key));
  }
  return parked;
}

/** Whether a parked key of a partition that is not being handed over is due. */
export function hasDueKey(state: ExecutorState, nowMs: number): boolean {
  for (const key of state.parked.values()) if (key.dueAt !== null && key.dueAt <= nowMs && state.owned.get(key.partition)?.leaving === false) return true;
  return false;
}
