// Ownership in memory: who is alive, who holds which partition, and taking partitions over from the dead. Ownership is a fence, not
// a lock: it never stops anybody, it only makes the commits of a former owner fail.
import type { Fence, Grant, Membership, Roster, WorkerProfile } from "../spi/store.ts";
import { breakerRows } from "./memory-breakers.ts";
import { parkedHeads } from "./memory-parked.ts";
import { requireLease } from "./memory-refusal.ts";
import type { LeaseState, Memory, MemoryState, WorkerState } from "./memory-state.ts";

export function join({ state, host }: Memory, profile: WorkerProfile): Membership {
  const { id, groups, leaseMs } = profile;
  const self: WorkerState = { id, groups, leaseMs, lastBeat: host.elapsed() };
  // Joining anew under the same id ends the earlier membership, and stands at the end.
  state.workers.delete(id);
  state.workers.set(id, self);
  let confirmedAt = self.lastBeat;
  return {
    // A worker that was buried while it stood still stays dead until it joins anew: others may own everything it held.
    beat: () => {
      self.lastBeat = host.elapsed();
      if (state.workers.get(id) === self) confirmedAt = self.lastBeat;
    },
    confirmedMsAgo: () => host.elapsed() - confirmedAt,
    leave: async () => {
      if (state.workers.get(id) !== self) return;
      state.workers.delete(id);
      for (const { leases } of state.groups.values()) for (const lease of leases) if (lease.worker === id) free(lease);
      for (const [group, gather] of state.gathers) if (gather.worker === id) state.gathers.delete(group);
    },
  };
}

function isAlive({ state, host }: Memory, worker: string): boolean {
  const known = state.workers.get(worker);
  return known !== undefined && host.elapsed() - known.lastBeat <= known.leaseMs;
}

export function roster(memory: Memory): Roster {
  const { state, host } = memory;
  for (const id of state.workers.keys()) if (!isAlive(memory, id)) state.workers.delete(id);
  const now = host.elapsed();
  for (const [group, gather] of state.gathers) {
    if (gather.until <= now || !state.workers.has(gather.worker)) state.gathers.delete(group);
  }
  return {
    workers: [...state.workers.values()].map(({ id, groups }) => ({ id, groups })),
    leases: [...state.groups].flatMap(([group, { leases }]) =>
      leases.map(({ worker, epoch }, partition) => ({ group, partition, worker, epoch }))),
    gathered: [...state.gathers].map(([group, { worker }]) => ({ group, worker })),
    pendingControls: [...new Set(state.controls.filter((entry) => entry.doneAt === null).map((entry) => entry.group))],
    pendingCallControls: [...new Set(state.callControls.filter((entry) => entry.doneAt === null).map((entry) => entry.group))],
    breakers: breakerRows(memory),
  };
}

export function acquire(memory: Memory, request: { worker: string; group: string; partitions: readonly number[] }): Grant[] {
  const { worker, group } = request;
  return request.partitions.flatMap((partition): Grant[] => {
    const lease = requireLease(memory.state, group, partition);
    if (lease.worker === worker) {
      // An owner that takes its own partition anew is alive, so what it marked killed nobody.
      if (lease.mark?.epoch === lease.epoch) lease.mark = null;
    } else if (lease.worker !== null) {
      if (isAlive(memory, lease.worker)) return [];
      memory.state.workers.delete(lease.worker);
      if (lease.position === lease.grantedAt) lease.deaths++;
    }
    lease.worker = worker;
    lease.epoch++;
    lease.grantedAt = lease.position;
    const { epoch, position, deaths, mark } = lease;
    const parked = parkedHeads(memory, group, partition);
    return [{ partition, epoch, position, parked, suspect: deaths >= 2, mark: mark?.position ?? null }];
  });
}

export function release(state: MemoryState, request: { worker: string; group: string; fences: readonly Fence[] }): void {
  for (const fence of request.fences) {
    if (isHeld(state, request.group, request.worker, fence)) free(requireLease(state, request.group, fence.partition));
  }
}

function free(lease: LeaseState): void {
  lease.worker = null;
  lease.deaths = 0;
  // What an owner before this one died of stays marked.
  if (lease.mark?.epoch === lease.epoch) lease.mark = null;
}

/** Whether a worker still owns a partition as it did when it was granted this fence. */
export function isHeld(state: MemoryState, group: string, worker: string, fence: Fence): boolean {
  const lease = requireLease(state, group, fence.partition);
  return lease.epoch === fence.epoch && lease.worker === worker;
}

export function mark(state: MemoryState, request: { group: string; fence: Fence; position: number }): "marked" | "fenced" {
  const lease = requireLease(state, request.group, request.fence.partition);
  // A mark names no worker: a lease that was given back keeps its epoch, so it must also have an owner.
  if (lease.epoch !== request.fence.epoch || lease.worker === null) return "fenced";
  lease.mark = { position: request.position, epoch: lease.epoch };
  return "marked";
}

export function advance(lease: LeaseState, to: number): void {
  if (to > lease.position) lease.deaths = 0;
  lease.position = to;
  if (lease.mark !== null && lease.mark.position <= to) lease.mark = null;
}

export function gather({ state, host }: Memory, request: { group: string; worker: string; forMs: number }): void {
  state.gathers.set(request.group, { worker: request.worker, until: host.elapsed() + request.forMs });
}
