// The executor machine: reads the messages of every partition its group owns in this process, has them decided in order, and commits
// once per batch. It keeps the order of each key through failures, conflicts and changes of owner. While one batch commits, the next is
// decided on top of it; if the commit fails, both are decided again. It awaits nothing and performs nothing: see machine.ts.
import type { Failure } from "../message/changes.ts";
import type { CommitResult, Grant } from "../spi/store.ts";
import { hasDueKey, parkedAfter } from "./executor-parked.ts";
import type { Machine } from "./machine.ts";
import { handed, startRead, wasRead } from "./executor-read.ts";
import { batchesUnderWay, buildCommit, emptyBatch, giveBack, parkedBatch, stillOwned, takeBatch } from "./executor-batch.ts";
import { answersCallOf, decline, offered, outcomesOf, part, reconsider, takeJoin } from "./executor-join.ts";
import {
  keyId, type Batch, type Decided, type ExecutorInput, type ExecutorRequest, type ExecutorState, type ParkedKey,
} from "./executor-state.ts";

/** The executor's step function. */
export const executor: Machine<ExecutorState, ExecutorInput, ExecutorRequest> = (state, input) => {
  const requests: ExecutorRequest[] = [];
  const next = proceed(take(state, input, requests), input.nowMs, requests);
  return { state: next, requests };
};

// --- what came in -----------------------------------------------------------------------------------------------------------

function take(state: ExecutorState, input: ExecutorInput, requests: ExecutorRequest[]): ExecutorState {
  switch (input.kind) {
    case "granted": return granted(state, input.grants, input.nowMs);
    case "lost": return lose(state, input.partitions);
    case "leave": return leave(state, input.partitions);
    case "wake": return { ...state, hungry: new Set([...state.hungry, ...(input.partitions ?? state.owned.keys())]) };
    case "handed": return handed(state, input.handovers);
    case "read": return wasRead(state, input);
    case "readFailed": return { ...state, reading: false, hungry: new Set([...state.hungry, ...input.cursors.map((cursor) => cursor.partition)]) };
    case "parkedRead": return parkedRead(state, input, requests);
    case "marked": return marked(state, input, requests);
    case "decided": return wasDecided(state, input, requests);
    case "decideFailed": return state.deciding?.id === input.batch ? giveBack({ ...state, deciding: null }, [state.deciding]) : state;
    case "committed": return wasCommitted(state, input, requests);
    case "join": return offered(state, input.join, requests);
    case "control": return state.controls === "none" ? { ...state, controls: "wanted" } : state;
    case "controlled": return controlled(state, input);
    case "drain": return state.phase === "running" ? { ...leave(state, [...state.owned.keys()]), phase: "draining" } : state;
  }
}

function granted(state: ExecutorState, grants: readonly Grant[], nowMs: number): ExecutorState {
  const clean = lose(state, grants.map((grant) => grant.partition));
  const owned = new Map(clean.owned);
  const parked = new Map(clean.parked);
  const forced = new Map(clean.forced);
  for (const grant of grants) {
    owned.set(grant.partition, {
      partition: grant.partition, epoch: grant.epoch, committed: grant.position, assigned: grant.position, read: grant.position,
      leaving: state.phase !== "running", suspectUntil: 0, suspectPending: grant.suspect,
    });
    for (const head of grant.parked) {
      parked.set(keyId(head.tenant, head.key), {
        partition: grant.partition, tenant: head.tenant, key: head.key, count: head.count, dueAt: head.dueInMs === null ? null : nowMs + head.dueInMs,
        suspect: grant.suspect,
      });
    }
    if (grant.mark !== null) {
      forced.set(grant.mark, {
        code: "HANDLER_KILLED", retry: "never", afterMs: null,
        message: "Workers died again and again while they handled this message alone: correct its handler or its data, then redrive or skip it.",
      });
    }
  }
  const hungry = new Set([...clean.hungry, ...grants.map((grant) => grant.partition)]);
  return { ...clean, owned, parked, forced, hungry, stale: true };
}

