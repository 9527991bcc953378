// The call runner machine: performs the calls of every partition its service owns in this process. Calls of one routing key run in order,
// one at a time, unless the service says that they need not; all others concurrently up to their operation's bound. What came of them is
// committed in groups, each change of a row with its outcome; until then, whoever owns the row performs it again under the same key. It awaits
// nothing and performs nothing.
import { answered } from "./call-answer.ts";
import { committed, startCommit } from "./call-commit.ts";
import { conclude } from "./call-conclude.ts";
import { control, controlled, controlsFailed, startControls } from "./call-control.ts";
import { CallDraft } from "./call-draft.ts";
import { nextPassAt, passed } from "./call-guard.ts";
import { expireLeaving, finishLeaving, granted, leave, lose, orphanEnded } from "./call-ownership.ts";
import { fireTimers, startAttempts } from "./call-queue.ts";
import type { CallRunnerInput, CallRunnerState, CallRunnerStep, Finding } from "./call-runner-state.ts";
import { claimProbes, sharedBreakerAnswered, sharedBreakersSeen } from "./call-shared-breaker.ts";
import { requested, reviveAgain, revivalsFailed, revivalsRead, startRevivals } from "./call-unrecorded.ts";
import { scanFailed, scanned, startScan, wake } from "./call-scan.ts";

/** The call runner's step function: the state before stays as it is. */
export function callRunner(state: CallRunnerState, input: CallRunnerInput): CallRunnerStep {
  return step(state, input, false);
}

/** The same step for a driver that keeps one state: what the state before holds is changed where it is, and that state is used up. */
export function callRunnerInPlace(state: CallRunnerState, input: CallRunnerInput): CallRunnerStep {
  return step(state, input, true);
}

function step(state: CallRunnerState, input: CallRunnerInput, inPlace: boolean): CallRunnerStep {
  const draft = new CallDraft(state, input.nowMs, input.dateMs, input.nowMs < (input.beginUntilMs ?? Infinity), inPlace);
  take(draft, input);
  proceed(draft);
  return draft.seal();
}

function take(draft: CallDraft, input: CallRunnerInput): void {
  switch (input.kind) {
    case "granted": return granted(draft, input.fences);
    case "lost": return lose(draft, input.partitions);
    case "leave": return leave(draft, input.partitions);
    case "expire": return expireLeaving(draft);
    case "wake": return wake(draft);
    case "requested": return requested(draft, input.calls, input.fences);
    case "revivals": return revivalsRead(draft, input.revivals, input.more);
    case "revivalsFailed": return revivalsFailed(draft);
    case "reviveAgain": return reviveAgain(draft, input.fence, input.revival, input.refusals);
    case "scanned": return scanned(draft, input.calls, input.more);
    case "scanFailed": return scanFailed(draft);
    case "ended":
      for (const { callId, ticket, result } of input.ends) ended(draft, callId, ticket, result);
      return;
    case "performed":
    case "asked": return ended(draft, input.callId, input.ticket, input.result);
    case "answered": return answered(draft, input.callId, input.answer);
    case "control": return control(draft);
    case "controls": return controlled(draft, input.controls);
    case "controlsFailed": return controlsFailed(draft);
    case "breakers": return sharedBreakersSeen(draft, input.rows);
    case "shared": return sharedBreakerAnswered(draft, input.operation, input.result);
    case "committed": return committed(draft, input.commit, input.result);
    // A timer of the host may come early: then the look is requested again.
    case "tick": draft.lookAt = null; return;
    case "drain":
      if (draft.phase !== "running") return;
      draft.phase = "draining";
      return leave(draft, draft.owned.values().map((held) => held.partition));
  }
}

function ended(draft: CallDraft, callId: string, ticket: number, finding: Finding): void {
  const live = draft.get(callId);
  if (live?.ticket !== ticket) return orphanEnded(draft, callId, ticket, finding);
  if (live.status !== "performing" && live.status !== "asking") return;
  draft.countActive(live.call.operation, -1);
  const { call: { operation, deadlineMs }, begunAt, pass } = live;
  passed(draft, { operation, deadlineMs, begunAt, pass }, finding);
  conclude(draft, live, finding);
}

function proceed(draft: CallDraft): void {
  if (draft.phase === "stopped") return;
  fireTimers(draft);
  startAttempts(draft);
  claimProbes(draft);
  startScan(draft);
  startRevivals(draft);
  startControls(draft);
  startCommit(draft);
  finishLeaving(draft);
  lookAgain(draft);
}

/** Requests a look at the next timer, breaker, budget or deadline of a call left in the store, unless an earlier or equal one is coming. */
function lookAgain(draft: CallDraft): void {
  if (draft.lookAt !== null && draft.lookAt <= draft.nowMs) draft.lookAt = null;
  const timerAt = draft.nextTimerAt();
  const passAt = nextPassAt(draft);
  const leftAt = draft.left.next()?.dueAt ?? null;
  // One whose time has come is read as soon as the scan under way has ended.
  const next = Math.min(timerAt ?? Infinity, passAt ?? Infinity, leftAt === null || leftAt <= draft.nowMs ? Infinity : leftAt);
  if (next === Infinity || (draft.lookAt !== null && draft.lookAt <= next)) return;
  draft.lookAt = next;
  draft.requests.push({ kind: "wait", untilMs: next });
}
