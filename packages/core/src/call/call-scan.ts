// Reading calls into memory: from the beginning when a partition is granted, then on by sequence after each wake-up, as long as there is
// room. Partitions that have been read to the end share one cursor, so that a wake-up costs one read.
import type { CallRecord } from "../message/call.ts";
import type { CallDraft } from "./call-draft.ts";
import { adopt, dropOrphan } from "./call-ownership.ts";

export function wake(draft: CallDraft): void {
  for (const held of draft.owned.values()) if (!held.hungry) draft.owned.set(held.partition, { ...held, hungry: true });
}

export function startScan(draft: CallDraft): void {
  const { maxCalls, scanLimit } = draft.settings;
  const room = maxCalls - draft.callCount;
  // Not for every call that goes: a read for a few rows costs as much as one for many.
  if (draft.scanning !== null || draft.phase !== "running" || room < Math.max(1, Math.min(scanLimit, maxCalls) / 2)) return;
  const hungry = draft.owned.values().filter((held) => held.hungry && !held.leaving);
  if (hungry.length === 0) return;
  const after = hungry.reduce((least, held) => Math.min(least, held.cursor), Infinity);
  const fences = hungry.filter((held) => held.cursor === after).map(({ partition, epoch }) => ({ partition, epoch }));
  for (const { partition } of fences) {
    const held = draft.owned.get(partition);
    if (held !== undefined) draft.owned.set(partition, { ...held, hungry: false });
  }
  const limit = Math.min(scanLimit, room);
  draft.scanning = { fences, after, limit, startedAt: draft.nowMs, seen: draft.seen };
  draft.requests.push({ kind: "scan", partitions: fences.map((fence) => fence.partition), after, limit, epochs: fences });
}

export function scanFailed(draft: CallDraft): void {
  endScan(draft, null);
}

export function scanned(draft: CallDraft, rows: readonly CallRecord[]): void {
  const { scanning } = draft;
  if (scanning === null) return;
  const valid = new Set(scanning.fences.filter((fence) => isStill(draft, fence.partition, fence.epoch)).map((fence) => fence.partition));
  for (const row of rows) if (valid.has(row.partition)) take(draft, row, scanning.startedAt);
  endScan(draft, rows);
}

function isStill(draft: CallDraft, partition: number, epoch: number): boolean {
  const held = draft.owned.get(partition);
  return held?.epoch === epoch && !held.leaving;
}

function endScan(draft: CallDraft, rows: readonly CallRecord[] | null): void {
  const { scanning } = draft;
  if (scanning === null) return;
  draft.scanning = null;
  draft.answers.clear();
  const last = rows?.at(-1)?.sequence ?? scanning.after;
  const more = rows === null || rows.length >= scanning.limit;
  // Rows of a partition that is still being caught up were committed by another process, whose commits were not ordered with ours.
  if (scanning.fences.every((fence) => draft.owned.get(fence.partition)?.caughtUp === true)) draft.seen = Math.max(draft.seen, last);
  // Commits of a service follow one another, so what was not yet visible has a higher sequence than whatever was seen before the scan.
  const cursor = more ? last : Math.max(last, scanning.seen);
  for (const { partition, epoch } of scanning.fences) {
    const held = draft.owned.get(partition);
    if (held?.epoch !== epoch) continue;
    draft.owned.set(partition, { ...held, cursor, hungry: held.hungry || more, caughtUp: held.caughtUp || !more });
    for (const orphan of draft.orphans.values()) {
      // Its row is gone, or it would have been returned.
      if (orphan.partition === partition && (orphan.sequence <= cursor || !more)) dropOrphan(draft, orphan);
    }
  }
}

function take(draft: CallDraft, row: CallRecord, startedAt: number): void {
  if (draft.get(row.id) !== undefined) return;
  const answer = draft.answers.get(row.id);
  if (answer === "abandon") return;
  const call: CallRecord = answer === undefined ? row : { ...row, state: "asking", attempts: 0, dueInMs: 0 };
  const committedAt = startedAt - (row.deadlineMs - row.deadlineInMs);
  const held = draft.owned.get(row.partition);
  const mayHaveBegun = call.state === "due" && held?.caughtUp === false && committedAt <= held.grantedAt;
  const live = {
    call, status: "blocked", dueAt: draft.nowMs + call.dueInMs, deadlineAt: draft.nowMs + call.deadlineInMs,
    timerAt: null, uncertain: false, ticket: 0, begunAt: 0, pass: 0, finding: null, answer: null,
  } as const;
  // Behind an older call of its key it was never begun.
  const first = draft.add(live);
  adopt(draft, first && mayHaveBegun ? draft.change(live, { uncertain: true }) : live);
}
