// When a call in memory runs: its place behind the older ones of its routing key, its time, and its operation's concurrency. Deadlines are
// looked at wherever a call is given its place.
import type { CallDraft } from "./call-draft.ts";
import { expire } from "./call-conclude.ts";
import { isHeldBack, nextToGo, pass, passed } from "./call-guard.ts";
import type { LiveCall } from "./call-runner-state.ts";
import { isBefore, type Heap } from "./leftist-heap.ts";
import type { LeftCall } from "./left-calls.ts";

/** How often a question past its deadline is looked at again while it waits for its turn. */
const LATE_LOOK_MS = 1_000;

/** Gives a call that is not under way its place. */
export function arrange(draft: CallDraft, live: LiveCall): void {
  const { state, attempts } = live.call;
  const late = draft.nowMs >= live.deadlineAt;
  if (!draft.isFirst(live)) return late && state === "due" ? expire(draft, live) : block(draft, live);
  if (state === "attention") { draft.change(live, { status: "held" }); return; }
  // An answer of the handler is worth one question even past the deadline: `attention` is for what nobody can find out.
  // With the breaker open nobody can, now.
  if (state === "asking" && attempts === 0 && !(late && isHeldBack(draft, live.call.operation))) {
    return ready(draft, draft.setTimer(live, late ? draft.nowMs + LATE_LOOK_MS : live.deadlineAt));
  }
  if (late) return expire(draft, live);
  if (state === "unknown") { draft.setTimer(draft.change(live, { status: "held" }), live.deadlineAt); return; }
  if (live.dueAt <= draft.nowMs) return ready(draft, draft.setTimer(live, live.deadlineAt));
  draft.setTimer(draft.change(live, { status: "waiting" }), Math.min(live.dueAt, live.deadlineAt));
}

function block(draft: CallDraft, live: LiveCall): void {
  const blocked = draft.change(live, { status: "blocked" });
  if (live.call.state === "due") draft.setTimer(blocked, live.deadlineAt);
}

function ready(draft: CallDraft, live: LiveCall): void {
  if (live.status === "ready") return;
  draft.queue(draft.change(live, { status: "ready" }));
}

/** Forgets a call; the next one of its routing key takes its place. */
export function dismiss(draft: CallDraft, live: LiveCall): void {
  const next = draft.remove(live);
  if (next?.status === "blocked") arrange(draft, next);
}

/** Forgets a call that was left in the store and is gone from there. */
export function vanish(draft: CallDraft, left: LeftCall): void {
  const next = draft.forgetLeft(left);
  if (next?.status === "blocked") arrange(draft, next);
}

/** Calls whose time has come. */
export function fireTimers(draft: CallDraft): void {
  for (let live = draft.takeTimer(); live !== undefined; live = draft.takeTimer()) {
    if (live.status === "waiting" || live.status === "ready" || live.status === "held" || live.status === "blocked") arrange(draft, live);
  }
}

/** Begins attempts as far as each operation's concurrency, breaker and budget allow, oldest calls first. */
export function startAttempts(draft: CallDraft): void {
  if (!draft.mayBegin || draft.queued === 0) return;
  const waiting = new Set<string>();
  for (const [operation, { ready, retries }] of draft.operations.entries()) if (ready !== null || retries !== null) waiting.add(operation);
  while (waiting.size > 0) {
    const operation = oldestOf(draft, waiting);
    const live = draft.hasRoom(operation) && !isHeldBack(draft, operation) ? nextToGo(draft, operation) : undefined;
    // What may not go now may not go in this step.
    if (live === undefined) waiting.delete(operation);
    else begin(draft, live);
  }
}

/** Where operations share a bulkhead, the one whose call is oldest comes first. */
function oldestOf(draft: CallDraft, operations: ReadonlySet<string>): string {
  let [found = ""] = operations;
  let least: Heap = null;
  for (const operation of operations) {
    const { ready, retries } = draft.loadOf(operation);
    for (const heap of [ready, retries]) {
      if (heap === null || (least !== null && !isBefore(heap, least))) continue;
      found = operation;
      least = heap;
    }
  }
  return found;
}

/** Whether a call that is due may begin at once: no other waits for what it needs. Operations that share a bulkhead take turns instead. */
export function isFree(draft: CallDraft, operation: string): boolean {
  const { ready, retries, breaker } = draft.loadOf(operation);
  return draft.mayBegin && ready === null && retries === null && draft.hasRoom(operation) && draft.policyOf(operation).bulkhead === null
    && (breaker?.phase ?? "closed") === "closed" && !isHeldBack(draft, operation);
}

export function begin(draft: CallDraft, live: LiveCall): void {
  const { call } = live;
  const ask = call.state === "asking" && draft.policyOf(call.operation).reconcile === "ask";
  const ticket = draft.nextTicket++;
  draft.countActive(call.operation, 1);
  draft.change(live, { status: ask ? "asking" : "performing", ticket, begunAt: draft.nowMs, pass: pass(draft, live) });
  draft.requests.push({
    kind: ask ? "ask" : "perform", ticket,
    call: { ...call, attempts: call.attempts + 1, dueInMs: 0, deadlineInMs: live.deadlineAt - draft.nowMs },
  });
}

interface Attempt {
  readonly id: string;
  readonly operation: string;
  readonly ticket: number;
  readonly status: LiveCall["status"];
  readonly begunAt: number;
  readonly pass: number;
  readonly deadlineMs: number;
}

/** Takes back the attempt of a call, if one is under way. */
export function abortAttempt(draft: CallDraft, one: Attempt): void {
  if (one.status !== "performing" && one.status !== "asking") return;
  draft.requests.push({ kind: "abort", callId: one.id, ticket: one.ticket });
  draft.countActive(one.operation, -1);
  passed(draft, one, null);
}
