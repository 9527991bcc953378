// Batches of the executor machine: taking them from the queue, giving them back, and turning decisions into one commit.
import type { BatchItem } from "../decide/batch.ts";
import type { Decision } from "../message/changes.ts";
import type { Message } from "../message/envelope.ts";
import type { CallUpdate, Commit, Fence, ParkRetry, ParkRow } from "../spi/store.ts";
import { joinedEnds } from "./executor-join.ts";
import { keyId, type Batch, type Decided, type ExecutorState, type Owned } from "./executor-state.ts";
import { merge } from "./merge.ts";
import { parkStatus } from "./park.ts";

/** Every batch under way, in the order of their messages. */
export function batchesUnderWay(state: ExecutorState): readonly Batch[] {
  return [state.committing?.batch, state.decided?.batch, state.deciding, state.marking].filter((batch) => batch != null);
}

/** Takes the next batch from the queue, or null when there is nothing to take. */
export function takeBatch(state: ExecutorState): { readonly state: ExecutorState; readonly batch: Batch } | null {
  const { queue, settings } = state;
  const first = queue[0];
  if (first === undefined) return null;
  const suspect = (message: Message): boolean => message.position <= (state.owned.get(message.partition)?.suspectUntil ?? 0);
  const taken: Message[] = [];
  let rest: Message[];
  if (suspect(first)) {
    taken.push(first);
    rest = queue.slice(1);
  } else {
    let length = 0;
    const skipped: Message[] = [];
    // What stands behind a suspect message in its partition waits for it, suspect or not.
    const waiting = new Set<number>();
    let index = 0;
    for (; index < queue.length; index++) {
      const message = queue[index];
      if (message === undefined || taken.length >= state.batchLimit || (length > settings.maxBatchLength && taken.length > 0)) break;
      if (waiting.has(message.partition) || suspect(message)) {
        waiting.add(message.partition);
        skipped.push(message);
        continue;
      }
      taken.push(message);
      length += message.body.length + 256;
    }
    rest = skipped.length === 0 ? queue.slice(index) : [...skipped, ...queue.slice(index)];
  }
  const marked = suspect(first) ? first.position : null;
  const owned = new Map(state.owned);
  const progress = progressOf(owned, taken, rest, marked === null ? null : first.partition);
  const batch: Batch = {
    id: state.nextBatch,
    from: "log",
    marked,
    progress,
    fences: fencesOf(state.owned, taken, progress),
    items: taken.map((message) => itemOf(state, message)),
    attempts: [],
    joined: null,
  };
  return { state: { ...state, owned, queue: rest, nextBatch: state.nextBatch + 1 }, batch };
}

/** How far each partition comes with these messages; advances `assigned`. */
function progressOf(owned: Map<number, Owned>, taken: readonly Message[], rest: readonly Message[], only: number | null): Batch["progress"] {
  const last = new Map<number, number>();
  for (const message of taken) last.set(message.partition, message.position);
  const waiting = new Set<number>();
  for (const message of rest) waiting.add(message.partition);
  const progress: { partition: number; from: number; to: number }[] = [];
  for (const held of owned.values()) {
    if (only !== null && held.partition !== only) continue;
    const to = waiting.has(held.partition) ? last.get(held.partition) : held.read;
    if (to === undefined || to <= held.assigned) continue;
    progress.push({ partition: held.partition, from: held.assigned, to });
    owned.set(held.partition, { ...held, assigned: to });
  }
  return progress;
}

/**
 * A commit rests on every partition that is owned and not being handed over, not only on those it touches: a commit behind the fences
 * of all partitions has no rival, which spares the store its row locks.
 */
function fencesOf(owned: ReadonlyMap<number, Owned>, taken: readonly Message[], progress: Batch["progress"]): Fence[] {
  const partitions = new Set<number>(progress.map((one) => one.partition));
  for (const message of taken) partitions.add(message.partition);
  for (const held of owned.values()) if (!held.leaving) partitions.add(held.partition);
  return [...partitions].sort((a, b) => a - b).map((partition) => ({ partition, epoch: owned.get(partition)?.epoch ?? 0 }));
}

function itemOf(state: ExecutorState, message: Message): BatchItem {
  if (state.parked.size > 0 && state.parked.has(keyId(message.tenant, message.key))) return { message, plan: { kind: "queue" } };
  const failure = state.forced.get(message.position);
  return { message, plan: failure === undefined ? { kind: "run" } : { kind: "fail", failure } };
}

