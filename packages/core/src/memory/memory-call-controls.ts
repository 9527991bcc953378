// Operators and calls, in memory: listing live calls, recording what is asked of those that need attention, and ending a request with the
// commit of its owner. Every request stays recorded with its result.
import type {
  CallControlEnd, CallControlEntry, CallControlReceipt, CallControlRequest, CallEntry, CallFilter, OpenCallControl,
} from "../spi/call-controls.ts";
import type { Commit } from "../spi/store.ts";
import { recordOf } from "./memory-calls.ts";
import type { Memory, MemoryState } from "./memory-state.ts";

export function listCalls({ state, host }: Memory, filter: CallFilter): CallEntry[] {
  const { group, id, tenant, port, operation, key, after } = filter;
  return [...state.calls.values()]
    .filter((call) =>
      (group === undefined || call.group === group) &&
      (id === undefined || call.id === id) &&
      (tenant === undefined || call.tenant === tenant) &&
      (port === undefined || call.operation.startsWith(`${port}.`)) &&
      (operation === undefined || call.operation === operation) &&
      (key === undefined || call.callKey === key) &&
      (filter.state === undefined || call.state === filter.state) &&
      (after === undefined || call.sequence > after))
    .sort((a, b) => a.sequence - b.sequence)
    .slice(0, filter.limit)
    .map((call) => {
      const open = openOf(state, call.id);
      const control = open === undefined ? null : { id: open.id, action: open.action, actor: open.actor };
      return { ...recordOf(call, host.elapsed()), group: call.group, control };
    });
}

export function requestCallControl({ state, host }: Memory, request: CallControlRequest): CallControlReceipt {
  const call = state.calls.get(request.callId);
  if (call === undefined) return { kind: "unknown" };
  const open = openOf(state, call.id);
  if (open !== undefined) return { kind: "pending", id: open.id, action: open.action, actor: open.actor };
  if (call.state !== "attention") return { kind: "notWaiting", state: call.state };
  const id = state.callControls.length + 1;
  const { group, partition, tenant, operation, callKey: key, routingKey } = call;
  state.callControls.push({ ...request, id, group, partition, tenant, operation, key, routingKey, requestedAt: host.now(), doneAt: null, result: null });
  return { kind: "recorded", id };
}

export function readCallControls(state: MemoryState, request: { group: string; partitions: readonly number[] }): OpenCallControl[] {
  return state.callControls
    .filter((entry) => entry.doneAt === null && entry.group === request.group && request.partitions.includes(entry.partition))
    .map(({ id, partition, operation, callId, action, outcome, deadlineMs }) =>
      ({ id, partition, operation, callId, action, outcome, deadlineMs, sequence: state.calls.get(callId)?.sequence ?? null }));
}

export function callControls(
  state: MemoryState, { ids, callId, limit }: { readonly ids?: readonly number[]; readonly callId?: string; readonly limit: number },
): CallControlEntry[] {
  return state.callControls
    .filter((entry) => (ids === undefined || ids.includes(entry.id)) && (callId === undefined || entry.callId === callId))
    .reverse()
    .slice(0, limit);
}

export function isOpen(state: MemoryState, { group, fences }: Commit, end: CallControlEnd): boolean {
  const entry = state.callControls[end.id - 1];
  return entry?.doneAt === null && entry.group === group && fences.some((fence) => fence.partition === entry.partition);
}

export function endCallControls({ state, host }: Memory, ends: readonly CallControlEnd[]): void {
  for (const { id, callId, refused, deadlineMs } of ends) {
    const entry = state.callControls[id - 1];
    if (entry === undefined) continue;
    const call = state.calls.get(callId);
    const why = refused ?? (call === undefined ? "the call had ended before" : null);
    state.callControls[id - 1] = { ...entry, doneAt: host.now(), result: why === null ? "done" : `refused: ${why}` };
    if (call !== undefined && why === null && deadlineMs !== null) {
      state.calls.set(callId, { ...call, deadlineMs, deadline: host.elapsed() + deadlineMs });
    }
  }
}

function openOf(state: MemoryState, callId: string): CallControlEntry | undefined {
  return state.callControls.find((entry) => entry.callId === callId && entry.doneAt === null);
}
