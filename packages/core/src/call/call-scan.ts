// Reading calls into memory: from the beginning when a partition is granted, then on by sequence after each wake-up. Partitions that have been
// read to the end share one cursor, so that a wake-up costs one read. Calls whose operation has no room in memory are left in the store, and
// read again once it has, or when their deadline comes.
import type { CallRecord } from "../message/call.ts";
import { keyOf, leftInNeed, type CallDraft } from "./call-draft.ts";
import { adopt, dropOrphan } from "./call-ownership.ts";
import { vanish } from "./call-queue.ts";
import type { OwnedCalls, Scan } from "./call-runner-state.ts";
import type { LeftCall } from "./left-calls.ts";

export function wake(draft: CallDraft): void {
  for (const held of draft.owned.values()) if (!held.hungry) draft.owned.set(held.partition, { ...held, hungry: true });
}

export function startScan(draft: CallDraft): void {
  if (draft.scanning !== null || draft.phase !== "running") return;
  const left = nextLeft(draft);
  const hungry = draft.left.count >= draft.settings.maxLeft ? [] : draft.owned.filter((held) => held.hungry && !held.leaving);
  if (left === null && hungry.length === 0) return;
  // By turns, so that neither keeps the other waiting.
  if (left !== null && (hungry.length === 0 || !draft.newNext)) readLeft(draft, left);
  else readNew(draft, hungry);
}

function readNew(draft: CallDraft, hungry: readonly OwnedCalls[]): void {
  const after = hungry.reduce((least, held) => Math.min(least, held.cursor), Infinity);
  const fences = hungry.filter((held) => held.cursor === after).map(({ partition, epoch }) => ({ partition, epoch }));
  for (const { partition } of fences) {
    const held = draft.owned.get(partition);
    if (held !== undefined) draft.owned.set(partition, { ...held, hungry: false });
  }
  draft.newNext = false;
  read(draft, { of: "new", fences, after });
}

interface NextLeft { readonly share: string | null; readonly call: LeftCall }

/** What was left and can be read now: one whose time has come, else the oldest of a share that has room. */
function nextLeft(draft: CallDraft): NextLeft | null {
  const due = draft.left.next();
  if (due !== undefined && due.dueAt <= draft.nowMs) return { share: null, call: due };
  let found: NextLeft | null = null;
  for (const share of draft.left.shares()) {
    // Not for every call that goes: a read for a few rows costs as much as one for many.
    if (draft.roomIn(share) < Math.max(1, Math.min(draft.settings.scanLimit, draft.shareSize()) / 2)) continue;
    const call = draft.left.oldest(share);
    if (call !== undefined && (found === null || call.sequence < found.call.sequence)) found = { share, call };
  }
  return found;
}

function readLeft(draft: CallDraft, { share, call }: NextLeft): void {
  const fences = draft.owned.values().filter((held) => !held.leaving).map(({ partition, epoch }) => ({ partition, epoch }));
  draft.newNext = true;
  read(draft, { of: { share }, fences, after: call.sequence - 1 });
}

function read(draft: CallDraft, { of, fences, after }: Pick<Scan, "of" | "fences" | "after">): void {
  const { scanLimit: limit } = draft.settings;
  draft.scanning = { of, fences, after, limit, startedAt: draft.nowMs, seen: draft.seen };
  draft.requests.push({ kind: "scan", partitions: fences.map((fence) => fence.partition), after, limit, epochs: fences });
}

export function scanFailed(draft: CallDraft): void {
  endScan(draft, null, true);
}

export function scanned(draft: CallDraft, rows: readonly CallRecord[], given: boolean | undefined): void {
  const { scanning } = draft;
  if (scanning === null) return;
  const more = given ?? rows.length >= scanning.limit;
  const valid = new Set(scanning.fences.filter((fence) => isStill(draft, fence.partition, fence.epoch)).map((fence) => fence.partition));
  const ours = rows.filter((row) => valid.has(row.partition));
  if (scanning.of === "new") for (const row of ours) takeNew(draft, row, scanning.startedAt);
  else takeLeft(draft, ours, scanning, scanning.of.share, reachOf(rows, more));
  endScan(draft, rows, more);
}