/** A batch of rows of parked keys. */
export function parkedBatch(state: ExecutorState, rows: readonly { readonly message: Message; readonly attempts: number }[]): Batch {
  const messages = rows.map((row) => row.message);
  const [first] = messages;
  const suspect = first !== undefined && state.parked.get(keyId(first.tenant, first.key))?.suspect === true;
  return {
    id: state.nextBatch, from: "parked", marked: suspect ? first.position : null, progress: [],
    fences: fencesOf(state.owned, messages, []),
    items: messages.map((message) => {
      const failure = state.forced.get(message.position);
      return { message, plan: failure === undefined ? { kind: "run" } : { kind: "fail", failure } };
    }),
    attempts: rows.map((row) => row.attempts),
    joined: null,
  };
}

/** A batch without messages: progress over what was scanned, if there is any. */
export function emptyBatch(state: ExecutorState): { readonly state: ExecutorState; readonly batch: Batch } {
  const owned = new Map(state.owned);
  const progress = progressOf(owned, [], state.queue, null);
  const batch: Batch = {
    id: state.nextBatch,
    from: "log",
    marked: null,
    progress,
    fences: fencesOf(state.owned, [], progress),
    items: [],
    attempts: [],
    joined: null,
  };
  return { state: { ...state, owned, nextBatch: state.nextBatch + 1 }, batch };
}

/** Whether the executor still owns a partition as it did when the batch was taken. */
export function stillOwned(state: ExecutorState, fence: Fence): boolean {
  return state.owned.get(fence.partition)?.epoch === fence.epoch;
}

/** Puts the messages of batches that will not commit back at the front of the queue, as far as they are still ours. */
export function giveBack(state: ExecutorState, batches: readonly Batch[]): ExecutorState {
  const back: Message[] = [];
  const joined = batches.find((batch) => batch.joined !== null)?.joined ?? null;
  for (const batch of batches) {
    if (batch.from === "parked") continue;
    const valid = new Set(batch.fences.filter((fence) => stillOwned(state, fence)).map((fence) => fence.partition));
    for (const item of batch.items) if (valid.has(item.message.partition)) back.push(item.message);
  }
  return reassign({
    ...state, queue: back.length === 0 ? state.queue : [...back, ...state.queue], joining: joined?.join ?? state.joining, stale: true,
  });
}

/** Recomputes how far the batches under way reach. */
function reassign(state: ExecutorState): ExecutorState {
  const owned = new Map<number, Owned>();
  for (const held of state.owned.values()) owned.set(held.partition, { ...held, assigned: held.committed });
  for (const batch of batchesUnderWay(state)) {
    for (const { partition, to } of batch.progress) {
      const held = owned.get(partition);
      if (held !== undefined && batch.fences.some((fence) => stillOwned(state, fence) && fence.partition === partition))
        owned.set(partition, { ...held, assigned: Math.max(held.assigned, to) });
    }
  }
  return { ...state, owned };
}

/** Builds the commit of a decided batch. */
export function buildCommit(state: ExecutorState, batch: Batch, decisions: readonly Decision[], blind: boolean): Decided {
  const merged = merge(decisions);
  const park: ParkRow[] = [];
  const retries: ParkRetry[] = [];
  const unpark: Commit["unpark"][number][] = [];
  let failed = false;
  decisions.forEach((decision, index) => {
    const item = batch.items[index];
    if (item === undefined) return;
    const { message } = item;
    const ref = { partition: message.partition, tenant: message.tenant, key: message.key, position: message.position };
    if (decision.kind === "failed") {
      failed = true;
      const status = parkStatus(state.settings.retry, message, decision.failure, (batch.attempts[index] ?? 0) + 1);
      if (batch.from === "log") park.push({ message, head: status });
      else retries.push({ ...ref, status });
    } else if (decision.kind === "queued") {
      if (batch.from === "log") park.push({ message, head: null });
    } else if (batch.from === "parked") {
      unpark.push(ref);
    }
  });
  const ends = joinedEnds(batch, decisions);
  const commit: Commit = {
    group: state.settings.group,
    worker: state.settings.worker,
    fences: batch.fences,
    progress: batch.progress,
    documents: merged.documents,
    messages: ends.messages.length === 0 ? merged.messages : [...merged.messages, ...ends.messages],
    calls: merged.calls,
    callUpdates: [...ends.callUpdates, ...merged.answers.map(({ callId, answer }): CallUpdate => ({
      id: callId,
      outcome: null,
      change: answer === "abandon" ? { kind: "remove" } : { kind: "set", state: "asking", attempts: 0, dueInMs: 0 },
    }))],
    timers: merged.timers,
    cancelledTimers: merged.cancelledTimers,
    firedTimers: [],
    sql: merged.sql,
    park,
    unpark,
    retries,
    ...(merged.revivals.length === 0 ? {} : { revivals: merged.revivals }),
  };
  return { batch, merged, commit, solo: batch.from === "parked" || blind || failed || batch.marked !== null };
}
