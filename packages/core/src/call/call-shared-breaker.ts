// The breakers that an operation shares with all workers, inside the call runner: what is asked of the store, and what its answers and looks
// change. The store is asked at transitions only. It performs nothing.
import { answered, ask, claimAt, detach, isNews, looked } from "../resilience/shared-breaker.ts";
import type { BreakerChange, BreakerChanged, BreakerRow } from "../spi/breakers.ts";
import type { CallDraft } from "./call-draft.ts";
import { newRamp } from "./call-ramp.ts";

/** A look at the roster has told how every shared breaker stands. */
export function sharedBreakersSeen(draft: CallDraft, rows: readonly BreakerRow[]): void {
  for (const [operation, policy] of draft.settings.operations) {
    if (policy.breaker?.shared !== true) continue;
    const row = rows.find((one) => one.operation === operation) ?? null;
    const before = draft.loadOf(operation);
    if (before.breaker === null || before.shared === null || !isNews(before.breaker, before.shared, row)) continue;
    const { breaker, shared } = draft.guardOf(operation);
    if (breaker === null || shared === null) continue;
    const change = looked(breaker, shared, row, holder(draft), draft.nowMs);
    if (change === "tell") askStore(draft, operation, "open", Math.max(0, breaker.until - draft.nowMs));
    else turned(draft, operation, change);
    if (breaker.phase === "closed") say(draft, operation, false);
  }
}

/** The store has answered a change; null: it has not. */
export function sharedBreakerAnswered(draft: CallDraft, operation: string, result: BreakerChanged | null): void {
  const { breaker, shared } = draft.guardOf(operation);
  if (breaker === null || shared === null) return;
  say(draft, operation, result === null);
  if (result === null) detach(shared);
  else turned(draft, operation, answered(breaker, shared, result, holder(draft), draft.nowMs));
}

function say(draft: CallDraft, operation: string, away: boolean): void {
  const { shared } = draft.guardOf(operation);
  if (shared === null || shared.saidAway === away) return;
  shared.saidAway = away;
  draft.requests.push({ kind: "breakerStore", operation, away });
}

/** Claims the probe where a call waits for it, and gives back one for which no call was left. */
export function claimProbes(draft: CallDraft): void {
  for (const [operation, { ready, retries, breaker, shared }] of draft.operations) {
    if (breaker === null || shared === null) continue;
    if (shared.granted) askStore(draft, operation, "release", 0);
    else if (draft.mayBegin && (ready !== null || retries !== null)) claim(draft, operation, claimAt(breaker, shared));
  }
}

function claim(draft: CallDraft, operation: string, at: number | null): void {
  if (at === null || at > draft.nowMs || !draft.hasRoom(operation)) return;
  askStore(draft, operation, "probe", draft.policyOf(operation).breaker?.probeMs ?? 0);
}

export function askStore(draft: CallDraft, operation: string, kind: BreakerChange["kind"], forMs: number): void {
  const { shared } = draft.guardOf(operation);
  if (shared === null) return;
  ask(shared, kind, draft.nowMs);
  draft.requests.push({ kind: "share", change: { operation, version: shared.version, kind, forMs, by: holder(draft) } });
}

/** The breaker has opened or closed, here or elsewhere. */
export function turned(draft: CallDraft, operation: string, change: "opened" | "closed" | null): void {
  if (change === null) return;
  const load = draft.loadOf(operation);
  const forMs = change === "opened" ? Math.max(0, (load.breaker?.until ?? 0) - draft.nowMs) : 0;
  draft.requests.push({ kind: "breaker", operation, change, forMs });
  const openMs = draft.policyOf(operation).breaker?.openMs ?? 0;
  draft.operations.set(operation, { ...load, ramp: change === "closed" ? newRamp(load.active, draft.nowMs, openMs) : null });
}

/** Services that share an operation may run in one process: each probes for itself. */
function holder(draft: CallDraft): string {
  return `${draft.settings.worker}/${draft.settings.group}`;
}
