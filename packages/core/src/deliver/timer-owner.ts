// The timer owner machine: has every due timer of its partitions fire, in commits of many, behind its fences. It reads what is due now and
// never a range of times: a timer that was committed late is due all the same. It awaits nothing and performs nothing: see machine.ts.
import type { Envelope } from "../message/envelope.ts";
import type { Commit, CommitResult, DueTimers, Fence } from "../spi/store.ts";
import type { Step } from "./machine.ts";

interface TimerOwnerSettings {
  readonly group: string;
  readonly worker: string;
  /** Timers read, and fired in one commit. */
  readonly limit: number;
  /** Another process may commit a timer that is due before all we know of: look at least this often. */
  readonly lookEveryMs: number;
}

type DueTimer = DueTimers["due"][number];

interface TimerOwnerState {
  readonly settings: TimerOwnerSettings;
  readonly phase: "running" | "draining" | "stopped";
  readonly owned: ReadonlyMap<number, Fence & { readonly leaving: boolean }>;
  /** The partitions being read, as they were owned then. */
  readonly reading: readonly Fence[] | null;
  readonly committing: { readonly id: number; readonly fences: readonly Fence[]; readonly timers: readonly DueTimer[] } | null;
  readonly nextCommit: number;
  /** There may be due timers that were not read. */
  readonly hungry: boolean;
  readonly limit: number;
  /** Timers whose message the store refuses: they stay where they are until a person looks. */
  readonly refused: ReadonlySet<number>;
}

export type TimerOwnerInput = { readonly nowMs: number } & (
  | { readonly kind: "granted"; readonly fences: readonly Fence[] }
  /** Gone already. */
  | { readonly kind: "lost"; readonly partitions: readonly number[] }
  | { readonly kind: "leave"; readonly partitions: readonly number[] }
  /** Timers may have been committed, or the requested time has come. */
  | { readonly kind: "wake" }
  | { readonly kind: "due"; readonly due: readonly DueTimer[]; readonly nextInMs: number | null }
  | { readonly kind: "readFailed" }
  | { readonly kind: "committed"; readonly commit: number; readonly result: CommitResult }
  | { readonly kind: "drain" }
);

export type TimerOwnerRequest =
  | { readonly kind: "readTimers"; readonly partitions: readonly number[]; readonly limit: number }
  | { readonly kind: "commit"; readonly commit: number; readonly changes: Commit }
  /** Look again at this time, or at a wake-up if that comes first. */
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "forfeit"; readonly partitions: readonly number[] }
  | { readonly kind: "release"; readonly fences: readonly Fence[] }
  /** The store refused this timer's message: for alarms. */
  | { readonly kind: "refused"; readonly id: number; readonly message: Envelope; readonly reason: string }
  | { readonly kind: "drained" };

type TimerOwnerStep = Step<TimerOwnerState, TimerOwnerRequest>;

export function newTimerOwner(settings: TimerOwnerSettings): TimerOwnerState {
  return {
    settings, phase: "running", owned: new Map(), reading: null, committing: null, nextCommit: 1, hungry: false, limit: settings.limit,
    refused: new Set(),
  };
}

/** The timer owner's step function. */
export function timerOwner(state: TimerOwnerState, input: TimerOwnerInput): TimerOwnerStep {
  const requests: TimerOwnerRequest[] = [];
  const next = proceed(take(state, input, requests), requests);
  return { state: next, requests };
}

// --- what came in -----------------------------------------------------------------------------------------------------------

function take(state: TimerOwnerState, input: TimerOwnerInput, requests: TimerOwnerRequest[]): TimerOwnerState {
  switch (input.kind) {
    case "granted": return granted(state, input.fences, requests);
    case "lost": return lose(state, input.partitions);
    case "leave": return leave(state, input.partitions);
    case "wake": return { ...state, hungry: true };
    case "due": return wasRead(state, input, requests);
    case "readFailed": return { ...state, reading: null, hungry: true };
    case "committed": return wasCommitted(state, input.commit, input.result, requests);
    case "drain": return state.phase === "running" ? { ...leave(state, [...state.owned.keys()]), phase: "draining" } : state;
  }
}

function granted(state: TimerOwnerState, fences: readonly Fence[], requests: TimerOwnerRequest[]): TimerOwnerState {
  if (state.phase === "stopped") {
    requests.push({ kind: "release", fences });
    return state;
  }
  const owned = new Map(state.owned);
  for (const { partition, epoch } of fences) owned.set(partition, { partition, epoch, leaving: state.phase === "draining" });
  return { ...state, owned, hungry: true };
}

function lose(state: TimerOwnerState, partitions: readonly number[]): TimerOwnerState {
  const owned = new Map(state.owned);
  for (const partition of partitions) owned.delete(partition);
  return { ...state, owned };
}

