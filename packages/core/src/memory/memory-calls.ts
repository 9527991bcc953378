// Calls in memory: admitting new ones under their business keys, following what the call runner says of them, and reading them in
// order. One live call per (tenant, operation, key): the same input joins it, another input is refused.
import type { CallRecord, NewCall } from "../message/call.ts";
import type { CallsRead, CallsRequest } from "../spi/call-store.ts";
import type { CallUpdate } from "../spi/store.ts";
import { isHeld } from "./memory-owners.ts";
import { idOf, type CallState, type Memory, type MemoryState } from "./memory-state.ts";

type Admission =
  | { readonly kind: "admitted"; readonly fresh: readonly NewCall[]; readonly joined: readonly string[] }
  | { readonly kind: "refused"; readonly ordinal: number; readonly reason: string };

/** Which calls are new and which join a live one; `removed` are live calls that the same commit removes. */
export function admitCalls(state: MemoryState, calls: readonly NewCall[], removed: ReadonlySet<string>): Admission {
  const fresh: NewCall[] = [];
  const joined: string[] = [];
  const inCommit = new Map<string, NewCall>();
  for (const [ordinal, call] of calls.entries()) {
    const key = keyOf(call);
    const live = inCommit.get(key) ?? liveCall(state, key, removed);
    if (live === undefined) {
      fresh.push(call);
      inCommit.set(key, call);
    } else if (live.input === call.input) {
      joined.push(call.id);
    } else {
      const what = `Call '${call.operation}' with the key ${JSON.stringify(call.callKey)}`;
      return { kind: "refused", ordinal, reason: `${what} is under way with another input: wait for its outcome, or use another key.` };
    }
  }
  return { kind: "admitted", fresh, joined };
}

function liveCall(state: MemoryState, key: string, removed: ReadonlySet<string>): CallState | undefined {
  const id = state.callKeys.get(key);
  return id === undefined || removed.has(id) ? undefined : state.calls.get(id);
}

export function putCall({ state, host }: Memory, group: string, call: NewCall): void {
  const now = host.elapsed();
  const sequence = ++state.lastCallSequence;
  state.calls.set(call.id, {
    ...call, group, sequence, state: call.begun?.state ?? "due", attempts: call.begun?.attempts ?? 0, due: now + (call.begun?.dueInMs ?? 0), deadline: now + (call.begun?.deadlineInMs ?? call.deadlineMs),
  });
  state.callKeys.set(keyOf(call), call.id);
}

/** Applies an update; false when the call is gone. */
export function updateCall({ state, host }: Memory, { id, change }: CallUpdate): boolean {
  const call = state.calls.get(id);
  if (call === undefined) return false;
  if (change.kind === "set") {
    state.calls.set(id, { ...call, state: change.state, attempts: change.attempts, due: host.elapsed() + change.dueInMs });
  } else {
    state.calls.delete(id);
    state.callKeys.delete(keyOf(call));
  }
  return true;
}

export function readCalls({ state, host }: Memory, request: CallsRequest): CallsRead {
  const { group, owner } = request;
  const wanted = new Set(request.partitions.filter((partition) =>
    owner === undefined || owner.fences.some((fence) => fence.partition === partition && isHeld(state, group, owner.worker, fence))));
  const now = host.elapsed();
  const live = [...state.calls.values()]
    .filter((call) => call.group === request.group && wanted.has(call.partition) && call.sequence > request.after)
    .sort((a, b) => a.sequence - b.sequence);
  const calls: CallRecord[] = [];
  let length = 0;
  const isFull = (): boolean => calls.length >= request.limit || length >= (request.maxLength ?? Infinity);
  for (const call of live) {
    if (isFull()) break;
    calls.push(recordOf(call, now));
    length += call.input.length;
  }
  return { calls, more: isFull() };
}

/** A call as it stands at this moment of the host's elapsed clock. */
export function recordOf({ group: _group, due, deadline, ...call }: CallState, now: number): CallRecord {
  return { ...call, dueInMs: Math.max(0, due - now), deadlineInMs: deadline - now };
}

function keyOf(call: Pick<NewCall, "tenant" | "operation" | "callKey">): string {
  return idOf(call.tenant, call.operation, call.callKey);
}
