// Staging: a change of a call's row, with the message and the end of an operator's request that belong to it, waits for the next commit.
// What the change is, others decide.
import type { Envelope } from "../message/envelope.ts";
import type { CallDraft } from "./call-draft.ts";
import type { EndedControl, LiveCall, StagedChange } from "./call-runner-state.ts";

export function stage(
  draft: CallDraft, live: LiveCall, change: StagedChange, outcome: Envelope | null, control: EndedControl | null = null,
): void {
  const { id, partition } = live.call;
  draft.staged.push({ id, partition, epoch: draft.owned.get(partition)?.epoch ?? 0, change, outcome, refusals: 0, control });
  draft.change(live, { status: "finished" });
}

/** One attempt of one ownership: two outcomes of a call cannot share it, though they share their attempts and their millisecond. */
export function occasionOf(draft: CallDraft, { call, ticket }: LiveCall): string {
  return `${String(draft.owned.get(call.partition)?.epoch ?? 0)}/${String(ticket)}`;
}
