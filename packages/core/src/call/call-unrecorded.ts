// Calls without a row: their handler's documents tell of them, and their runner's memory holds them. They are begun as soon as they are
// committed; whoever owns their key next revives it, so that its handler requests them anew.
import type { NewCall } from "../message/call.ts";
import type { Revival } from "../message/changes.ts";
import type { Fence } from "../spi/store.ts";
import type { CallDraft } from "./call-draft.ts";
import { arrange, begin, fireTimers, isFree } from "./call-queue.ts";
import type { LiveCall, StagedUpdate } from "./call-runner-state.ts";
import { keyRevival } from "../message/revival-message.ts";

const REVIVALS = 500;
/** Between two attempts to append a revival that the store refuses: a time limit or a lack of room may pass, sooner or later. */
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 32_000;

/** Takes calls into memory. Those of an ownership that is gone, or is going, are left to the next owner. */
export function requested(draft: CallDraft, calls: readonly NewCall[], fences: readonly Fence[]): void {
  if (draft.phase !== "running") return;
  // Older calls whose time has come wait in the queues then, and go first.
  fireTimers(draft);
  const epochs = new Map(fences.map(({ partition, epoch }) => [partition, epoch]));
  for (const call of calls) {
    const held = draft.owned.get(call.partition);
    if (held === undefined || held.leaving || held.epoch !== epochs.get(call.partition)) continue;
    const live = inMemory(draft, call);
    const first = draft.add(live);
    if (first && draft.nowMs < live.deadlineAt && isFree(draft, call.operation)) begin(draft, live);
    else arrange(draft, live);
  }
}

function inMemory(draft: CallDraft, call: NewCall): LiveCall {
  const { id, tenant, routingKey, partition, operation, callKey, input, causationId, correlationId, trace, deadlineMs } = call;
  const deadlineAt = draft.nowMs + deadlineMs;
  return {
    // Field by field: objects that are made in one piece are cheaper than ones that grow.
    call: {
      id, tenant, routingKey, partition, operation, callKey, input, causationId, correlationId, trace, deadlineMs,
      sequence: draft.seen, state: "due", attempts: 0, dueInMs: 0, deadlineInMs: deadlineMs,
    },
    share: draft.shareFor(call), status: "blocked", dueAt: draft.nowMs, deadlineAt, timerAt: deadlineAt, recorded: false,
    uncertain: false, inherited: false, ticket: 0, begunAt: 0, pass: 0, finding: null, answer: null,
  };
}

/** Reads what owners before this one left, one partition at a time. */
export function startRevivals(draft: CallDraft): void {
  if (draft.reviving !== null || draft.phase !== "running") return;
  const held = draft.owned.filter(({ reviveAfter, leaving }) => reviveAfter !== null && !leaving)[0];
  if (held === undefined || held.reviveAfter === null) return;
  const { partition, epoch, reviveAfter } = held;
  draft.reviving = { partition, epoch };
  draft.requests.push({ kind: "readRevivals", partition, after: reviveAfter === "all" ? null : reviveAfter, limit: REVIVALS });
}

export function revivalsRead(draft: CallDraft, revivals: readonly Revival[], more: boolean): void {
  const fence = draft.reviving;
  draft.reviving = null;
  const held = fence === null ? undefined : draft.owned.get(fence.partition);
  if (fence === null || held?.epoch !== fence.epoch || held.leaving) return;
  draft.owned.set(fence.partition, { ...held, reviveAfter: more ? revivals.at(-1) ?? null : null });
  for (const revival of revivals) stageRevival(draft, fence, revival, 0);
}

function stageRevival(draft: CallDraft, fence: Fence, revival: Revival, refusals: number): void {
  const outcome = keyRevival(draft.settings.group, revival, fence.epoch, draft.dateMs);
  draft.staged.push({ ...fence, id: outcome.id, change: { kind: "remove" }, outcome, recorded: false, refusals, control: null });
}

/**
 * The store refused to append the revival of one key, alone. It is tried again after pauses that grow to half a minute, for as long as the partition
 * is owned: nobody else would, so what the key had under way would hang after the store is well again. Nothing else waits for it: to acquire the
 * partition anew would abort what all other keys have under way, again and again.
 */
export function revivalRefused(draft: CallDraft, { partition, epoch, outcome, refusals }: StagedUpdate, reason: string): void {
  if (outcome === null) return;
  const revival: Revival = { partition, tenant: outcome.tenant, key: outcome.key };
  const afterMs = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** refusals);
  draft.requests.push({ kind: "revivalRefused", fence: { partition, epoch }, revival, refusals: refusals + 1, afterMs, reason });
}

/** The pause is over. */
export function reviveAgain(draft: CallDraft, fence: Fence, revival: Revival, refusals: number): void {
  const held = draft.owned.get(fence.partition);
  if (draft.phase === "running" && held?.epoch === fence.epoch && !held.leaving) stageRevival(draft, fence, revival, refusals);
}

export function revivalsFailed(draft: CallDraft): void {
  draft.reviving = null;
}
