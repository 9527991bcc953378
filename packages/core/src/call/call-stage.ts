// Staging: a change of a call's row, with the message and the end of an operator's request that belong to it, waits for the next commit.
// What the change is, others decide.
import type { Envelope } from "../message/envelope.ts";
import { callRevival } from "../message/revival-message.ts";
import type { CallDraft } from "./call-draft.ts";
import type { EndedControl, LiveCall, StagedChange } from "./call-runner-state.ts";

const REMOVED = { kind: "remove" } as const;

export function stage(
  draft: CallDraft, live: LiveCall, change: StagedChange, outcome: Envelope | null, control: EndedControl | null = null,
): void {
  const { id, partition } = live.call;
  const { recorded } = live;
  const epoch = draft.owned.get(partition)?.epoch ?? 0;
  // What goes on needs a row: the key is revived, and requests one that begins where this one stands.
  const goes = !recorded && change.kind === "set";
  draft.staged.push({
    id, partition, epoch, recorded, refusals: 0, control, change: goes ? REMOVED : change, outcome: goes ? goesOn(draft, live, change) : outcome,
  });
  draft.change(live, { status: "finished" });
}

function goesOn(draft: CallDraft, { call, deadlineAt }: LiveCall, { state, attempts, dueAt }: Extract<StagedChange, { kind: "set" }>): Envelope {
  const deadlineInMs = Math.max(0, Math.round(deadlineAt - draft.nowMs));
  // Nobody asked its handler, which would say: reconcile. That is worth one question even past the deadline.
  const progress = state === "due" ? { state, attempts, dueInMs: Math.max(0, Math.round(dueAt - draft.nowMs)) } : { state: "asking", attempts: 0, dueInMs: 0 } as const;
  return callRevival(draft.settings.group, call, { ...progress, deadlineInMs }, draft.dateMs);
}

/** One attempt of one ownership: two outcomes of a call cannot share it, though they share their attempts and their millisecond. */
export function occasionOf(draft: CallDraft, { call, ticket }: LiveCall): string {
  return `${String(draft.owned.get(call.partition)?.epoch ?? 0)}/${String(ticket)}`;
}
