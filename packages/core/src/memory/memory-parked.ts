// Parked keys in memory: rows in order of position, the first of each key being its head. It removes and changes rows; whose
// ownership that rests on is the commit's business.
import type { ParkedHead, ParkedMessage, ParkedRead, ParkedRef, ParkedRequest, ParkRow, ParkStatus } from "../spi/store.ts";
import { idOf, type Memory, type MemoryState, type ParkedState } from "./memory-state.ts";

type KeyRef = Omit<ParkedRef, "position">;

export function rowsOf(state: MemoryState, group: string, ref: KeyRef): readonly ParkedState[] {
  return state.parked.get(idOf(group, ref.tenant, ref.key)) ?? [];
}

export function findRow(state: MemoryState, group: string, ref: ParkedRef): ParkedState | undefined {
  return rowsOf(state, group, ref).find((row) => row.message.position === ref.position);
}

export function park({ state, host }: Memory, group: string, { message, head }: ParkRow): void {
  const id = idOf(group, message.tenant, message.key);
  const row: ParkedState = {
    group, message, parkedAt: host.now(), editedBody: null, attempts: 0, code: "", reason: "", due: host.elapsed(),
  };
  if (head !== null) setStatus(row, head, host.elapsed());
  const rows = [...(state.parked.get(id) ?? []), row].sort((a, b) => a.message.position - b.message.position);
  state.parked.set(id, rows);
}

export function setStatus(row: ParkedState, status: ParkStatus, now: number): void {
  row.attempts = status.attempts;
  row.code = status.code;
  row.reason = status.reason;
  row.due = status.retryInMs === null ? null : now + status.retryInMs;
}

export function removeRow(state: MemoryState, group: string, ref: ParkedRef): void {
  const id = idOf(group, ref.tenant, ref.key);
  const rest = rowsOf(state, group, ref).filter((row) => row.message.position !== ref.position);
  if (rest.length === 0) state.parked.delete(id);
  else state.parked.set(id, rest);
}

export function parkedHeads({ state, host }: Memory, group: string, partition: number): ParkedHead[] {
  const now = host.elapsed();
  return queuesOf(state, group).filter(([head]) => head.message.partition === partition).map(([head, ...behind]) => ({
    tenant: head.message.tenant,
    key: head.message.key,
    count: behind.length + 1,
    dueInMs: head.due === null ? null : Math.max(0, head.due - now),
  }));
}

/** The rows of every parked key of a group, or of all groups. */
export function queuesOf(state: MemoryState, group?: string): [ParkedState, ...ParkedState[]][] {
  const queues: [ParkedState, ...ParkedState[]][] = [];
  for (const [head, ...behind] of state.parked.values()) {
    if (head !== undefined && (group === undefined || head.group === group)) queues.push([head, ...behind]);
  }
  return queues;
}

export function readParked(state: MemoryState, { group, keys, limit, maxLength }: ParkedRequest): ParkedRead {
  const messages: ParkedMessage[] = [];
  let length = 0;
  for (const [keysRead, key] of keys.entries()) {
    for (const { message, editedBody, attempts } of rowsOf(state, group, key).slice(0, limit)) {
      const body = editedBody ?? message.body;
      messages.push({ message: { ...message, body }, attempts });
      length += body.length;
      if (length >= maxLength) return { messages, keysRead };
    }
  }
  return { messages, keysRead: keys.length };
}