function lose(state: ExecutorState, partitions: readonly number[]): ExecutorState {
  const gone = new Set(partitions);
  if (![...gone].some((partition) => state.owned.has(partition))) return state;
  const owned = new Map(state.owned);
  for (const partition of gone) owned.delete(partition);
  const parked = new Map([...state.parked].filter(([, key]) => !gone.has(key.partition)));
  const queue = state.queue.filter((message) => !gone.has(message.partition));
  const base = { ...state, owned, parked, queue, early: withoutEarly(state, gone) };
  const void_ = batchesUnderWay(state).some((batch) => batch.fences.some((fence) => gone.has(fence.partition)));
  if (!void_) return base;
  // A commit on its way cannot be recalled: its own end says what it came to, and its epochs say for whom that still counts.
  const back = [state.decided?.batch, state.deciding, state.marking].filter((batch) => batch != null);
  return giveBack({ ...base, decided: null, deciding: null, marking: null }, back);
}

function leave(state: ExecutorState, partitions: readonly number[]): ExecutorState {
  const owned = new Map(state.owned);
  const leaving = new Set(partitions);
  for (const partition of leaving) {
    const held = owned.get(partition);
    if (held !== undefined) owned.set(partition, { ...held, leaving: true });
  }
  // What is only queued stays behind for the next owner: `read` goes back so that no progress is made over it.
  for (const message of [...state.queue].reverse()) {
    const held = owned.get(message.partition);
    if (held !== undefined && leaving.has(message.partition)) owned.set(message.partition, { ...held, read: held.assigned });
  }
  return { ...state, owned, queue: state.queue.filter((message) => !leaving.has(message.partition)), early: withoutEarly(state, leaving) };
}

function withoutEarly({ early }: ExecutorState, partitions: ReadonlySet<number>): ExecutorState["early"] {
  return early.size === 0 ? early : new Map([...early].filter(([partition]) => !partitions.has(partition)));
}

function parkedRead(from: ExecutorState, input: Extract<ExecutorInput, { kind: "parkedRead" }>, requests: ExecutorRequest[]): ExecutorState {
  if (from.readingParked === null) return from;
  const ours = new Set(from.readingParked.filter((fence) => stillOwned(from, fence)).map((fence) => fence.partition));
  const state: ExecutorState = { ...from, readingParked: null, parked: countedAnew(from.parked, input, ours) };
  const usable = input.messages.filter(({ message }) =>
    ours.has(message.partition) && state.owned.get(message.partition)?.leaving === false && state.parked.has(keyId(message.tenant, message.key)));
  if (usable.length === 0) return state;
  const batch = parkedBatch(state, usable);
  const next: ExecutorState = { ...state, nextBatch: state.nextBatch + 1 };
  return batch.marked === null ? beginDecide(next, batch, requests) : beginMark(next, batch, batch.marked, requests);
}

/** Where fewer rows came than were asked for, those are all: a key without any is not parked, or it would be due, and be read, for ever. */
function countedAnew(
  before: ReadonlyMap<string, ParkedKey>, input: Extract<ExecutorInput, { kind: "parkedRead" }>, ours: ReadonlySet<number>,
): ReadonlyMap<string, ParkedKey> {
  const counts = new Map<string, number>();
  for (const { message } of input.messages) counts.set(keyId(message.tenant, message.key), (counts.get(keyId(message.tenant, message.key)) ?? 0) + 1);
  const parked = new Map(before);
  for (const { partition, tenant, key } of input.keys) {
    const old = parked.get(keyId(tenant, key));
    const count = counts.get(keyId(tenant, key)) ?? 0;
    if (old === undefined || !ours.has(partition) || count >= input.limit) continue;
    if (count === 0) parked.delete(keyId(tenant, key));
    else parked.set(keyId(tenant, key), { ...old, count });
  }
  return parked;
}

function marked(state: ExecutorState, input: Extract<ExecutorInput, { kind: "marked" }>, requests: ExecutorRequest[]): ExecutorState {
  const batch = state.marking;
  if (batch?.id !== input.batch) return state;
  if (input.result === "marked") return beginDecide({ ...state, marking: null }, batch, requests);
  const base = giveBack({ ...state, marking: null }, [batch]);
  return input.result === "failed" ? base : forfeit(base, batch, requests);
}

