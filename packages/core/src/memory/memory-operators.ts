// What operators see and ask for, in memory: listing parked keys, requesting controls, and acting on them for the partitions' owner.
// Every request stays recorded with its result; a refused one changes nothing else.
import { LISTED_LENGTH } from "../spi/store.ts";
import type {
  AppliedControl, ControlEntry, ControlRequest, Fence, GroupSummary, ParkedEntry, ParkedFilter, ParkedPlace,
} from "../spi/store.ts";
import { isSystemGroup } from "../spi/system-groups.ts";
import { countAfter } from "./memory-log.ts";
import { isHeld } from "./memory-owners.ts";
import { queuesOf, removeRow, rowsOf } from "./memory-parked.ts";
import { requireLease } from "./memory-refusal.ts";
import type { Memory, MemoryState, ParkedState } from "./memory-state.ts";

export function listParked(state: MemoryState, filter: ParkedFilter): ParkedEntry[] {
  const { after, maxLength = LISTED_LENGTH } = filter;
  const found = queuesOf(state, filter.group)
    .map(([head, ...behind]) => entryOf(head, behind.length))
    .filter((entry) =>
      (filter.tenant === undefined || entry.tenant === filter.tenant) &&
      (filter.key === undefined || entry.key === filter.key) &&
      (filter.state === undefined || entry.state === filter.state) &&
      (after === undefined || inOrder(entry, after) > 0))
    .sort(inOrder)
    .slice(0, filter.limit);
  let length = 0;
  const end = found.findIndex(({ message, editedBody }) => (length += message.body.length + (editedBody?.length ?? 0)) >= maxLength);
  return end < 0 ? found : found.slice(0, end + 1);
}

/** Positions are counted per partition, and each group parks its own: only all four together are one place. */
function inOrder(a: ParkedPlace, b: ParkedPlace): number {
  const groups = a.group === b.group ? 0 : a.group < b.group ? -1 : 1;
  return a.parkedAt - b.parkedAt || a.position - b.position || a.partition - b.partition || groups;
}

function entryOf(head: ParkedState, behind: number): ParkedEntry {
  const { group, message, attempts, code, reason, parkedAt, editedBody } = head;
  const { partition, tenant, key, position } = message;
  const state = head.due === null ? "dead" : "waiting";
  return { group, partition, tenant, key, position, state, attempts, code, reason, behind, parkedAt, message, editedBody };
}

export function requestControl({ state, host }: Memory, requests: readonly ControlRequest[]): number[] {
  for (const { group, partition } of requests) requireLease(state, group, partition);
  return requests.map((request) => {
    const id = state.controls.length + 1;
    state.controls.push({ ...request, id, requestedAt: host.now(), doneAt: null, result: null });
    return id;
  });
}

export function controls(state: MemoryState, filter: { ids?: readonly number[]; limit: number }): ControlEntry[] {
  const { ids } = filter;
  if (ids === undefined) return state.controls.slice(-filter.limit).reverse();
  return state.controls.filter((entry) => ids.includes(entry.id)).slice(0, filter.limit);
}

export function applyControls(
  memory: Memory, request: { group: string; worker: string; fences: readonly Fence[] },
): AppliedControl[] {
  const { state, host } = memory;
  const { group, worker } = request;
  const held = new Set(request.fences.filter((fence) => isHeld(state, group, worker, fence)).map((fence) => fence.partition));
  const applied: AppliedControl[] = [];
  for (const [index, entry] of state.controls.entries()) {
    if (entry.doneAt !== null || entry.group !== group || !held.has(entry.partition)) continue;
    const refused = applyOne(memory, entry);
    state.controls[index] = { ...entry, doneAt: host.now(), result: refused === null ? "done" : `refused: ${refused}` };
    const { partition, tenant, key, position, action } = entry;
    const remaining = rowsOf(state, group, entry).length;
    applied.push({ partition, tenant, key, position, action, remaining, applied: refused === null });
  }
  return applied;
}

/** Acts on one request; returns why not, or null. */
function applyOne({ state, host }: Memory, entry: ControlEntry): string | null {
  const [head, next] = rowsOf(state, entry.group, entry);
  if (head?.message.position !== entry.position) {
    return head === undefined
      ? "nothing of this key is parked any more"
      : `the head of this key is at position ${String(head.message.position)}: act on that one`;
  }
  switch (entry.action) {
    case "redrive":
      head.due = host.elapsed();
      head.attempts = 0;
      return null;
    case "edit":
      if (entry.body === null) return "an edit needs a body";
      head.editedBody = entry.body;
      return null;
    case "skip":
      removeRow(state, entry.group, entry);
      if (next !== undefined) next.due = host.elapsed();
      return null;
  }
}

export function summary(state: MemoryState): GroupSummary[] {
  return [...state.groups].filter(([group]) => !isSystemGroup(group)).map(([group, { leases }]) => {
    const queues = queuesOf(state, group);
    const calls = [...state.calls.values()].filter((call) => call.group === group);
    const parkedAt = queues.flat().map((row) => row.parkedAt);
    return {
      group,
      lag: leases.reduce((sum, lease, partition) => sum + countAfter(state, partition, lease.position), 0),
      waitingKeys: queues.filter(([head]) => head.due !== null).length,
      deadLetters: queues.filter(([head]) => head.due === null).length,
      oldestParkedAt: parkedAt.length === 0 ? null : parkedAt.reduce((a, b) => Math.min(a, b)),
      calls: calls.length,
      callsNeedingAttention: calls.filter((call) => call.state === "attention").length,
    };
  });
}
