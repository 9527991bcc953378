// One step's working copy of the call runner's state: it copies what changes, keeps the counts, and seals into the next state. It knows how
// calls are kept, and nothing of when they are performed.
import type { CallAnswer, CallRecord, NewCall } from "../message/call.ts";
import { copyBreaker, newBreaker } from "../resilience/breaker.ts";
import { newRetryBudget } from "../resilience/retry-budget.ts";
import { newSharedBreaker } from "../resilience/shared-breaker.ts";
import { UNDECLARED, type CallPolicy } from "./call-policy.ts";
import { allowedBy } from "./call-ramp.ts";
import type {
  CallRunnerRequest, CallRunnerState, CallRunnerStep, LiveCall, OperationLoad, Orphan, OwnedCalls, Scan, StagedUpdate,
} from "./call-runner-state.ts";
import { LeftDraft, type LeftCall } from "./left-calls.ts";
import { heapPop, heapPush, type Heap } from "./leftist-heap.ts";
import { MapDraft } from "./map-draft.ts";
import { ShardedDraft } from "./sharded-map.ts";

/** An operation's breaker and budget as this step may change them in place. */
type Guard = Pick<OperationLoad, "breaker" | "shared" | "budget">;

export class CallDraft {
  readonly nowMs: number;
  readonly dateMs: number;
  /** Whether attempts may begin: nobody else can own what is owned here. */
  readonly mayBegin: boolean;
  readonly requests: CallRunnerRequest[] = [];
  phase: CallRunnerState["phase"];
  lookAt: number | null;
  scanning: Scan | null;
  controls: CallRunnerState["controls"];
  reviving: CallRunnerState["reviving"];
  seen: number;
  staged: StagedUpdate[];
  committing: CallRunnerState["committing"];
  commitLimit: number;
  nextCommit: number;
  nextTicket: number;
  callCount: number;
  /** The next scan is for new calls, where both could be. */
  newNext: boolean;
  readonly left: LeftDraft;
  readonly owned: MapDraft<number, OwnedCalls>;
  readonly operations: MapDraft<string, OperationLoad>;
  readonly #bulkheads: MapDraft<string, number>;
  readonly #guards = new Map<string, Guard>();
  readonly orphans: MapDraft<string, Orphan>;
  readonly answers: MapDraft<string, CallAnswer["answer"]>;
  readonly #before: CallRunnerState;
  readonly #calls: ShardedDraft<LiveCall>;
  readonly #keys: ShardedDraft<readonly string[]>;
  readonly #busy: MapDraft<number, number>;
  readonly #kept: MapDraft<string, number>;
  #queued: number;
  #timers: Heap;
  #timerCount: number;

  constructor(state: CallRunnerState, nowMs: number, dateMs: number, mayBegin: boolean) {
    this.#before = state;
    this.nowMs = nowMs;
    this.dateMs = dateMs;
    this.mayBegin = mayBegin;
    this.phase = state.phase;
    this.lookAt = state.lookAt;
    this.scanning = state.scanning;
    this.controls = state.controls;
    this.reviving = state.reviving;
    this.seen = state.seen;
    this.staged = [...state.staged];
    this.committing = state.committing;
    this.commitLimit = state.commitLimit;
    this.nextCommit = state.nextCommit;
    this.nextTicket = state.nextTicket;
    this.callCount = state.callCount;
    this.newNext = state.newNext;
    this.left = new LeftDraft(state.left);
    this.owned = new MapDraft(state.owned);
    this.operations = new MapDraft(state.operations);
    this.#bulkheads = new MapDraft(state.bulkheads);
    this.orphans = new MapDraft(state.orphans);
    this.answers = new MapDraft(state.answers);
    this.#calls = new ShardedDraft(state.calls);
    this.#keys = new ShardedDraft(state.keys);
    this.#busy = new MapDraft(state.busy);
    this.#kept = new MapDraft(state.kept);
    this.#queued = state.queued;
    this.#timers = state.timers;
    this.#timerCount = state.timerCount;
  }

  get settings(): CallRunnerState["settings"] { return this.#before.settings; }

  policyOf(operation: string): CallPolicy {
    return this.settings.operations.get(operation) ?? UNDECLARED;
  }

  // --- calls -----------------------------------------------------------------------------------------------------------------

  get(id: string): LiveCall | undefined {
    return this.#calls.get(id);
  }

  everyCall(): LiveCall[] {
    return this.#calls.values();
  }

  /** Takes a call into memory, behind the older ones of its routing key where these go in order. Says whether nothing stands before it. */
  add(live: LiveCall): boolean {
    const first = this.#line(keyOf(live.call), live.call.id);
    this.#calls.set(live.call.id, live);
    this.callCount++;
    this.#countKept(live.share, 1);
    this.#countBusy(live, 1);
    return first;
  }

  /** Leaves a call in the store; its place behind the older ones of its routing key is kept. */
  leave(call: LeftCall): void {
    this.#line(call.key, call.id);
    this.left.add(call);
  }

  /** Forgets a call that was left and is gone; returns the call in memory that is first of its routing key then, if that has changed. */
  forgetLeft(call: LeftCall): LiveCall | undefined {
    this.left.remove(call.id);
    return this.#unline(call.key, call.id);
  }

  /** Puts a call at the end of its routing key, if it has no place there yet. Says whether it is the first. */
  #line(key: string, id: string): boolean {
    if (!this.settings.inOrder) return true;
    const ids = this.#keys.get(key) ?? [];
    if (!ids.includes(id)) this.#keys.set(key, [...ids, id]);
    return ids.length === 0 || ids[0] === id;
  }