function wasDecided(state: ExecutorState, input: Extract<ExecutorInput, { kind: "decided" }>, requests: ExecutorRequest[]): ExecutorState {
  const batch = state.deciding;
  if (batch?.id !== input.batch) return state;
  const decided = buildCommit(state, batch, input.decisions, input.blind);
  // A handler answers for a call that ends with this batch: its row is to show which of the two came first.
  if (batch.joined !== null && answersCallOf(decided, batch.joined.join)) return giveBack({ ...state, deciding: null }, [part(decided, requests).batch]);
  const failures = [...decided.commit.park, ...decided.commit.retries].flatMap((row) => {
    const status = "status" in row ? row.status : row.head;
    const position = "status" in row ? row.position : row.message.position;
    const message = batch.items.find((item) => item.message.position === position)?.message;
    return status === null || message === undefined ? [] : [{ message, status }];
  });
  if (failures.length > 0) requests.push({ kind: "parked", failures });
  const next = { ...state, deciding: null, decided };
  return next.joining !== null && answersCallOf(decided, next.joining) ? decline(next, next.joining, requests) : next;
}

function wasCommitted(state: ExecutorState, input: Extract<ExecutorInput, { kind: "committed" }>, requests: ExecutorRequest[]): ExecutorState {
  const done = state.committing;
  if (done?.batch.id !== input.batch) return state;
  const { result } = input;
  const base: ExecutorState = { ...state, committing: null, lastCommitAt: input.nowMs };
  switch (result.kind) {
    case "committed": return settled(base, part(done, requests, result), input.nowMs);
    case "conflict":
    case "rerun": {
      const losses = state.losses + 1;
      requests.push({ kind: "losing", losses });
      const limit = losses >= 2 ? Math.max(1, Math.ceil((done.batch.items.length + outcomesOf(done.batch).length) / 2)) : state.batchLimit;
      return { ...giveBackAll(base, done), losses, batchLimit: Math.min(state.batchLimit, limit) };
    }
    case "refused":
    case "rejected": {
      const alone = part(done, requests);
      if (alone !== done) return { ...giveBackAll(base, alone), unjoined: true };
      return result.kind === "refused" ? refuse(base, done, result) : reject(base, done, result.reason);
    }
    case "fenced": return forfeit(giveBackAll(base, part(done, requests)), done.batch, requests);
    case "inDoubt": return forfeit(giveBackAll(base, part(done, requests, result)), done.batch, requests);
  }
}

/** Ownership is lost or in doubt: forget these partitions; whatever is still ours is granted anew. */
function forfeit(state: ExecutorState, batch: Batch, requests: ExecutorRequest[]): ExecutorState {
  const partitions = batch.fences.filter((fence) => stillOwned(state, fence)).map((fence) => fence.partition);
  if (partitions.length > 0) requests.push({ kind: "forfeit", partitions });
  return lose(state, partitions);
}

/** Gives back a batch whose commit failed, and the one that was decided on top of it. */
function giveBackAll(state: ExecutorState, done: Decided): ExecutorState {
  const batches = [done.batch, state.decided?.batch, state.deciding, state.marking].filter((batch) => batch != null);
  return giveBack({ ...state, decided: null, deciding: null, marking: null }, batches);
}

function settled(state: ExecutorState, done: Decided, nowMs: number): ExecutorState {
  const counts = new Set(done.batch.fences.filter((fence) => stillOwned(state, fence)).map((fence) => fence.partition));
  const owned = new Map(state.owned);
  for (const { partition, to } of done.commit.progress) {
    const held = owned.get(partition);
    if (held === undefined || !counts.has(partition)) continue;
    owned.set(partition, { ...held, committed: to, suspectUntil: to >= held.suspectUntil ? 0 : held.suspectUntil });
  }
  let { forced } = state;
  if (forced.size > 0) {
    const rest = new Map(forced);
    for (const item of done.batch.items) rest.delete(item.message.position);
    forced = rest;
  }
  const parked = parkedAfter(state.parked, done, counts, nowMs);
  const batchLimit = Math.min(state.settings.maxBatch, state.batchLimit * 2);
  return { ...state, owned, forced, parked, unjoined: false, losses: 0, batchLimit, lastFrom: done.batch.from };
}

