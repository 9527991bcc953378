// What a handler answered to an unknown outcome. Its own commit has changed the row already: here memory follows.
import type { CallAnswer } from "../message/call.ts";
import type { CallDraft } from "./call-draft.ts";
import { isLeaving } from "./call-ownership.ts";
import { abortAttempt, arrange, dismiss, vanish } from "./call-queue.ts";
import type { LiveCall } from "./call-runner-state.ts";

export function answered(draft: CallDraft, callId: string, given: CallAnswer["answer"]): void {
  const live = draft.get(callId);
  if (live !== undefined) return answer(draft, live, given);
  const left = draft.left.get(callId);
  if (left !== undefined && given === "abandon") vanish(draft, left);
  // The scan under way may have read the row before the answer; any later one reads it after.
  if (draft.scanning !== null) draft.answers.set(callId, given);
}

export function answer(draft: CallDraft, live: LiveCall, given: CallAnswer["answer"]): void {
  // The two commits may have come in either order: the answer counts once ours has ended.
  if (live.status === "finished") { draft.change(live, { answer: given }); return; }
  if (given === "abandon") {
    abortAttempt(draft, { ...live, ...live.call });
    return isLeaving(draft, live) ? void draft.remove(live) : dismiss(draft, live);
  }
  const asking = draft.change(live, { call: { ...live.call, state: "asking", attempts: 0 }, dueAt: draft.nowMs, uncertain: false });
  if (live.status === "performing" || live.status === "asking") return;
  if (isLeaving(draft, asking)) draft.remove(asking);
  else arrange(draft, asking);
}
