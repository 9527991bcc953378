// What may go to a provider now: an operation's breaker and retry budget, asked before an attempt and told how it ended. A call that may not go
// stays where it is, and its attempts are not counted. It knows nothing of rows.
import { admit, settle, type Verdict } from "../resilience/breaker.ts";
import { hadItsTime } from "../resilience/deadline.ts";
import { affordableAt, earn, spend } from "../resilience/retry-budget.ts";
import { claimAt, isShut } from "../resilience/shared-breaker.ts";
import type { CallDraft } from "./call-draft.ts";
import { climb } from "./call-ramp.ts";
import type { Finding, LiveCall } from "./call-runner-state.ts";
import { askStore, turned } from "./call-shared-breaker.ts";

/** How soon it is looked again whether attempts may begin, where they may not since the heartbeat is late. */
const BEAT_LOOK_MS = 250;
/** So many of the oldest calls are looked at for a probe. */
const PROBE_CHOICE = 100;

/** Whether the breaker keeps every call of the operation waiting now. */
export function isHeldBack(draft: CallDraft, operation: string): boolean {
  const { breaker, shared } = draft.loadOf(operation);
  return breaker !== null && isShut(breaker, shared, draft.nowMs);
}

/** The oldest ready call that may go; a retry among them is paid for. Retries that cannot be paid for wait beside the others. */
export function nextToGo(draft: CallDraft, operation: string): LiveCall | undefined {
  if ((draft.loadOf(operation).breaker?.phase ?? "closed") !== "closed") return nextProbe(draft, operation);
  const { budget } = draft.policyOf(operation);
  if (budget === null) return draft.dequeue(operation, "ready");
  if (draft.loadOf(operation).retries !== null && draft.nowMs >= affordable(draft, operation)) {
    const retry = draft.dequeue(operation, "retries");
    if (retry !== undefined) return pay(draft, retry) ? retry : undefined;
  }
  for (let live = draft.dequeue(operation, "ready"); live !== undefined; live = draft.dequeue(operation, "ready")) {
    if (live.call.attempts === 0 || pay(draft, live)) return live;
    draft.queue(live, "retries");
  }
  return undefined;
}

/**
 * The oldest ready call that has the time to say something; else, of the oldest, the one with the most time. The budget is not asked: probes
 * are rare, and without one nothing goes.
 */
function nextProbe(draft: CallDraft, operation: string): LiveCall | undefined {
  const aside: (readonly [LiveCall, "ready" | "retries"])[] = [];
  let best: LiveCall | undefined;
  for (const where of ["ready", "retries"] as const) {
    while (aside.length < PROBE_CHOICE && (best === undefined || !hasTime(draft, best))) {
      const live = draft.dequeue(operation, where);
      if (live === undefined) break;
      aside.push([live, where]);
      if (best === undefined || hasTime(draft, live) || live.deadlineAt > best.deadlineAt) best = live;
    }
  }
  for (const [live, where] of aside) if (live !== best) draft.queue(live, where);
  return best;
}

function hasTime(draft: CallDraft, { call, deadlineAt }: LiveCall): boolean {
  // A question past its deadline has the whole timeout.
  return deadlineAt <= draft.nowMs || hadItsTime(deadlineAt - draft.nowMs, draft.policyOf(call.operation).timeoutMs, call.deadlineMs);
}

function pay(draft: CallDraft, { call }: LiveCall): boolean {
  const { budget } = draft.guardOf(call.operation);
  const settings = draft.policyOf(call.operation).budget;
  return budget === null || settings === null || spend(budget, settings, draft.nowMs);
}

function affordable(draft: CallDraft, operation: string): number {
  const { budget } = draft.guardOf(operation);
  const settings = draft.policyOf(operation).budget;
  return budget === null || settings === null ? draft.nowMs : affordableAt(budget, settings, draft.nowMs);
}

