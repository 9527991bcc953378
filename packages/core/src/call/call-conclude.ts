// What becomes of a call's row: after an attempt, at its deadline, and when the store refuses its end. Every change of a row is staged
// here, with its outcome; call-runner.ts commits them.
import { backoffMs } from "../message/backoff.ts";
import type { CallFailure } from "../message/call.ts";
import type { CallDraft } from "./call-draft.ts";
import { outcomeEnvelope, storableFailure, type Outcome } from "./call-outcome.ts";
import type { Finding, LiveCall, StagedUpdate } from "./call-runner-state.ts";
import { occasionOf, stage } from "./call-stage.ts";
import { callRevival } from "../message/revival-message.ts";

/** An attempt has ended. */
export function conclude(draft: CallDraft, live: LiveCall, finding: Finding): void {
  const attempts = live.call.attempts + 1;
  const ended = draft.change(live, { finding });
  switch (finding.kind) {
    case "ok": return end(draft, ended, attempts, { kind: "value", name: "ok", value: finding.value });
    case "failure": return end(draft, ended, attempts, { kind: "value", name: finding.name, value: finding.value });
    case "absent": return absent(draft, ended, attempts);
    case "notPerformed":
    case "unknown":
      if (live.call.state === "asking") return stillUnknown(draft, ended, attempts, finding.afterMs ?? null);
      return finding.kind === "unknown" ? leaveUnknown(draft, ended, attempts, finding.failure) : tryAgain(draft, ended, attempts, finding);
  }
}

/** A call that is `due` or `asking` has reached its deadline with nothing under way. */
export function expire(draft: CallDraft, live: LiveCall): void {
  const { state, attempts, operation, deadlineMs } = live.call;
  if (state !== "due") return needAttention(draft, live, attempts);
  const message = `The call of '${operation}' reached its deadline of ${String(deadlineMs)} ms before it could be performed.`;
  giveUp(draft, live, attempts, { code: "CALL_NOT_PERFORMED", message });
}

function isLate(draft: CallDraft, live: LiveCall): boolean {
  return draft.nowMs >= live.deadlineAt;
}

function retryAt(draft: CallDraft, live: LiveCall, attempts: number, floorMs: number | null): number {
  const policy = draft.policyOf(live.call.operation);
  return draft.nowMs + backoffMs({ baseMs: policy.backoffMs, maxMs: policy.maxBackoffMs }, live.call.id, attempts, floorMs);
}

/** The attempt was certainly not performed. */
function tryAgain(draft: CallDraft, live: LiveCall, attempts: number, finding: Extract<Finding, { kind: "notPerformed" }>): void {
  const dueAt = retryAt(draft, live, attempts, finding.afterMs);
  const last = finding.final === true || attempts >= draft.policyOf(live.call.operation).attempts;
  if (last || isLate(draft, live) || dueAt >= live.deadlineAt) return giveUp(draft, live, attempts, finding.failure);
  stage(draft, live, { kind: "set", state: "due", attempts, dueAt }, null);
}

/** No more attempts. What an owner before us may have begun cannot be called "not performed": then the outcome is unknown. */
function giveUp(draft: CallDraft, live: LiveCall, attempts: number, failure: CallFailure): void {
  if (!live.uncertain) return end(draft, live, attempts, { kind: "notPerformed", failure });
  leaveUnknown(draft, live, attempts, {
    code: "CALL_UNKNOWN",
    message: `A worker before this one may have begun the call, and left no trace of how that ended. Last known: ${failure.message}`,
  });
}

/** The one change that appends the outcome `unknown`. */
function leaveUnknown(draft: CallDraft, live: LiveCall, attempts: number, failure: CallFailure): void {
  const state = isLate(draft, live) ? "attention" : "unknown";
  const outcome = outcomeEnvelope(draft.settings.group, live.call, attempts, { kind: "unknown", failure }, draft.dateMs, occasionOf(draft, live));
  stage(draft, live, { kind: "set", state, attempts, dueAt: draft.nowMs }, outcome);
}

/** The provider has nothing: with time left the call is performed again under the same key. */
function absent(draft: CallDraft, live: LiveCall, attempts: number): void {
  const certain = draft.change(live, { uncertain: false });
  if (!isLate(draft, live)) return stage(draft, certain, { kind: "set", state: "due", attempts, dueAt: draft.nowMs }, null);
  const message = `The provider has no effect under the key of this call of '${live.call.operation}', and its deadline has passed.`;
  end(draft, certain, attempts, { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message } });
}

/** Asking told nothing. Nor does "not performed" of a repeated attempt: it speaks of that attempt alone. */
function stillUnknown(draft: CallDraft, live: LiveCall, attempts: number, floorMs: number | null): void {
  if (isLate(draft, live)) return needAttention(draft, live, attempts);
  const dueAt = retryAt(draft, live, attempts, floorMs);
  stage(draft, live, { kind: "set", state: "asking", attempts, dueAt: Math.min(dueAt, live.deadlineAt) }, null);
}

function end(draft: CallDraft, live: LiveCall, attempts: number, outcome: Outcome): void {
  stage(draft, live, { kind: "remove" }, outcomeEnvelope(draft.settings.group, live.call, attempts, outcome, draft.dateMs, occasionOf(draft, live)));
}

function needAttention(draft: CallDraft, live: LiveCall, attempts: number): void {
  stage(draft, live, { kind: "set", state: "attention", attempts, dueAt: draft.nowMs }, null);
}

/**
 * The store refused this update alone: an end that it cannot keep becomes `unknown` with the reason, so that the service hears of it; then
 * the row alone is set to `attention`. Null: nothing is left to try.
 */
export function plainer(draft: CallDraft, live: LiveCall, refused: StagedUpdate, reason: string): StagedUpdate | null {
  const attempts = refused.change.kind === "set" ? refused.change.attempts : live.call.attempts + 1;
  const dueAt = draft.nowMs;
  if (!refused.recorded) {
    // With a row its end can be kept more plainly.
    const deadlineInMs = Math.max(0, Math.round(live.deadlineAt - draft.nowMs));
    const outcome = callRevival(draft.settings.group, live.call, { state: "asking", attempts: 0, dueInMs: 0, deadlineInMs }, draft.dateMs);
    return refused.refusals > 0 ? null : { ...refused, refusals: 1, outcome };
  }
  if (refused.refusals === 0 && refused.outcome !== null) {
    const failure = storableFailure({ code: "CALL_OUTCOME_INVALID", message: `The call's outcome could not be stored: ${reason}` });
    return {
      ...refused, refusals: 1, change: { kind: "set", state: isLate(draft, live) ? "attention" : "unknown", attempts, dueAt },
      outcome: outcomeEnvelope(draft.settings.group, live.call, attempts, { kind: "unknown", failure }, draft.dateMs, occasionOf(draft, live)),
    };
  }
  if (refused.refusals > 1) return null;
  return { ...refused, refusals: 2, change: { kind: "set", state: "attention", attempts, dueAt }, outcome: null };
}
