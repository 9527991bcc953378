// The commits of the call runner: one at a time, each with everything that finished while the one before was under way.
import type { CallUpdate, Commit, CommitResult, Fence } from "../spi/store.ts";
import type { CallRecord } from "../message/call.ts";
import type { Envelope } from "../message/envelope.ts";
import type { CallControlEnd } from "../spi/call-controls.ts";
import { answer } from "./call-answer.ts";
import { plainer } from "./call-conclude.ts";
import type { CallEnds } from "./call-ends.ts";
import type { CallDraft } from "./call-draft.ts";
import { disown, isLeaving } from "./call-ownership.ts";
import { arrange, dismiss } from "./call-queue.ts";
import { storableFailure } from "./call-outcome.ts";
import type { EndedControl, LiveCall, StagedChange, StagedUpdate } from "./call-runner-state.ts";
import { revivalRefused } from "./call-unrecorded.ts";

export function startCommit(draft: CallDraft): void {
  if (draft.committing !== null || draft.staged.length === 0) return;
  const updates = draft.staged.slice(0, draft.commitLimit);
  draft.staged = draft.staged.slice(updates.length);
  const id = draft.nextCommit++;
  draft.committing = { id, updates };
  draft.requests.push({ kind: "commit", commit: id, ...changesOf(draft, updates) });
}

/** The same changes as a commit of the runner's own, and as ends that another commit may take along. */
function changesOf(draft: CallDraft, updates: readonly StagedUpdate[]): { readonly changes: Commit; readonly ends: CallEnds } {
  const { group, worker } = draft.settings;
  const fences = fencesOf(updates);
  const stored: CallUpdate[] = [];
  const callUpdates: CallUpdate[] = [];
  const messages: Envelope[] = [];
  const callControls: CallControlEnd[] = [];
  const direct = new Set<string>();
  const unrecorded = new Set<string>();
  for (const update of updates) {
    const { id, change, outcome, recorded, control } = update;
    if (control !== null) callControls.push({ ...control, callId: id });
    if (change.kind !== "keep") {
      const one = { id, change: storedChange(change, draft.nowMs), outcome };
      stored.push(one);
      if (recorded) callUpdates.push(one);
    }
    if (isDirect(draft, update)) direct.add(id);
    if (recorded) continue;
    unrecorded.add(id);
    if (outcome !== null) messages.push(outcome);
  }
  return {
    changes: {
      group, worker, fences, callUpdates, messages, ...(callControls.length === 0 ? {} : { callControls }),
      progress: [], documents: [], calls: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
    },
    // The end of an operator's request goes in the runner's own commit, and all that is committed beside it.
    ends: { fences, updates: stored, direct: callControls.length === 0 ? direct : new Set(), unrecorded },
  };
}

/**
 * Whether the outcome may be handled before it is durable. Not where the handler has answered meanwhile: the call's row may be gone. Nor where
 * the call stood there when its partition was granted, in whatever state: an owner before this one may have died of the outcome, which the log
 * makes known.
 */
function isDirect(draft: CallDraft, { id, change, outcome }: StagedUpdate): boolean {
  const live = draft.get(id);
  return change.kind === "remove" && outcome !== null && live !== undefined && !live.inherited && live.answer === null;
}

function fencesOf(updates: readonly StagedUpdate[]): Fence[] {
  const fences = new Map<number, Fence>();
  for (const { partition, epoch } of updates) fences.set(partition, { partition, epoch });
  return [...fences.values()].sort((a, b) => a.partition - b.partition);
}

function storedChange(change: Exclude<StagedChange, { kind: "keep" }>, nowMs: number): CallUpdate["change"] {
  if (change.kind === "remove") return change;
  return { kind: "set", state: change.state, attempts: change.attempts, dueInMs: Math.max(0, Math.round(change.dueAt - nowMs)) };
}