/** An attempt begins: returns the breaker's ticket for it. */
export function pass(draft: CallDraft, { call }: LiveCall): number {
  const policy = draft.policyOf(call.operation);
  // The question that a handler asks for is no retry, and no traffic that could earn one.
  if (policy.budget !== null && call.attempts === 0 && call.state === "due") {
    const { budget } = draft.guardOf(call.operation);
    if (budget !== null) earn(budget, policy.budget, draft.nowMs);
  }
  const { breaker } = draft.loadOf(call.operation);
  if (breaker === null || policy.breaker === null) return 0;
  if (breaker.phase === "closed") return breaker.era;
  const guard = draft.guardOf(call.operation);
  const own = guard.breaker ?? breaker;
  draft.requests.push({ kind: "breaker", operation: call.operation, change: "probing", forMs: 0 });
  const ticket = admit(own, policy.breaker, draft.nowMs);
  if (guard.shared?.granted === true) {
    guard.shared.granted = false;
    // Not later than the store's own expiry: the claim was asked for before the store counted.
    own.until = guard.shared.askedAt + policy.breaker.probeMs;
  }
  return ticket;
}

interface Attempt { readonly operation: string; readonly begunAt: number; readonly pass: number; readonly deadlineMs: number }

/** An attempt has ended; null: it was taken back, and says nothing. */
export function passed(draft: CallDraft, attempt: Attempt, finding: Finding | null): void {
  const { operation, begunAt } = attempt;
  const policy = draft.policyOf(operation);
  const { breaker, shared } = draft.guardOf(operation);
  if (breaker === null || policy.breaker === null) return;
  const durationMs = draft.nowMs - begunAt;
  const verdict = finding === null ? "nothing" : verdictOf(finding, hadItsTime(durationMs, policy.timeoutMs, attempt.deadlineMs));
  const load = draft.loadOf(operation);
  const counts = attempt.pass === breaker.era;
  if (load.ramp !== null) draft.operations.set(operation, { ...load, ramp: climb(load.ramp, verdict, counts, policy.concurrency, draft.nowMs) });
  const probed = counts && breaker.phase === "halfOpen";
  const change = settle(breaker, policy.breaker, `${draft.settings.worker}/${operation}`, attempt.pass, draft.nowMs, verdict, durationMs);
  turned(draft, operation, change);
  if (shared?.attached !== true) return;
  if (change === "opened") askStore(draft, operation, "open", breaker.until - draft.nowMs);
  else if (change === "closed") askStore(draft, operation, "close", 0);
  else if (probed) askStore(draft, operation, "release", 0);
}

function verdictOf(finding: Finding, hadTime: boolean): Verdict {
  switch (finding.kind) {
    case "ok":
    case "failure":
    case "absent": return "answer";
    // Refused for good, as a wrong request is: the provider did its part.
    case "notPerformed": return finding.final === true ? "answer" : "failure";
    // Cut off by the call's deadline: with no time left, nothing is said about the provider.
    case "unknown": return finding.failure.code === "CALL_TIMEOUT" && !hadTime ? "cutOff" : "failure";
  }
}

/** When a ready call may go that may not go now; null: nothing waits for that. */
export function nextPassAt(draft: CallDraft): number | null {
  if (draft.queued === 0) return null;
  let next: number | null = null;
  for (const [operation, { ready, retries, ramp }] of draft.operations) {
    if (ready === null && retries === null) continue;
    if (!draft.mayBegin) return draft.nowMs + BEAT_LOOK_MS;
    const at = draft.hasRoom(operation) ? passAt(draft, operation) : ramp !== null && draft.nowMs < ramp.until ? ramp.until : Infinity;
    if (at < (next ?? Infinity)) next = at;
  }
  return next;
}

function passAt(draft: CallDraft, operation: string): number {
  const { retries, breaker, shared } = draft.loadOf(operation);
  if (breaker !== null && isShut(breaker, shared, draft.nowMs)) {
    // What was asked of the store is answered, and what others do is seen, by inputs of their own.
    return shared?.attached === true ? claimAt(breaker, shared) ?? Infinity : breaker.until;
  }
  return retries === null ? Infinity : affordable(draft, operation);
}
