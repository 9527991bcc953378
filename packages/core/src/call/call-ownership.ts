// Partitions come and go. What is under way when ownership is in doubt lives on as an orphan: granted again, it is matched with its row, if
// that still stands as it did; lost, it is aborted.
import type { Fence } from "../spi/store.ts";
import type { CallDraft } from "./call-draft.ts";
import { conclude } from "./call-conclude.ts";
import { isEnding } from "./call-control.ts";
import { passed } from "./call-guard.ts";
import { abortAttempt, arrange } from "./call-queue.ts";
import type { Finding, LiveCall, Orphan } from "./call-runner-state.ts";

export function granted(draft: CallDraft, fences: readonly Fence[]): void {
  if (draft.phase === "stopped") { draft.requests.push({ kind: "release", fences }); return; }
  disown(draft, fences.map((fence) => fence.partition));
  for (const { partition, epoch } of fences) {
    const leaving = draft.phase === "draining";
    draft.owned.set(partition, { partition, epoch, cursor: 0, hungry: true, leaving, caughtUp: false, grantedAt: draft.nowMs, reviveAfter: "all" });
  }
}

/** Forgets the calls of these partitions; attempts of theirs live on as orphans. */
export function disown(draft: CallDraft, partitions: readonly number[]): void {
  const gone = forget(draft, partitions);
  for (const live of gone) {
    const { call, status, finding, ticket, begunAt, pass, recorded } = live;
    // No row will be read for it: its key is revived.
    if (!recorded) { abortAttempt(draft, { ...live, ...live.call }); continue; }
    if (status !== "performing" && status !== "asking" && (status !== "finished" || finding === null)) continue;
    const { id, partition, sequence, operation, state, attempts, deadlineMs } = call;
    const was = status === "asking" ? "asking" : "performing";
    draft.orphans.set(id, { id, partition, sequence, operation, state, attempts, ticket, status: was, begunAt, pass, deadlineMs, finding });
  }
}

/** Forgets the calls of these partitions and aborts what is under way there. */
export function lose(draft: CallDraft, partitions: readonly number[]): void {
  for (const live of forget(draft, partitions)) abortAttempt(draft, { ...live, ...live.call });
  for (const orphan of draft.orphans.values()) if (partitions.includes(orphan.partition)) dropOrphan(draft, orphan);
}

function forget(draft: CallDraft, partitions: readonly number[]): LiveCall[] {
  const ours = new Set(partitions.filter((partition) => draft.owned.get(partition) !== undefined));
  if (ours.size === 0) return [];
  for (const partition of ours) draft.owned.delete(partition);
  draft.staged = draft.staged.filter((update) => !ours.has(update.partition));
  const gone = draft.everyCall().filter((live) => ours.has(live.call.partition));
  for (const live of gone) draft.remove(live);
  forgetLeft(draft, ours);
  return gone;
}

function forgetLeft(draft: CallDraft, partitions: ReadonlySet<number>): void {
  const gone = draft.left.in(partitions);
  for (const left of gone) draft.forgetLeft(left);
  if (gone.length > 0) draft.left.rebuild();
}

export function leave(draft: CallDraft, partitions: readonly number[]): void {
  for (const partition of partitions) {
    const held = draft.owned.get(partition);
    if (held !== undefined) draft.owned.set(partition, { ...held, leaving: true });
  }
  forgetLeft(draft, new Set(partitions));
  // What waits stays behind for the next owner; what is under way or finished is seen through.
  for (const live of draft.everyCall()) {
    if (!isLeaving(draft, live)) continue;
    if (live.status !== "performing" && live.status !== "asking" && live.status !== "finished") draft.remove(live);
  }
}

/** Patience is over. What has finished is still committed. */
export function expireLeaving(draft: CallDraft): void {
  for (const live of draft.everyCall()) {
    if (!isLeaving(draft, live) || live.status === "finished") continue;
    abortAttempt(draft, { ...live, ...live.call });
    draft.remove(live);
  }
}

export function isLeaving(draft: CallDraft, live: LiveCall): boolean {
  return draft.owned.get(live.call.partition)?.leaving !== false;
}

/** Gives back the partitions that nothing holds any more, and ends a drain. */
export function finishLeaving(draft: CallDraft): void {
  const free = draft.owned.filter((held) => held.leaving && !draft.isBusy(held.partition) && !isEnding(draft, held.partition));
  if (free.length > 0) {
    draft.requests.push({ kind: "release", fences: free.map(({ partition, epoch }) => ({ partition, epoch })) });
    for (const { partition } of free) draft.owned.delete(partition);
    for (const orphan of draft.orphans.values()) if (free.some((held) => held.partition === orphan.partition)) dropOrphan(draft, orphan);
  }
  if (draft.phase !== "draining" || draft.owned.size > 0 || draft.committing !== null) return;
  for (const orphan of draft.orphans.values()) dropOrphan(draft, orphan);
  draft.phase = "stopped";
  draft.requests.push({ kind: "drained" });
}

// --- orphans -----------------------------------------------------------------------------------------------------------------

export function dropOrphan(draft: CallDraft, orphan: Orphan): void {
  if (orphan.finding === null) abortAttempt(draft, orphan);
  draft.orphans.delete(orphan.id);
}

export function orphanEnded(draft: CallDraft, id: string, ticket: number, finding: Finding): void {
  const orphan = draft.orphans.get(id);
  if (orphan?.ticket !== ticket || orphan.finding !== null) return;
  draft.countActive(orphan.operation, -1);
  passed(draft, orphan, finding);
  draft.orphans.set(id, { ...orphan, finding });
}

/** A row that was read again takes up the attempt that was begun for it, if it stands as it did then; else the attempt is void. */
export function adopt(draft: CallDraft, live: LiveCall): void {
  const orphan = draft.orphans.get(live.call.id);
  if (orphan === undefined) return arrange(draft, live);
  if (orphan.state !== live.call.state || orphan.attempts !== live.call.attempts || !draft.isFirst(live)) {
    dropOrphan(draft, orphan);
    return arrange(draft, live);
  }
  draft.orphans.delete(orphan.id);
  const taken = draft.change(live, { status: orphan.status, ticket: orphan.ticket, begunAt: orphan.begunAt, pass: orphan.pass });
  if (orphan.finding !== null) conclude(draft, taken, orphan.finding);
}