  #unline(key: string, id: string): LiveCall | undefined {
    if (!this.settings.inOrder) return undefined;
    const ids = this.#keys.get(key) ?? [];
    const rest = ids.filter((one) => one !== id);
    if (rest.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, rest);
    const first = rest[0];
    return ids[0] === id && first !== undefined ? this.#calls.get(first) : undefined;
  }

  /** The share of memory that a call is counted in: behind an older call of its routing key it waits for that one's operation. */
  shareFor(call: NewCall): string {
    const first = this.#keys.get(keyOf(call))?.[0];
    const share = first === undefined ? undefined : this.get(first)?.share ?? this.left.get(first)?.share;
    return share ?? call.operation;
  }

  /** Each operation has an equal share of memory. */
  shareSize(): number {
    const { maxCalls, operations } = this.settings;
    return Math.max(1, Math.floor(maxCalls / Math.max(1, operations.size)));
  }

  /** How many more calls a share has room for. */
  roomIn(share: string): number {
    return this.shareSize() - (this.#kept.get(share) ?? 0);
  }

  #countKept(share: string | null, by: number): void {
    if (share === null) return;
    const count = (this.#kept.get(share) ?? 0) + by;
    if (count === 0) this.#kept.delete(share);
    else this.#kept.set(share, count);
  }

  /** Replaces a call by itself with these changes, and returns it. */
  change(live: LiveCall, changes: Partial<LiveCall>): LiveCall {
    const next = { ...live, ...changes };
    this.#calls.set(live.call.id, next);
    this.#countBusy(live, -1);
    this.#countBusy(next, 1);
    if (next.share !== live.share) {
      this.#countKept(live.share, -1);
      this.#countKept(next.share, 1);
    }
    return next;
  }

  /** Has a call in memory that waits for a person wait in the store instead; it keeps its place. */
  setAside(live: LiveCall): void {
    this.#calls.delete(live.call.id);
    this.callCount--;
    this.#countKept(live.share, -1);
    this.#countBusy(live, -1);
    this.left.add(leftInNeed(live.call));
  }

  /** Forgets a call and returns the one that is first of its routing key then, if that has changed. */
  remove(live: LiveCall): LiveCall | undefined {
    this.#calls.delete(live.call.id);
    this.callCount--;
    this.#countKept(live.share, -1);
    this.#countBusy(live, -1);
    return this.#unline(keyOf(live.call), live.call.id);
  }

  /** Whether nothing stands before it. */
  isFirst(live: LiveCall): boolean {
    return !this.settings.inOrder || this.#keys.get(keyOf(live.call))?.[0] === live.call.id;
  }

  isBusy(partition: number): boolean {
    return this.#busy.get(partition) !== undefined;
  }

  #countBusy(live: LiveCall, by: number): void {
    if (!isBusy(live)) return;
    const { partition } = live.call;
    const count = (this.#busy.get(partition) ?? 0) + by;
    if (count === 0) this.#busy.delete(partition);
    else this.#busy.set(partition, count);
  }

  // --- operations ------------------------------------------------------------------------------------------------------------

  loadOf(operation: string): OperationLoad {
    const known = this.operations.get(operation);
    if (known !== undefined) return known;
    const { breaker, budget } = this.policyOf(operation);
    const load: OperationLoad = {
      active: 0, ready: null, retries: null, breaker: breaker === null ? null : newBreaker(breaker),
      shared: breaker?.shared === true ? newSharedBreaker() : null, budget: budget === null ? null : newRetryBudget(budget, this.nowMs), ramp: null,
    };
    this.operations.set(operation, load);
    return load;
  }

  /** The state of the step before stays as it is: its breaker and budget are copied at the first change. */
  guardOf(operation: string): Guard {
    const own = this.#guards.get(operation);
    if (own !== undefined) return own;
    const load = this.loadOf(operation);
    const guard: Guard = {
      breaker: load.breaker === null ? null : copyBreaker(load.breaker), shared: load.shared === null ? null : { ...load.shared },
      budget: load.budget === null ? null : { ...load.budget },
    };
    this.#guards.set(operation, guard);
    this.operations.set(operation, { ...load, ...guard });
    return guard;
  }

  /**
   * Puts a call among the ready of its operation, or among the retries that wait for the budget. Calls without a row share a sequence, and go in the
   * order of their times, or one might be overtaken for ever.
   */
  queue(live: LiveCall, where: "ready" | "retries" = "ready"): void {
    const load = this.loadOf(live.call.operation);
    this.operations.set(live.call.operation, { ...load, [where]: heapPush(load[where], live.call.sequence, live.call.id, live.recorded ? 0 : live.dueAt) });
    this.#queued++;
  }

  /** The oldest call that still waits there, taken out. */
  dequeue(operation: string, where: "ready" | "retries"): LiveCall | undefined {
    const load = this.loadOf(operation);
    let heap = load[where];
    let live: LiveCall | undefined;
    while (heap !== null && live === undefined) {
      const found = this.get(heap.id);
      heap = heapPop(heap);
      this.#queued--;
      if (found?.status === "ready") live = found;
    }
    this.operations.set(operation, { ...load, [where]: heap });
    return live;
  }

  /** As of the timers: calls that end behind an open breaker leave their entries, and nobody comes by for them. */
  #sweepQueues(): void {
    if (this.#queued <= 2 * this.callCount + 256) return;
    this.#queued = 0;
    for (const [operation, load] of this.operations.entries()) this.operations.set(operation, { ...load, ready: null, retries: null });
    for (const live of this.everyCall()) if (live.status === "ready") this.queue(live);
  }

  hasRoom(operation: string): boolean {
    const { concurrency, bulkhead } = this.policyOf(operation);
    const { active, ramp } = this.loadOf(operation);
    if (active >= Math.min(concurrency, allowedBy(ramp, this.nowMs))) return false;
    return bulkhead === null || (this.#bulkheads.get(bulkhead.name) ?? 0) < bulkhead.concurrency;
  }

  /** Counts attempts that begin (1) or end (-1). */
  countActive(operation: string, by: number): void {
    const load = this.loadOf(operation);
    this.operations.set(operation, { ...load, active: load.active + by });
    const { bulkhead } = this.policyOf(operation);
    if (bulkhead !== null) this.#bulkheads.set(bulkhead.name, (this.#bulkheads.get(bulkhead.name) ?? 0) + by);
  }

  // --- timers ----------------------------------------------------------------------------------------------------------------

  /** Has the call come up at `at`; the time set before counts no more. */
  setTimer(live: LiveCall, at: number): LiveCall {
    if (live.timerAt === at) return live;
    this.#timers = heapPush(this.#timers, at, live.call.id);
    this.#timerCount++;
    return this.change(live, { timerAt: at });
  }

  /** The next call whose time has come. */
  takeTimer(): LiveCall | undefined {
    const top = this.#validTop();
    if (top === null || top.heap.at > this.nowMs) return undefined;
    this.#popTimer(top.heap);
    return this.change(top.live, { timerAt: null });
  }

  nextTimerAt(): number | null {
    return this.#validTop()?.heap.at ?? null;
  }

  #validTop(): { readonly heap: NonNullable<Heap>; readonly live: LiveCall } | null {
    while (this.#timers !== null) {
      const live = this.#calls.get(this.#timers.id);
      if (live?.timerAt === this.#timers.at) return { heap: this.#timers, live };
      this.#popTimer(this.#timers);
    }
    return null;
  }

  #popTimer(heap: NonNullable<Heap>): void {
    this.#timers = heapPop(heap);
    this.#timerCount--;
  }

  /** Entries that count no more go at last when they outnumber the calls: most deadlines are far away and never reached. */
  #sweepTimers(): void {
    if (this.#timerCount <= 2 * this.callCount + 256) return;
    this.#timers = null;
    this.#timerCount = 0;
    for (const live of this.everyCall()) {
      if (live.timerAt === null) continue;
      this.#timers = heapPush(this.#timers, live.timerAt, live.call.id);
      this.#timerCount++;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------------------

  seal(): CallRunnerStep {
    this.#sweepTimers();
    this.#sweepQueues();
    const state: CallRunnerState = {
      settings: this.settings, phase: this.phase, owned: this.owned.seal(), calls: this.#calls.seal(), callCount: this.callCount,
      newNext: this.newNext, left: this.left.seal(), kept: this.#kept.seal(), keys: this.#keys.seal(),
      operations: this.operations.seal(), queued: this.#queued, bulkheads: this.#bulkheads.seal(),
      busy: this.#busy.seal(), timers: this.#timers, timerCount: this.#timerCount, lookAt: this.lookAt, orphans: this.orphans.seal(), scanning: this.scanning,
      answers: this.answers.seal(), controls: this.controls, reviving: this.reviving, seen: this.seen,
      staged: this.staged, committing: this.committing, commitLimit: this.commitLimit, nextCommit: this.nextCommit, nextTicket: this.nextTicket,
    };
    return { state, requests: this.requests };
  }
}

/** Under way, or finished and not yet committed. */
function isBusy(live: LiveCall): boolean {
  return live.status === "performing" || live.status === "asking" || live.status === "finished";
}

/** One that waits for a person is read when an operator asks for something, and takes no share's room meanwhile. */
export function leftInNeed(call: CallRecord): LeftCall {
  const { id, partition, sequence } = call;
  return { id, partition, sequence, key: keyOf(call), share: null, dueAt: Infinity, inherited: false };
}

export function keyOf({ tenant, routingKey }: NewCall): string {
  return `${tenant}\u0000${routingKey}`;
}
