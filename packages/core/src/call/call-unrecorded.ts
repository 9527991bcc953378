// Calls without a row: their handler's documents tell of them, and their runner's memory holds them. They are begun as soon as they are
// committed; whoever owns their key next revives it, so that its handler requests them anew.
import type { NewCall } from "../message/call.ts";
import type { Revival } from "../message/changes.ts";
import type { Fence } from "../spi/store.ts";
import type { CallDraft } from "./call-draft.ts";
import { arrange, begin, fireTimers, isFree } from "./call-queue.ts";
import type { LiveCall } from "./call-runner-state.ts";
import { keyRevival } from "../message/revival-message.ts";

const REVIVALS = 500;

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
  for (const revival of revivals) {
    const outcome = keyRevival(draft.settings.group, revival, fence.epoch, draft.dateMs);
    draft.staged.push({ ...fence, id: outcome.id, change: { kind: "remove" }, outcome, recorded: false, refusals: 0, control: null });
  }
}

export function revivalsFailed(draft: CallDraft): void {
  draft.reviving = null;
}