function leave(state: TimerOwnerState, partitions: readonly number[]): TimerOwnerState {
  const owned = new Map(state.owned);
  for (const partition of partitions) {
    const held = owned.get(partition);
    if (held !== undefined) owned.set(partition, { ...held, leaving: true });
  }
  return { ...state, owned };
}

function wasRead(state: TimerOwnerState, input: Extract<TimerOwnerInput, { kind: "due" }>, requests: TimerOwnerRequest[]): TimerOwnerState {
  const { reading } = state;
  if (reading === null) return state;
  const fences = reading.filter((fence) => isOurs(state, fence));
  const valid = new Set(fences.map((fence) => fence.partition));
  const timers = input.due.filter((timer) => valid.has(timer.message.partition) && !state.refused.has(timer.id)).slice(0, state.limit);
  const full = input.due.length >= state.limit + state.refused.size;
  const next: TimerOwnerState = { ...state, reading: null, hungry: state.hungry || full };
  if (timers.length > 0) return startCommit(next, timers, fences, requests);
  // Read again later, even when all that was read is refused: a tight loop would help nobody.
  const { lookEveryMs } = state.settings;
  requests.push({ kind: "wait", untilMs: input.nowMs + Math.max(0, Math.min(input.nextInMs ?? lookEveryMs, lookEveryMs)) });
  return next;
}

function isOurs(state: TimerOwnerState, fence: Fence): boolean {
  const held = state.owned.get(fence.partition);
  return held?.epoch === fence.epoch && !held.leaving;
}

function startCommit(
  state: TimerOwnerState, timers: readonly DueTimer[], fences: readonly Fence[], requests: TimerOwnerRequest[],
): TimerOwnerState {
  const touched = new Set(timers.map((timer) => timer.message.partition));
  const used = fences.filter((fence) => touched.has(fence.partition)).sort((a, b) => a.partition - b.partition);
  const id = state.nextCommit;
  requests.push({
    kind: "commit", commit: id,
    changes: {
      group: state.settings.group, worker: state.settings.worker, fences: used, firedTimers: timers,
      progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [], sql: [],
      park: [], unpark: [], retries: [],
    },
  });
  return { ...state, nextCommit: id + 1, committing: { id, fences: used, timers } };
}

function wasCommitted(state: TimerOwnerState, id: number, result: CommitResult, requests: TimerOwnerRequest[]): TimerOwnerState {
  const done = state.committing;
  if (done?.id !== id) return state;
  // Whatever came of it, the rows say what is left to do.
  const base: TimerOwnerState = { ...state, committing: null, hungry: true };
  switch (result.kind) {
    case "committed": return { ...base, limit: Math.min(state.settings.limit, state.limit * 2) };
    case "conflict":
    case "rerun": return base;
    case "refused":
    case "rejected": {
      const [first, second] = done.timers;
      if (first === undefined) return base;
      if (second !== undefined) return { ...base, limit: Math.max(1, Math.floor(done.timers.length / 2)) };
      requests.push({ kind: "refused", id: first.id, message: first.message, reason: result.reason });
      return { ...base, refused: new Set(state.refused).add(first.id) };
    }
    case "fenced":
    case "inDoubt": {
      const ours = done.fences.filter((fence) => state.owned.get(fence.partition)?.epoch === fence.epoch);
      const partitions = ours.map((fence) => fence.partition);
      if (partitions.length > 0) requests.push({ kind: "forfeit", partitions });
      return lose(base, partitions);
    }
  }
}

// --- what goes on -----------------------------------------------------------------------------------------------------------

function proceed(from: TimerOwnerState, requests: TimerOwnerRequest[]): TimerOwnerState {
  if (from.phase === "stopped") return from;
  return finishLeaving(startRead(from, requests), requests);
}

/** One thing at a time: what is read while a commit is under way would be fired twice. */
function startRead(state: TimerOwnerState, requests: TimerOwnerRequest[]): TimerOwnerState {
  if (state.reading !== null || state.committing !== null || !state.hungry) return state;
  const open = [...state.owned.values()].filter((held) => !held.leaving).map(({ partition, epoch }) => ({ partition, epoch }));
  if (open.length === 0) return state;
  requests.push({ kind: "readTimers", partitions: open.map((fence) => fence.partition), limit: state.limit + state.refused.size });
  return { ...state, reading: open, hungry: false };
}

function finishLeaving(state: TimerOwnerState, requests: TimerOwnerRequest[]): TimerOwnerState {
  const busy = new Set((state.committing?.fences ?? []).map((fence) => fence.partition));
  const free = [...state.owned.values()].filter((held) => held.leaving && !busy.has(held.partition));
  let next = state;
  if (free.length > 0) {
    requests.push({ kind: "release", fences: free.map(({ partition, epoch }) => ({ partition, epoch })) });
    next = lose(state, free.map((held) => held.partition));
  }
  if (next.phase !== "draining" || next.owned.size > 0 || next.committing !== null) return next;
  requests.push({ kind: "drained" });
  return { ...next, phase: "stopped" };
}