function isStill(draft: CallDraft, partition: number, epoch: number): boolean {
  const held = draft.owned.get(partition);
  return held?.epoch === epoch && !held.leaving;
}

/** Up to where a read has returned every row. */
function reachOf(rows: readonly CallRecord[], more: boolean): number {
  return more ? rows.at(-1)?.sequence ?? 0 : Infinity;
}

function endScan(draft: CallDraft, rows: readonly CallRecord[] | null, more: boolean): void {
  const { scanning } = draft;
  if (scanning === null) return;
  draft.scanning = null;
  draft.answers.clear();
  if (scanning.of !== "new") return;
  const last = rows?.at(-1)?.sequence ?? scanning.after;
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

function takeNew(draft: CallDraft, row: CallRecord, startedAt: number): void {
  if (draft.get(row.id) !== undefined || draft.left.get(row.id) !== undefined) return;
  const call = asAnswered(draft, row);
  if (call === null) return;
  const committedAt = startedAt - (row.deadlineMs - row.deadlineInMs);
  const held = draft.owned.get(row.partition);
  const inherited = held?.caughtUp === false && committedAt <= held.grantedAt;
  if (call.state === "attention" && draft.orphans.get(row.id) === undefined) {
    return draft.callCount < draft.settings.maxCalls ? place(draft, call, null, inherited) : draft.leave(leftInNeed(call));
  }
  const share = draft.shareFor(call);
  // What has an attempt under way, or is past its deadline and so ends at once, is taken without asking for room.
  const pressing = draft.orphans.get(row.id) !== undefined || call.deadlineInMs <= 0;
  if (pressing) return place(draft, call, null, inherited);
  // Nothing overtakes the older ones that were left.
  if (draft.roomIn(share) > 0 && draft.left.oldest(share) === undefined) return place(draft, call, share, inherited);
  const dueAt = draft.nowMs + call.deadlineInMs;
  const { id, partition, sequence } = call;
  draft.leave({ id, partition, sequence, key: keyOf(call), share, dueAt, inherited });
}

function takeLeft(draft: CallDraft, rows: readonly CallRecord[], { after, fences }: Scan, share: string | null, reach: number): void {
  const returned = new Set(rows.map((row) => row.id));
  for (const row of rows) {
    const left = draft.left.get(row.id);
    if (left === undefined) continue;
    const call = asAnswered(draft, row);
    if (call === null) { vanish(draft, left); continue; }
    const pressing = left.dueAt <= draft.nowMs;
    if (!pressing && (left.share === null || draft.roomIn(left.share) <= 0)) continue;
    draft.left.remove(left.id);
    place(draft, call, pressing ? null : left.share, left.inherited);
  }
  // Whatever was to be returned and was not is gone.
  const asked = new Set(fences.filter((fence) => isStill(draft, fence.partition, fence.epoch)).map((fence) => fence.partition));
  const isGone = ({ id, partition, sequence }: LeftCall): boolean =>
    asked.has(partition) && sequence > after && sequence <= reach && !returned.has(id);
  if (share !== null) for (const left of draft.left.upTo(share, reach)) if (isGone(left)) vanish(draft, left);
  for (let due = draft.left.next(); due !== undefined && due.dueAt <= draft.nowMs && isGone(due); due = draft.left.next()) vanish(draft, due);
}

/** A row as the answer of its handler has changed it since it was read; null: it is gone. */
function asAnswered(draft: CallDraft, row: CallRecord): CallRecord | null {
  const answer = draft.answers.get(row.id);
  if (answer === "abandon") return null;
  return answer === undefined ? row : { ...row, state: "asking", attempts: 0, dueInMs: 0 };
}

function place(draft: CallDraft, call: CallRecord, share: string | null, inherited: boolean): void {
  const live = {
    call, share, status: "blocked", dueAt: draft.nowMs + call.dueInMs, deadlineAt: draft.nowMs + call.deadlineInMs,
    timerAt: null, recorded: true, uncertain: false, inherited, ticket: 0, begunAt: 0, pass: 0, finding: null, answer: null,
  } as const;
  // Behind an older call of its key it was never begun.
  const first = draft.add(live);
  adopt(draft, first && inherited && call.state === "due" ? draft.change(live, { uncertain: true }) : live);
}