export function committed(draft: CallDraft, id: number, result: CommitResult): void {
  if (draft.committing?.id !== id) return;
  const { updates } = draft.committing;
  draft.committing = null;
  const ours = updates.filter((update) => draft.owned.get(update.partition)?.epoch === update.epoch);
  switch (result.kind) {
    case "committed":
      draft.commitLimit = Math.min(draft.settings.maxCommit, draft.commitLimit * 2);
      return settle(draft, ours);
    case "conflict":
    case "rerun":
      draft.staged = [...ours, ...draft.staged];
      return;
    case "refused":
    case "rejected": return refused(draft, ours, updates.length, result.reason);
    case "fenced":
    case "inDoubt": return forfeit(draft, ours);
  }
}

function forfeit(draft: CallDraft, updates: readonly StagedUpdate[]): void {
  const partitions = [...new Set(updates.map((update) => update.partition))];
  if (partitions.length === 0) return;
  draft.requests.push({ kind: "forfeit", partitions });
  disown(draft, partitions);
}

function settle(draft: CallDraft, updates: readonly StagedUpdate[]): void {
  const attention: CallRecord[] = [];
  for (const { id, change, control } of updates) {
    const live = draft.get(id);
    if (live?.status !== "finished" || change.kind === "keep") continue;
    if (change.kind === "remove") { dismiss(draft, live); continue; }
    const call: CallRecord = { ...live.call, state: change.state, attempts: change.attempts };
    const inNeed = change.state === "attention" && live.answer === null;
    const settled = draft.change(live, {
      call, status: "blocked", dueAt: change.dueAt, finding: null, answer: null, ...(inNeed ? { share: null } : {}), ...renewed(draft, call, control),
    });
    if (live.answer !== null) answer(draft, settled, live.answer);
    else if (isLeaving(draft, settled)) draft.remove(settled);
    else if (inNeed && draft.callCount > draft.settings.maxCalls) draft.setAside(settled);
    else arrange(draft, settled);
    if (inNeed) attention.push(call);
  }
  if (attention.length > 0) draft.requests.push({ kind: "attention", calls: attention });
}

/** An operator gave the call more time. */
function renewed(draft: CallDraft, call: CallRecord, control: EndedControl | null): Partial<LiveCall> {
  const deadlineMs = control?.deadlineMs ?? null;
  return deadlineMs === null ? {} : { call: { ...call, deadlineMs }, deadlineAt: draft.nowMs + deadlineMs, uncertain: false };
}

/**
 * The store refused the commit as a whole: halve until one update is left, and let that one end more plainly. One that is left because the
 * others are not ours any more may have been only beside the cause.
 */
function refused(draft: CallDraft, ours: readonly StagedUpdate[], committed: number, reason: string): void {
  const [first] = ours;
  if (first === undefined) return;
  if (committed > 1) {
    draft.commitLimit = Math.max(1, Math.floor(committed / 2));
    draft.staged = [...ours, ...draft.staged];
    return;
  }
  const live = draft.get(first.id);
  if (first.control !== null) return refusedControl(draft, live, first, first.control, reason);
  if (live === undefined) {
    if (!first.recorded) revivalRefused(draft, first, reason);
    return;
  }
  const next = plainer(draft, live, first, reason);
  if (next === null) return hold(draft, live);
  draft.staged = [next, ...draft.staged];
}

/** The store refused what an operator asked for: the call stays as it was, and the request says why. */
function refusedControl(draft: CallDraft, live: LiveCall | undefined, update: StagedUpdate, control: EndedControl, reason: string): void {
  if (update.change.kind === "keep") return;
  if (live !== undefined) {
    const given = live.answer;
    const back = draft.change(live, { status: "blocked", answer: null });
    if (given !== null) answer(draft, back, given);
    else if (isLeaving(draft, back)) draft.remove(back);
    else arrange(draft, back);
  }
  const refused = storableFailure({ code: "", message: `the store could not keep it: ${reason}` }).message;
  draft.staged = [{ ...update, change: { kind: "keep" }, outcome: null, control: { ...control, refused } }, ...draft.staged];
}

/** The store keeps nothing of this call: it stays as it is until its partition is granted anew, and a person hears of it. */
function hold(draft: CallDraft, live: LiveCall): void {
  if (isLeaving(draft, live)) draft.remove(live);
  // No time ends it: at its deadline a row that says "due" would be told as never performed.
  else draft.change(live, { status: "held", finding: null, timerAt: null });
  draft.requests.push({ kind: "attention", calls: [live.call] });
}
