// The call runner machine's states, inputs and requests: plain data, listed in one place. call-runner.ts holds the steps.
import type { CallAnswer, CallRecord, CallState, NewCall } from "../message/call.ts";
import type { Envelope } from "../message/envelope.ts";
import type { CallControlEnd, OpenCallControl } from "../spi/call-controls.ts";
import type { Revival } from "../message/changes.ts";
import type { Commit, CommitResult, Fence } from "../spi/store.ts";
import type { AskResult, PerformResult } from "../spi/world.ts";
import type { Breaker } from "../resilience/breaker.ts";
import type { SharedBreaker } from "../resilience/shared-breaker.ts";
import type { BreakerChange, BreakerChanged, BreakerRow } from "../spi/breakers.ts";
import type { RetryBudget } from "../resilience/retry-budget.ts";
import type { CallEnds } from "./call-ends.ts";
import type { Outcome } from "./call-outcome.ts";
import type { CallPolicy } from "./call-policy.ts";
import type { Ramp } from "./call-ramp.ts";
import type { Heap } from "./leftist-heap.ts";
import { newLeftCalls, type LeftCalls } from "./left-calls.ts";

export interface CallRunnerSettings {
  /** The consumer group, which is the service's name: outcomes are named after it. */
  readonly group: string;
  readonly worker: string;
  /** By "port.operation". */
  readonly operations: ReadonlyMap<string, CallPolicy>;
  /** Whether calls of one routing key go one after the other; otherwise each goes by itself. */
  readonly inOrder: boolean;
  /**
   * Calls kept in memory, those that wait included; each operation has an equal share. More stay in the store until there is room. As many
   * again may be there that wait for a person, which take no room from the others.
   */
  readonly maxCalls: number;
  /** Of calls that stay in the store for want of room so many are known by number and deadline; with more, no new ones are read. */
  readonly maxLeft: number;
  /** Calls in one commit. */
  readonly maxCommit: number;
  /** Calls read at once. */
  readonly scanLimit: number;
}

/** A partition this runner works on. */
export interface OwnedCalls extends Fence {
  /** Every live call up to here is in memory, or known to be left in the store. */
  readonly cursor: number;
  /** There may be calls beyond the cursor. */
  readonly hungry: boolean;
  readonly leaving: boolean;
  /** Calls read before the first read to the end, and older than the grant, may have been begun by an owner before us. */
  readonly caughtUp: boolean;
  readonly grantedAt: number;
  /** Keys whose owner before us had calls without a row may have to be revived, behind this one; null: none any more. */
  readonly reviveAfter: Revival | "all" | null;
}

/**
 * `blocked`: behind an older call of its routing key, where these go in order. `waiting`: until its time. `ready`: until the operation's
 * concurrency has room, its breaker lets calls through and, for a retry, its budget can pay.
 * `performing`, `asking`: under way. `finished`: its change of row is staged or committing. `held`: until the handler answers, or a person.
 */
type CallStatus = "blocked" | "waiting" | "ready" | "performing" | "asking" | "finished" | "held";

export type Finding = PerformResult | AskResult;

/** A call in memory. Times are by the process's elapsed clock. */
export interface LiveCall {
  /** Its row as last known: `state` and `attempts` are durable. */
  readonly call: CallRecord;
  /** The operation in whose share of memory it is counted; null: read without asking for room, or waiting for a person. */
  readonly share: string | null;
  readonly status: CallStatus;
  readonly dueAt: number;
  readonly deadlineAt: number;
  /** When the timers' heap will name it; null when no entry of the heap counts. */
  readonly timerAt: number | null;
  /** An owner before us may have begun an attempt that left no trace: nobody may say that it was not performed. */
  readonly uncertain: boolean;
  /** It stood there when its partition was granted: a worker may have died of its outcome, however that came, which the log alone makes known. */
  readonly inherited: boolean;
  /** Tells the attempt under way from an aborted one before it. */
  readonly ticket: number;
  /** Of the attempt under way: when it began, and the breaker's ticket it began with. */
  readonly begunAt: number;
  readonly pass: number;
  /** Whether it has a row. One without is over when its first attempt ends, or goes on with a row that its handler requests. */
  readonly recorded: boolean;
  /** What its last attempt came to, until that is committed. */
  readonly finding: Finding | null;
  /** What its handler answered while a change of its row was being committed. */
  readonly answer: CallAnswer["answer"] | null;
}

/** An attempt that outlived the ownership of its partition: it is matched when the partition is granted and its row read again. */
export interface Orphan {
  readonly id: string;
  readonly partition: number;
  readonly sequence: number;
  readonly operation: string;
  readonly state: CallState;
  /** As in the row when it began. */
  readonly attempts: number;
  readonly ticket: number;
  readonly status: "performing" | "asking";
  readonly begunAt: number;
  readonly pass: number;
  readonly deadlineMs: number;
  readonly finding: Finding | null;
}

