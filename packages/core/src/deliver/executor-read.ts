// How the executor machine comes to the messages of the log: they are handed over right from their append, or read. Every partition's are
// taken in the order of their positions, whichever way they came; none is left out, and none taken twice.
import type { Message } from "../message/envelope.ts";
import type { ExecutorInput, ExecutorRequest, ExecutorState, HandedOver } from "./executor-state.ts";

/** Takes over what follows on what was read, as far as there is room; the rest is read like anything else. */
export function handed(state: ExecutorState, handovers: readonly HandedOver[]): ExecutorState {
  const owned = new Map(state.owned);
  const hungry = new Set(state.hungry);
  const fresh: Message[] = [];
  const hasRoom = state.queue.length < state.settings.maxBatch && lengthOf(state.queue) < state.settings.maxBatchLength;
  for (const { partition, after, to, messages } of handovers) {
    const held = owned.get(partition);
    if (held === undefined || held.leaving || held.read >= to) continue;
    if (!hasRoom || held.read < after || held.suspectPending) {
      if (messages.length > 0) hungry.add(partition);
      continue;
    }
    owned.set(partition, { ...held, read: to });
    for (const message of messages) if (message.position > held.read) fresh.push(message);
  }
  return { ...state, owned, hungry, queue: fresh.length === 0 ? state.queue : [...state.queue, ...fresh] };
}

function lengthOf(messages: readonly Message[]): number {
  let length = 0;
  for (const message of messages) length += message.body.length;
  return length;
}

export function wasRead(state: ExecutorState, input: Extract<ExecutorInput, { kind: "read" }>): ExecutorState {
  const owned = new Map(state.owned);
  const known = new Map<number, number>();
  for (const bound of input.result.bounds) {
    const held = owned.get(bound.partition);
    const epoch = input.epochs.find((one) => one.partition === bound.partition)?.epoch;
    const from = input.cursors.find((one) => one.partition === bound.partition)?.position;
    // The partition may have changed hands, or have been taken back, while the read was under way.
    if (held === undefined || held.leaving || held.epoch !== epoch || from === undefined || held.read < from) continue;
    known.set(bound.partition, held.read);
    const suspectUntil = held.suspectPending ? bound.position : held.suspectUntil;
    owned.set(bound.partition, { ...held, read: Math.max(held.read, bound.position), suspectUntil, suspectPending: false });
  }
  // What was handed over meanwhile is in the queue already.
  const messages = input.result.messages.filter((message) => message.position > (known.get(message.partition) ?? Infinity));
  const hungry = new Set([...state.hungry, ...input.result.bounds.filter((bound) => bound.more).map((bound) => bound.partition)]);
  return { ...state, owned, reading: false, hungry, queue: state.queue.length === 0 ? messages : [...state.queue, ...messages] };
}

export function startRead(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  const { maxBatch, maxBatchLength } = state.settings;
  // What is queued is enough for the next batch: whatever arrives meanwhile is read at once when that is taken, in one query.
  if (state.reading || state.hungry.size === 0 || state.phase !== "running" || state.queue.length > 0) return state;
  const open = [...state.owned.values()].filter((held) => !held.leaving && state.hungry.has(held.partition));
  if (open.length === 0) return { ...state, hungry: new Set() };
  requests.push({
    kind: "read",
    cursors: open.map((held) => ({ partition: held.partition, position: held.read })),
    epochs: open.map((held) => ({ partition: held.partition, epoch: held.epoch })),
    limit: Math.max(64, Math.ceil(maxBatch / open.length)),
    maxLength: Math.ceil(maxBatchLength / open.length),
  });
  return { ...state, reading: true, hungry: new Set() };
}
