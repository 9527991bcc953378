// How the executor machine comes to the messages of the log: they are handed over right from their append, or read. Every partition's are
// taken in the order of their positions, whichever way they came; none is left out, and none taken twice.
import type { Message } from "../message/envelope.ts";
import type { ExecutorInput, ExecutorRequest, ExecutorState, HandedOver, Owned } from "./executor-state.ts";

/**
 * Takes over what follows on what was read, as far as there is room; the rest is read like anything else. What comes before its turn is kept:
 * commits of several groups end in any order, and what stands before it is mostly on its way. Until it has come, the partition is hungry.
 */
export function handed(state: ExecutorState, handovers: readonly HandedOver[]): ExecutorState {
  const owned = new Map(state.owned);
  const hungry = new Set(state.hungry);
  const early = new Map(state.early);
  const fresh: Message[] = [];
  const hasRoom = hasRoomFor(state);
  for (const handover of handovers) {
    const { partition, after, to, messages } = handover;
    const held = owned.get(partition);
    if (held === undefined || held.leaving || held.read >= to) continue;
    if (!hasRoom || held.suspectPending) {
      if (messages.length > 0) hungry.add(partition);
      continue;
    }
    if (held.read < after) {
      early.set(partition, [...early.get(partition) ?? [], handover]);
      continue;
    }
    owned.set(partition, follow(held, [handover], fresh));
    catchUp(partition, owned, early, fresh);
  }
  return { ...state, owned, hungry, early, queue: fresh.length === 0 ? state.queue : [...state.queue, ...fresh] };
}

/** Takes these over, each of which follows on what was read when it comes to it. */
function follow(from: Owned, handovers: readonly HandedOver[], fresh: Message[]): Owned {
  let { read } = from;
  for (const { to, messages } of handovers) {
    for (const message of messages) if (message.position > read) fresh.push(message);
    read = Math.max(read, to);
  }
  return { ...from, read };
}

/** Takes over what had come early and follows now. */
function catchUp(partition: number, owned: Map<number, Owned>, early: Map<number, readonly HandedOver[]>, fresh: Message[]): void {
  for (let kept = early.get(partition); kept !== undefined; kept = early.get(partition)) {
    const held = owned.get(partition);
    const next = kept.find((one) => held !== undefined && one.after <= held.read);
    if (held === undefined || next === undefined) return;
    owned.set(partition, follow(held, [next], fresh));
    if (kept.length === 1) early.delete(partition);
    else early.set(partition, kept.filter((one) => one !== next));
  }
}

/** What came early has its place in memory, too. */
function hasRoomFor({ queue, early, settings }: ExecutorState): boolean {
  let [count, length] = [queue.length, lengthOf(queue)];
  for (const kept of early.values()) {
    for (const { messages } of kept) {
      // One without messages for this group is kept as well.
      count += messages.length + 1;
      length += lengthOf(messages);
    }
  }
  return count < settings.maxBatch && length < settings.maxBatchLength;
}

function lengthOf(messages: readonly Message[]): number {
  let length = 0;
  for (const message of messages) length += message.body.length;
  return length;
}

export function wasRead(state: ExecutorState, input: Extract<ExecutorInput, { kind: "read" }>): ExecutorState {
  const owned = new Map(state.owned);
  const early = new Map(state.early);
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
  for (const { partition, position } of input.cursors) {
    catchUp(partition, owned, early, messages);
    // What stands before it was not to be seen. It is read like anything else then, lest it be waited for in vain again and again.
    if (owned.get(partition)?.read === position && early.delete(partition)) hungry.add(partition);
  }
  return { ...state, owned, reading: false, hungry, early, queue: state.queue.length === 0 ? messages : [...state.queue, ...messages] };
}

export function startRead(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  const { maxBatch, maxBatchLength } = state.settings;
  // What is queued is enough for the next batch: whatever arrives meanwhile is read at once when that is taken, in one query.
  if (state.reading || (state.hungry.size === 0 && state.early.size === 0) || state.phase !== "running" || state.queue.length > 0) return state;
  // What came early and does not concern the group can wait for what stands before it.
  const isWanted = (partition: number): boolean => state.hungry.has(partition) || (state.early.get(partition)?.some((one) => one.messages.length > 0) ?? false);
  const open = [...state.owned.values()].filter((held) => !held.leaving && isWanted(held.partition));
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