export interface OperationLoad {
  /** Attempts under way. */
  readonly active: number;
  /** By sequence. */
  readonly ready: Heap;
  /** Retries among the ready that the budget could not pay for; by sequence. */
  readonly retries: Heap;
  readonly breaker: Breaker | null;
  /** Where all workers share the breaker: what is known of theirs. */
  readonly shared: SharedBreaker | null;
  readonly budget: RetryBudget | null;
  /** How calls come back since the breaker has closed; null: freely. */
  readonly ramp: Ramp | null;
}

/** What an owner's definitions make of an operator's request. */
export type ControlVerdict =
  | { readonly kind: "retry"; readonly deadlineMs: number | null }
  | { readonly kind: "resolve"; readonly outcome: Outcome }
  | { readonly kind: "abandon" }
  | { readonly kind: "refused"; readonly reason: string };

export type JudgedControl = Pick<OpenCallControl, "id" | "partition" | "callId" | "sequence"> & { readonly verdict: ControlVerdict };

export type EndedControl = Omit<CallControlEnd, "callId">;

export type StagedChange =
  | { readonly kind: "remove" }
  /** The row stays as it is: only a request ends. */
  | { readonly kind: "keep" }
  | { readonly kind: "set"; readonly state: CallState; readonly attempts: number; readonly dueAt: number };

/** A change of a call's row that waits for a commit. */
export interface StagedUpdate extends Fence {
  readonly id: string;
  readonly change: StagedChange;
  readonly outcome: Envelope | null;
  /** Whether there is a row that changes. Without one only the outcome is appended. */
  readonly recorded: boolean;
  /** How often the store refused to keep this call's end: each time a plainer one is tried. */
  readonly refusals: number;
  /** The operator's request that ends with it. */
  readonly control: EndedControl | null;
}

export interface Scan {
  /** New calls; or those left in the store: for the room in this share, or (null) because the time of one has come. */
  readonly of: "new" | { readonly share: string | null };
  readonly fences: readonly Fence[];
  readonly after: number;
  readonly limit: number;
  readonly startedAt: number;
  /** The highest sequence seen when it started: whatever is committed later has a higher one. */
  readonly seen: number;
}

export interface CallRunnerState {
  readonly settings: CallRunnerSettings;
  readonly phase: "running" | "draining" | "stopped";
  readonly owned: ReadonlyMap<number, OwnedCalls>;
  readonly calls: ReadonlyMap<string, LiveCall>;
  readonly callCount: number;
  readonly left: LeftCalls;
  /** Calls in memory, by share. */
  readonly kept: ReadonlyMap<string, number>;
  /** The next scan is for new calls, where it could also be for those that were left. */
  readonly newNext: boolean;
  /** The ids of each routing key's calls, oldest first; those left in the store have their place. Empty where they go by themselves. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  readonly operations: ReadonlyMap<string, OperationLoad>;
  /** Entries of all their heaps, those that count no more included. */
  readonly queued: number;
  /** Attempts under way of each bulkhead that operations share. */
  readonly bulkheads: ReadonlyMap<string, number>;
  /** Calls under way or finished, per partition: what a leaving partition waits for. */
  readonly busy: ReadonlyMap<number, number>;
  readonly timers: Heap;
  readonly timerCount: number;
  /** The time for which a look was last requested. */
  readonly lookAt: number | null;
  readonly orphans: ReadonlyMap<string, Orphan>;
  readonly scanning: Scan | null;
  /** Answers to calls that the scan under way may return as they were before. */
  readonly answers: ReadonlyMap<string, CallAnswer["answer"]>;
  /** Operators' requests: none to be read, some to be read, or being read for these partitions. */
  readonly controls: "idle" | "wanted" | { readonly fences: readonly Fence[] };
  /** Keys to be revived are being read for this partition. */
  readonly reviving: Fence | null;
  readonly seen: number;
  readonly staged: readonly StagedUpdate[];
  readonly committing: { readonly id: number; readonly updates: readonly StagedUpdate[] } | null;
  readonly commitLimit: number;
  readonly nextCommit: number;
  readonly nextTicket: number;
}

/**
 * `nowMs` only grows; `dateMs` is for people and stamps outcomes. From `beginUntilMs` on no attempt begins: another may own the partitions by then, and
 * have been told that nothing of theirs has happened. Default: whenever the machine likes.
 */