function refuse(state: ExecutorState, done: Decided, result: Extract<CommitResult, { kind: "refused" }>): ExecutorState {
  const owner = (result.by === "sql" ? done.merged.sqlOwners : done.merged.callOwners)[result.ordinal];
  const item = owner === undefined ? undefined : done.batch.items[owner];
  if (item === undefined) return reject(state, done, result.reason);
  return force(giveBackAll(state, done), item.message.position, result.by === "sql"
    ? { code: "SQL_FAILED", message: result.reason, retry: "later", afterMs: null }
    : { code: "CALL_CONFLICT", message: result.reason, retry: "never", afterMs: null });
}

/** The database refused the commit as a whole: halve until one message is left, and let that one fail. */
function reject(state: ExecutorState, done: Decided, reason: string): ExecutorState {
  const back = giveBackAll(state, done);
  const [first, second] = done.batch.items;
  if (first !== undefined && second === undefined) {
    return force(back, first.message.position, { code: "COMMIT_REJECTED", message: reason, retry: "later", afterMs: null });
  }
  return { ...back, batchLimit: Math.max(1, Math.floor(done.batch.items.length / 2)) };
}

function force(state: ExecutorState, position: number, failure: Failure): ExecutorState {
  return { ...state, forced: new Map(state.forced).set(position, failure) };
}

/** Nothing else was under way meanwhile, so what remains of a key is what the store counted. */
function controlled(state: ExecutorState, input: Extract<ExecutorInput, { kind: "controlled" }>): ExecutorState {
  const fences = typeof state.controls === "string" ? [] : state.controls;
  // A partition that was taken back meanwhile came with its parked keys as they are.
  const counts = new Set(fences.filter((fence) => stillOwned(state, fence)).map((fence) => fence.partition));
  const parked = new Map(state.parked);
  for (const { partition, tenant, key, remaining, due } of input.keys) {
    const id = keyId(tenant, key);
    const old = parked.get(id);
    if (old === undefined || !counts.has(partition)) continue;
    if (remaining === 0) parked.delete(id);
    else parked.set(id, { ...old, count: remaining, dueAt: due ? input.nowMs : old.dueAt });
  }
  return { ...state, parked, controls: "none" };
}

// --- what goes on -----------------------------------------------------------------------------------------------------------

function proceed(from: ExecutorState, nowMs: number, requests: ExecutorRequest[]): ExecutorState {
  if (from.phase === "stopped") return from;
  let state = startCommit(reconsider(from, requests), requests);
  state = startControls(state, requests);
  state = startDecide(state, nowMs, requests);
  state = startParkedRead(state, nowMs, requests);
  state = startRead(state, requests);
  state = startIdleProgress(state, nowMs, requests);
  state = finishLeaving(state, requests);
  if (isQuiet(state)) requests.push({ kind: "wait", untilMs: nextLook(state) });
  return state;
}

function startCommit(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  if (state.committing !== null || state.decided === null) return state;
  const { decided } = state;
  requests.push({ kind: "commit", batch: decided.batch.id, commit: decided.commit, answers: decided.merged.answers, unrecorded: decided.merged.unrecorded });
  return { ...state, committing: decided, decided: null };
}

/**
 * Operators' requests change parked keys, as commits do, and both tell the machine how many rows are left: they take turns, or a follower
 * that was parked at the same moment would be counted twice or forgotten, and forgotten followers are overtaken.
 */
function startControls(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  if (state.controls !== "wanted" || state.readingParked !== null || !isEmptyPipeline(state)) return state;
  const fences = [...state.owned.values()].map(({ partition, epoch }) => ({ partition, epoch }));
  if (fences.length === 0) return { ...state, controls: "none" };
  requests.push({ kind: "applyControls", fences });
  return { ...state, controls: fences };
}

function startDecide(state: ExecutorState, nowMs: number, requests: ExecutorRequest[]): ExecutorState {
  if (state.marking !== null || state.decided !== null || state.deciding !== null || state.readingParked !== null || state.controls !== "none") return state;
  if (state.committing?.solo === true) return state;
  // Parked keys take their turn: the pipeline empties, then they run alone.
  if (state.lastFrom === "log" && hasDueKey(state, nowMs)) return state;
  const taken = takeBatch(state);
  if (taken === null && state.joining === null) return state;
  const from = taken ?? emptyBatch(state);
  const next = takeJoin(from.state, from.batch, requests);
  const { batch } = next;
  if (taken === null && batch.joined === null) return { ...state, joining: null };
  if (batch.marked === null) return beginDecide(next.state, batch, requests);
  // A suspect message is handled alone, after its mark and after whatever commits now.
  return state.committing === null ? beginMark(next.state, batch, batch.marked, requests) : { ...state, joining: next.state.joining };
}

