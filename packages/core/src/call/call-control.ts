// What operators ask of calls that need attention. Requests are read where the roster tells of some, one read at a time and never while one
// of them is being committed, so that none is acted on twice. Each ends in the commit that changes its call, or that says why it was refused.
import type { CallDraft } from "./call-draft.ts";
import { outcomeEnvelope } from "./call-outcome.ts";
import { occasionOf, stage } from "./call-stage.ts";
import type { JudgedControl, LiveCall } from "./call-runner-state.ts";

/** Operators asked for something. */
export function control(draft: CallDraft): void {
  if (draft.controls === "idle") draft.controls = "wanted";
}

export function startControls(draft: CallDraft): void {
  if (draft.controls !== "wanted" || draft.phase !== "running" || isEnding(draft)) return;
  const fences = draft.owned.values().filter((held) => !held.leaving).map(({ partition, epoch }) => ({ partition, epoch }));
  draft.controls = fences.length === 0 ? "idle" : { fences };
  if (fences.length > 0) draft.requests.push({ kind: "readControls", partitions: fences.map((fence) => fence.partition) });
}

export function controlsFailed(draft: CallDraft): void {
  draft.controls = "idle";
}

export function controlled(draft: CallDraft, found: readonly JudgedControl[]): void {
  const reading = draft.controls;
  if (reading === "idle" || reading === "wanted") return;
  draft.controls = "idle";
  for (const one of found) {
    const held = draft.owned.get(one.partition);
    // What is not ours any more is left to its owner.
    if (held === undefined || held.leaving || !reading.fences.some((fence) => fence.partition === one.partition && fence.epoch === held.epoch)) continue;
    act(draft, one);
  }
}

function act(draft: CallDraft, asked: JudgedControl): void {
  const live = draft.get(asked.callId);
  if (live === undefined) {
    // Not read into memory yet: the request stays open, and is found again at the next look.
    const left = draft.left.get(asked.callId);
    if (left !== undefined) draft.left.hasten(left, draft.nowMs);
    return asked.sequence === null ? refuse(draft, asked, "the call has ended") : undefined;
  }
  if (live.status === "finished") return;
  if (live.call.state !== "attention") return refuse(draft, asked, `the call is '${live.call.state}' and needs no attention`);
  const { verdict } = asked;
  switch (verdict.kind) {
    case "refused": return refuse(draft, asked, verdict.reason);
    case "retry": return retry(draft, live, asked.id, verdict.deadlineMs ?? live.call.deadlineMs);
    case "abandon": return stage(draft, live, { kind: "remove" }, null, end(asked));
    case "resolve": {
      const { settings, dateMs } = draft;
      const outcome = outcomeEnvelope(settings.group, live.call, live.call.attempts, verdict.outcome, dateMs, occasionOf(draft, live));
      return stage(draft, live, { kind: "remove" }, outcome, end(asked));
    }
  }
}

/** What became of the attempts before is not known, so the provider is asked first where it can be. */
function retry(draft: CallDraft, live: LiveCall, id: number, deadlineMs: number): void {
  stage(draft, live, { kind: "set", state: "asking", attempts: 0, dueAt: draft.nowMs }, null, { id, refused: null, deadlineMs });
}

function refuse(draft: CallDraft, asked: JudgedControl, refused: string): void {
  const { partition, callId } = asked;
  const epoch = draft.owned.get(partition)?.epoch ?? 0;
  draft.staged.push({ id: callId, partition, epoch, change: { kind: "keep" }, outcome: null, recorded: true, refusals: 0, control: { ...end(asked), refused } });
}

function end({ id }: JudgedControl): { id: number; refused: null; deadlineMs: null } {
  return { id, refused: null, deadlineMs: null };
}

/** Whether the end of a request is staged or being committed; with a partition: of a request there. */
export function isEnding(draft: CallDraft, partition?: number): boolean {
  return [...draft.staged, ...draft.committing?.updates ?? []]
    .some((update) => update.control !== null && (partition === undefined || update.partition === partition));
}