export type CallRunnerInput = { readonly nowMs: number; readonly dateMs: number; readonly beginUntilMs?: number } & (
  /** Calls of these partitions are read from the beginning; attempts of theirs that are still under way go on. */
  | { readonly kind: "granted"; readonly fences: readonly Fence[] }
  /** Gone already: whatever is under way there is aborted. */
  | { readonly kind: "lost"; readonly partitions: readonly number[] }
  /** To be handed over: nothing new begins there, and what is under way may end. */
  | { readonly kind: "leave"; readonly partitions: readonly number[] }
  /** Patience is over: what is under way in leaving partitions is aborted. */
  | { readonly kind: "expire" }
  /** New calls may have been committed. */
  | { readonly kind: "wake" }
  /** Calls without a row were requested by a commit behind these fences. */
  | { readonly kind: "requested"; readonly calls: readonly NewCall[]; readonly fences: readonly Fence[] }
  /** `more`: there may be more behind the last one. */
  | { readonly kind: "revivals"; readonly revivals: readonly Revival[]; readonly more: boolean }
  | { readonly kind: "revivalsFailed" }
  /** The pause behind a refused revival is over. */
  | { readonly kind: "reviveAgain"; readonly fence: Fence; readonly revival: Revival; readonly refusals: number }
  /** `more`: there may be more behind the last one; default: if there are as many as were asked for. */
  | { readonly kind: "scanned"; readonly calls: readonly CallRecord[]; readonly more?: boolean }
  | { readonly kind: "scanFailed" }
  /** Attempts that have ended in one turn of the loop. */
  | { readonly kind: "ended"; readonly ends: readonly AttemptEnd[] }
  | { readonly kind: "performed"; readonly callId: string; readonly ticket: number; readonly result: PerformResult }
  | { readonly kind: "asked"; readonly callId: string; readonly ticket: number; readonly result: AskResult }
  /** The handler's commit has changed the row already: `asking`, due now, attempts 0; or removed. */
  | { readonly kind: "answered"; readonly callId: string; readonly answer: CallAnswer["answer"] }
  | { readonly kind: "committed"; readonly commit: number; readonly result: CommitResult }
  /** Operators may have asked for something. */
  | { readonly kind: "control" }
  | { readonly kind: "controls"; readonly controls: readonly JudgedControl[] }
  | { readonly kind: "controlsFailed" }
  /** How the shared breakers stand. */
  | { readonly kind: "breakers"; readonly rows: readonly BreakerRow[] }
  /** What became of a change of a shared breaker; null: the store did not answer. */
  | { readonly kind: "shared"; readonly operation: string; readonly result: BreakerChanged | null }
  | { readonly kind: "tick" }
  | { readonly kind: "drain" }
);

export type CallRunnerRequest =
  | {
    readonly kind: "scan"; readonly partitions: readonly number[]; readonly after: number; readonly limit: number;
    readonly epochs: readonly Fence[];
  }
  /** Keys to be revived are to be read. */
  | { readonly kind: "readRevivals"; readonly partition: number; readonly after: Revival | null; readonly limit: number }
  /**
   * The store refused to keep the message that revives this key: to be answered with `reviveAgain` after a pause. For alarms.
   */
  | {
    readonly kind: "revivalRefused"; readonly fence: Fence; readonly revival: Revival; readonly refusals: number; readonly afterMs: number;
    readonly reason: string;
  }
  /** Operators' requests of these partitions are to be read and judged. */
  | { readonly kind: "readControls"; readonly partitions: readonly number[] }
  /** `call.attempts` includes the attempt that this begins. */
  | { readonly kind: "perform"; readonly ticket: number; readonly call: CallRecord }
  | { readonly kind: "ask"; readonly ticket: number; readonly call: CallRecord }
  /** Nothing may come back of this attempt. */
  | { readonly kind: "abort"; readonly callId: string; readonly ticket: number }
  | {
    readonly kind: "commit"; readonly commit: number; readonly changes: Commit;
    /** The same, for a commit that takes it along. */
    readonly ends: CallEnds;
  }
  /** Look again at this time at the latest; replaces the time before. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Ownership is lost or in doubt: each partition is to be answered with `granted` or `lost`. */
  | { readonly kind: "forfeit"; readonly partitions: readonly number[] }
  /** Nothing of these partitions is under way any more. */
  | { readonly kind: "release"; readonly fences: readonly Fence[] }
  /** These calls wait for a person: for alarms. */
  | { readonly kind: "attention"; readonly calls: readonly CallRecord[] }
  /** The breaker of an operation has changed: for alarms. `forMs`: until a probe may go. */
  | { readonly kind: "breaker"; readonly operation: string; readonly change: "opened" | "probing" | "closed"; readonly forMs: number }
  /** A shared breaker is to be changed: answered with `shared`, within seconds whatever the store does. */
  | { readonly kind: "share"; readonly change: BreakerChange }
  /** The store of a shared breaker does not answer, and this process has its own for now; or it answers again. */
  | { readonly kind: "breakerStore"; readonly operation: string; readonly away: boolean }
  | { readonly kind: "drained" };

export interface AttemptEnd { readonly callId: string; readonly ticket: number; readonly result: Finding }

export interface CallRunnerStep {
  readonly state: CallRunnerState;
  readonly requests: readonly CallRunnerRequest[];
}

export function newCallRunner(settings: CallRunnerSettings): CallRunnerState {
  return {
    settings, phase: "running", owned: new Map(), calls: new Map(), callCount: 0,
    left: newLeftCalls(), kept: new Map(), newNext: true, keys: new Map(), operations: new Map(),
    queued: 0, bulkheads: new Map(), busy: new Map(), timers: null, timerCount: 0, lookAt: null,
    orphans: new Map(), scanning: null, answers: new Map(), controls: "idle", reviving: null, seen: 0, staged: [], committing: null,
    commitLimit: settings.maxCommit, nextCommit: 1, nextTicket: 1,
  };
}