function beginMark(state: ExecutorState, batch: Batch, position: number, requests: ExecutorRequest[]): ExecutorState {
  const fence = batch.fences.find((one) => one.partition === batch.items[0]?.message.partition);
  if (fence === undefined) return beginDecide(state, batch, requests);
  requests.push({ kind: "mark", batch: batch.id, fence, position });
  return { ...state, marking: batch };
}

function beginDecide(state: ExecutorState, batch: Batch, requests: ExecutorRequest[]): ExecutorState {
  requests.push({ kind: "decide", batch: batch.id, items: batch.items, fresh: state.stale, outcomes: outcomesOf(batch), fences: batch.fences });
  return { ...state, deciding: batch, stale: false };
}

function isEmptyPipeline(state: ExecutorState): boolean {
  return state.marking === null && state.deciding === null && state.decided === null && state.committing === null;
}

function startParkedRead(state: ExecutorState, nowMs: number, requests: ExecutorRequest[]): ExecutorState {
  if (state.readingParked !== null || state.controls !== "none" || !isEmptyPipeline(state) || state.parked.size === 0) return state;
  const due: ParkedKey[] = [];
  for (const key of state.parked.values()) {
    if (due.length >= Math.min(state.settings.maxParkedKeys, state.batchLimit)) break;
    if (key.dueAt === null || key.dueAt > nowMs || state.owned.get(key.partition)?.leaving !== false) continue;
    if (key.suspect && due.length > 0) continue;
    due.push(key);
    if (key.suspect) break;
  }
  const [first] = due;
  if (first === undefined) return state;
  // All keys together stay within the limit: it is halved to find what the store rejects, and a batch that did not shrink would come for ever.
  const limit = first.suspect ? 1 : Math.max(1, Math.min(256, Math.floor(state.batchLimit / due.length)));
  requests.push({ kind: "readParked", keys: due.map(({ partition, tenant, key }) => ({ partition, tenant, key })), limit });
  return { ...state, readingParked: [...state.owned.values()].map(({ partition, epoch }) => ({ partition, epoch })) };
}

function startIdleProgress(state: ExecutorState, nowMs: number, requests: ExecutorRequest[]): ExecutorState {
  if (!isEmptyPipeline(state) || state.readingParked !== null || state.controls !== "none" || state.queue.length > 0) return state;
  if (nowMs - state.lastCommitAt < state.settings.idleProgressMs && state.phase === "running") return state;
  const idle = emptyBatch(state);
  if (idle.batch.progress.length === 0) return state;
  return startCommit({ ...idle.state, decided: buildCommit(idle.state, idle.batch, [], false) }, requests);
}

function finishLeaving(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  const busy = new Set(batchesUnderWay(state).flatMap((batch) => batch.fences.map((fence) => fence.partition)));
  const free = [...state.owned.values()].filter((held) => held.leaving && !busy.has(held.partition));
  let next = state;
  if (free.length > 0) {
    requests.push({ kind: "release", fences: free.map(({ partition, epoch }) => ({ partition, epoch })) });
    next = lose(state, free.map((held) => held.partition));
  }
  if (next.phase !== "draining" || next.owned.size > 0 || !isEmptyPipeline(next)) return next;
  requests.push({ kind: "drained" });
  return { ...next, phase: "stopped" };
}

function isQuiet(state: ExecutorState): boolean {
  return isEmptyPipeline(state) && state.readingParked === null && state.controls === "none" && !state.reading && state.queue.length === 0;
}

/** When a machine with nothing under way must look again by itself; null: only when it is woken. */
function nextLook(state: ExecutorState): number | null {
  let soonest: number | null = null;
  for (const key of state.parked.values()) {
    if (key.dueAt !== null && (soonest === null || key.dueAt < soonest)) soonest = key.dueAt;
  }
  const behind = [...state.owned.values()].some((held) => held.assigned < held.read);
  const flushAt = state.lastCommitAt + state.settings.idleProgressMs;
  if (behind && (soonest === null || flushAt < soonest)) soonest = flushAt;
  return soonest;
}
