// The log in memory: appending, publishing through the door, reading, and asking how far a group has come. One sequence for the
// whole log gives positions. It keeps every message: what an in-memory log may forget is not decided here.
import type { Envelope, Message } from "../message/envelope.ts";
import { handoversOf } from "../spi/handover.ts";
import type { Cursor, PublishCall, PublishResult, ReadRequest, ReadResult, Receipt } from "../spi/store.ts";
import { idOf, type Memory, type MemoryState } from "./memory-state.ts";
import { queuesOf } from "./memory-parked.ts";
import { requireLease, requirePartition } from "./memory-refusal.ts";
import { putTimer } from "./memory-timers.ts";

/** Door records are forgotten after this long, as in the durable store's default. */
const DOOR_RETENTION_MS = 14 * 24 * 3600 * 1000;

export function append(state: MemoryState, envelope: Envelope): Message {
  const message: Message = { ...envelope, position: ++state.lastPosition };
  state.log[envelope.partition]?.push(message);
  return message;
}

export function publish(memory: Memory, calls: readonly PublishCall[]): PublishResult[] {
  for (const call of calls) {
    for (const { partition } of [...call.messages, ...call.timers.map((timer) => timer.message)]) requirePartition(memory.state, partition);
  }
  return calls.map((call) => publishOne(memory, call));
}

function publishOne(memory: Memory, call: PublishCall): PublishResult {
  const { state, host } = memory;
  const door = idOf(call.tenant, call.doorKey);
  const before = state.doors.get(door);
  if (before !== undefined) return before.digest === call.digest ? { kind: "repeated", receipts: before.receipts } : { kind: "conflict" };
  const last = lastPositions(state, call.messages);
  const positions = call.messages.map((envelope) => append(state, envelope).position);
  const handovers = handoversOf(call.messages, positions, last);
  const receipts = call.messages.map(({ id, partition }, ordinal): Receipt => ({ id, partition, position: positions[ordinal] ?? null }));
  for (const timer of call.timers) {
    putTimer(memory, timer);
    receipts.push({ id: timer.message.id, partition: timer.message.partition, position: null });
  }
  state.doors.set(door, { digest: call.digest, receipts, since: host.elapsed() });
  return { kind: "published", receipts, handovers };
}

/** The last position of each partition in which these messages will stand; 0 where it is empty. */
export function lastPositions(state: MemoryState, messages: readonly Envelope[]): Map<number, number> {
  return new Map(messages.map(({ partition }) => [partition, state.log[partition]?.at(-1)?.position ?? 0]));
}

export function forgetDoors({ state, host }: Memory): void {
  const oldest = host.elapsed() - DOOR_RETENTION_MS;
  for (const [id, door] of state.doors) {
    if (door.since >= oldest) break;
    state.doors.delete(id);
  }
}

export function read(state: MemoryState, request: ReadRequest): ReadResult {
  const names = new Set(request.names);
  const messages: Message[] = [];
  const bounds = request.cursors.map((cursor) => {
    requirePartition(state, cursor.partition);
    const log = state.log[cursor.partition] ?? [];
    let found = 0;
    let length = 0;
    let position = cursor.position;
    const isFull = (): boolean => found >= request.limit || length >= Math.max(1, request.maxLength);
    for (let index = firstAfter(log, cursor.position); index < log.length && !isFull(); index++) {
      const message = log[index];
      if (message === undefined) break;
      position = message.position;
      if (!names.has(message.name)) continue;
      messages.push(message);
      found++;
      length += message.body.length;
    }
    return { partition: cursor.partition, position, more: isFull() };
  });
  return { messages, bounds };
}

/** The index of the first message beyond a position. */
function firstAfter(log: readonly Message[], position: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((log[middle]?.position ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function countAfter(state: MemoryState, partition: number, position: number): number {
  const log = state.log[partition] ?? [];
  return log.length - firstAfter(log, position);
}

export function tails(state: MemoryState): Cursor[] {
  return state.log.flatMap((log, partition) => {
    const last = log.at(-1);
    return last === undefined ? [] : [{ partition, position: last.position }];
  });
}

export function handled(state: MemoryState, group: string, place: Cursor): "pending" | "handled" | "parked" {
  if (requireLease(state, group, place.partition).position < place.position) return "pending";
  // Positions come from one sequence, so the position alone names the message.
  return queuesOf(state, group).flat().some((row) => row.message.position === place.position) ? "parked" : "handled";
}
