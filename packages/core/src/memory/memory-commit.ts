// The commit in memory: everything is judged before anything is written, so a commit happens as a whole or not at all. The order of
// judging is the order in which a durable store locks: fence, progress, parked rows, documents, calls, declared SQL.
import { handoversOf } from "../spi/handover.ts";
import type { Commit, CommitResult, Handover } from "../spi/store.ts";
import { endCallControls, isOpen } from "./memory-call-controls.ts";
import { admitCalls, putCall, updateCall } from "./memory-calls.ts";
import { versionsMatch, writeDocument } from "./memory-documents.ts";
import { append, lastPositions } from "./memory-log.ts";
import { advance, isHeld } from "./memory-owners.ts";
import { changeRevivals } from "./memory-revivals.ts";
import { findRow, park, removeRow, setStatus } from "./memory-parked.ts";
import { refusal, requireLease, requirePartition } from "./memory-refusal.ts";
import { idOf, type Memory, type MemoryState } from "./memory-state.ts";
import { runStatements } from "./memory-statements.ts";
import { cancelTimer, putTimer, takeTimer } from "./memory-timers.ts";

export function commit(memory: Memory, work: Commit): CommitResult {
  const { state } = memory;
  requirePartitions(state, work);
  if (!work.fences.every((fence) => isHeld(state, work.group, work.worker, fence))) return { kind: "fenced" };
  if (!progressFollows(state, work) || !rowsExist(state, work)) return { kind: "fenced" };
  if (!(work.callControls ?? []).every((end) => isOpen(state, work, end))) return { kind: "fenced" };
  const twice = parkedTwice(state, work);
  if (twice !== null) return { kind: "rejected", reason: twice };
  if (!versionsMatch(state, work.documents)) return { kind: "conflict" };
  // A call that this commit removes is gone for its new calls: joining it would lose them.
  const removed = new Set(work.callUpdates.filter((update) => update.change.kind === "remove").map((update) => update.id));
  const admission = admitCalls(state, work.calls, removed);
  if (admission.kind === "refused") return { kind: "refused", by: "call", ordinal: admission.ordinal, reason: admission.reason };
  const sql = runStatements(memory.statements, work.sql);
  if (sql !== null) return { kind: "refused", by: "sql", ...sql };
  const handovers = write(memory, work, admission.fresh);
  return { kind: "committed", joinedCalls: admission.joined, handovers };
}

function write(memory: Memory, work: Commit, calls: Commit["calls"]): readonly Handover[] {
  const { state, host } = memory;
  for (const { partition, to } of work.progress) advance(requireLease(state, work.group, partition), to);
  for (const change of work.documents) writeDocument(state, change);
  const outgoing = [...work.messages];
  // Before the calls change: a call that is gone by now was not acted on.
  endCallControls(memory, work.callControls ?? []);
  for (const update of work.callUpdates) {
    if (updateCall(memory, update) && update.outcome !== null) outgoing.push(update.outcome);
  }
  for (const call of calls) putCall(memory, work.group, call);
  for (const timer of work.timers) putTimer(memory, timer);
  for (const timer of work.cancelledTimers) cancelTimer(state, timer);
  for (const { id, message } of work.firedTimers) if (takeTimer(state, id)) outgoing.push(message);
  for (const row of work.park) park(memory, work.group, row);
  for (const ref of work.unpark) removeRow(state, work.group, ref);
  for (const retry of work.retries) {
    const row = findRow(state, work.group, retry);
    if (row !== undefined) setStatus(row, retry.status, host.elapsed());
  }
  forgetMarks(state, work);
  changeRevivals(state, work.group, work.revivals ?? []);
  const before = lastPositions(state, outgoing);
  return handoversOf(outgoing, outgoing.map((envelope) => append(state, envelope).position), before);
}

/** A message that came to an end among parked ones killed nobody: no progress passes over it that would say so. */
function forgetMarks(state: MemoryState, work: Commit): void {
  for (const { partition, position } of [...work.unpark, ...work.retries, ...work.park.map((row) => row.message)]) {
    const lease = requireLease(state, work.group, partition);
    if (lease.mark?.position === position) lease.mark = null;
  }
}

function progressFollows(state: MemoryState, work: Commit): boolean {
  const fenced = new Set(work.fences.map((fence) => fence.partition));
  return work.progress.every(({ partition, from, to }) => {
    if (!fenced.has(partition) || to < from) {
      const what = `The progress of '${work.group}' in partition ${String(partition)}`;
      throw refusal(`${what} ${to < from ? "goes back" : "has no fence"}: this is a defect of the executor.`, { partition, from, to });
    }
    return requireLease(state, work.group, partition).position === from;
  });
}

/** A row that is gone was dealt with by another owner or an operator. */
function rowsExist(state: MemoryState, work: Commit): boolean {
  const removed = new Set<string>();
  for (const ref of work.unpark) {
    const id = idOf(ref.tenant, ref.key, ref.position);
    if (removed.has(id) || findRow(state, work.group, ref) === undefined) return false;
    removed.add(id);
  }
  return work.retries.every((ref) =>
    !removed.has(idOf(ref.tenant, ref.key, ref.position)) && findRow(state, work.group, ref) !== undefined);
}

function parkedTwice(state: MemoryState, work: Commit): string | null {
  const seen = new Set<string>();
  for (const { message } of work.park) {
    const id = idOf(message.tenant, message.key, message.position);
    if (seen.has(id) || findRow(state, work.group, message) !== undefined) {
      return `Message ${message.id} at position ${String(message.position)} is parked in '${work.group}' already.`;
    }
    seen.add(id);
  }
  return null;
}

function requirePartitions(state: MemoryState, work: Commit): void {
  const messages = [
    ...work.messages, ...work.timers.map((timer) => timer.message), ...work.firedTimers.map((timer) => timer.message),
    ...work.park.map((row) => row.message), ...work.callUpdates.flatMap((update) => update.outcome ?? []),
  ];
  for (const { partition } of [...messages, ...work.calls, ...work.revivals ?? []]) requirePartition(state, partition);
}
