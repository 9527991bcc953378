// The executor machine's states, inputs and requests: plain data, listed in one place. executor.ts holds the steps.
import type { CallEnds } from "../call/call-ends.ts";
import type { BatchItem } from "../decide/batch.ts";
import type { Decision, Failure } from "../message/changes.ts";
import type { Envelope, Message } from "../message/envelope.ts";
import type { Commit, CommitResult, Cursor, Fence, Grant, ParkedMessage, ParkStatus, ReadResult } from "../spi/store.ts";
import type { MergedChanges } from "./merge.ts";
import type { RetryPolicy } from "../message/backoff.ts";

export interface ExecutorSettings {
  readonly group: string;
  readonly worker: string;
  readonly names: readonly string[];
  readonly maxBatch: number;
  /** The most characters of bodies in one batch. */
  readonly maxBatchLength: number;
  readonly retry: RetryPolicy;
  /** How long progress without handled messages may wait for a commit to ride on. */
  readonly idleProgressMs: number;
  /** Parked keys whose head is due, run together. */
  readonly maxParkedKeys: number;
}

/** A partition this executor owns: committed <= assigned <= read. */
export interface Owned extends Fence {
  readonly committed: number;
  /** Everything up to here is in a batch under way, or committed. */
  readonly assigned: number;
  /** Everything up to here was read; what is not assigned is in the queue. */
  readonly read: number;
  readonly leaving: boolean;
  /** Messages up to here are handled one at a time behind a mark; 0 when there is no suspicion. */
  readonly suspectUntil: number;
  readonly suspectPending: boolean;
}

interface ParkedKeyRef { readonly partition: number; readonly tenant: string; readonly key: string }

export interface ParkedKey extends ParkedKeyRef {
  readonly count: number;
  /** By the process's elapsed clock; null waits for a person. */
  readonly dueAt: number | null;
  /** Owners before this one died without progress: one of its messages may be why, so each is handled alone behind a mark. */
  readonly suspect: boolean;
}

export interface Batch {
  readonly id: number;
  readonly from: "log" | "parked";
  readonly items: readonly BatchItem[];
  readonly attempts: readonly number[];
  /** The ownership that each of its partitions rests on. */
  readonly fences: readonly Fence[];
  readonly progress: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
  readonly marked: number | null;
  /** Ends of calls that its commit takes along. `direct`: the updates whose outcomes are decided with it, behind the items. */
  readonly joined: { readonly join: Join; readonly direct: readonly number[] } | null;
}

/** Ends of calls that their runner offers to the next commit. */
export interface Join extends CallEnds {
  readonly id: number;
}

export interface Decided {
  readonly batch: Batch;
  readonly commit: Commit;
  readonly merged: MergedChanges;
  /** Nothing may be decided on top of it before its commit. */
  readonly solo: boolean;
}

export interface ExecutorState {
  readonly settings: ExecutorSettings;
  readonly phase: "running" | "draining" | "stopped";
  readonly owned: ReadonlyMap<number, Owned>;
  readonly queue: readonly Message[];
  readonly parked: ReadonlyMap<string, ParkedKey>;
  readonly nextBatch: number;
  readonly reading: boolean;
  /** Partitions in which something may stand that was not read. */
  readonly hungry: ReadonlySet<number>;
  /** Handed over before what stands before it in its partition was read. */
  readonly early: ReadonlyMap<number, readonly HandedOver[]>;
  /** The fences behind which parked keys are being read. */
  readonly readingParked: readonly Fence[] | null;
  /** Requests of operators: to be acted on when nothing is under way, or being acted on behind these fences. */
  readonly controls: "none" | "wanted" | readonly Fence[];
  /** A mark is being written for this batch. */
  readonly marking: Batch | null;
  readonly deciding: Batch | null;
  /** Decided, waiting for the commit before it. */
  readonly decided: Decided | null;
  readonly committing: Decided | null;
  /** Ends of calls that wait for the next batch. */
  readonly joining: Join | null;
  /** A commit with ends of calls was refused: until the next one, they are committed apart, so that the cause is found. */
  readonly unjoined: boolean;
  /** Messages whose failure is already known, by position. */
  readonly forced: ReadonlyMap<number, Failure>;
  readonly batchLimit: number;
  readonly losses: number;
  /** The process's documents are not to be trusted: the next batch reads anew. */
  readonly stale: boolean;
  readonly lastCommitAt: number;
  /** Where the last batch came from: log and parked keys take turns. */
  readonly lastFrom: "log" | "parked";
}

/** What was appended to a partition between `after` and `to`, with those of the messages that the group handles. */
export interface HandedOver {
  readonly partition: number;
  readonly after: number;
  readonly to: number;
  readonly messages: readonly Message[];
}

export type ExecutorInput = { readonly nowMs: number } & (
  | { readonly kind: "granted"; readonly grants: readonly Grant[] }
  /** Gone already: whatever is under way is void. */
  | { readonly kind: "lost"; readonly partitions: readonly number[] }
  /** To be handed over once what is under way has ended. */
  | { readonly kind: "leave"; readonly partitions: readonly number[] }
  /** Something may have arrived in these partitions; null: in any. */
  | { readonly kind: "wake"; readonly partitions: readonly number[] | null }
  /** Messages right from their append, in order: those of a partition that was read up to `after` need not be read. */
  | { readonly kind: "handed"; readonly handovers: readonly HandedOver[] }
  | { readonly kind: "read"; readonly result: ReadResult; readonly cursors: readonly Cursor[]; readonly epochs: readonly Fence[] }
  | { readonly kind: "readFailed"; readonly cursors: readonly Cursor[] }
  /** `keys`: those that were asked for, none when the store did not answer. */
  | { readonly kind: "parkedRead"; readonly messages: readonly ParkedMessage[]; readonly keys: readonly ParkedKeyRef[]; readonly limit: number }
  | { readonly kind: "marked"; readonly batch: number; readonly result: "marked" | "fenced" | "failed" }
  | { readonly kind: "decided"; readonly batch: number; readonly decisions: readonly Decision[]; readonly blind: boolean }
  | { readonly kind: "decideFailed"; readonly batch: number }
  | { readonly kind: "committed"; readonly batch: number; readonly result: CommitResult }
  /** A runner offers ends of its calls; answered with `joinEnded`. */
  | { readonly kind: "join"; readonly join: Join }
  /** Operators asked for something. */
  | { readonly kind: "control" }
  /** Heads that an operator released, skipped or edited, with the rows that remain; none when the store did not answer. */
  | { readonly kind: "controlled"; readonly keys: readonly { readonly partition: number; readonly tenant: string; readonly key: string; readonly remaining: number; readonly due: boolean }[] }
  | { readonly kind: "drain" }
);

export type ExecutorRequest =
  | {
      readonly kind: "read"; readonly cursors: readonly Cursor[]; readonly epochs: readonly Fence[]; readonly limit: number; readonly maxLength: number;
    }
  | { readonly kind: "readParked"; readonly keys: readonly ParkedKeyRef[]; readonly limit: number }
  | { readonly kind: "applyControls"; readonly fences: readonly Fence[] }
  | { readonly kind: "mark"; readonly batch: number; readonly fence: Fence; readonly position: number }
  | {
      readonly kind: "decide"; readonly batch: number; readonly items: readonly BatchItem[]; readonly fresh: boolean;
      /** To be decided behind the items, in order. */
      readonly outcomes: readonly Envelope[];
      /** The ownership that it rests on. */
      readonly fences: readonly Fence[];
    }
  | {
      readonly kind: "commit"; readonly batch: number; readonly commit: Commit; readonly answers: MergedChanges["answers"];
      /** To be begun once it is committed. */
      readonly unrecorded: MergedChanges["unrecorded"];
    }
  /** The end of the commit that took along what was offered; null: none did, and it is to be committed by whoever offered it. */
  | { readonly kind: "joinEnded"; readonly join: number; readonly result: CommitResult | null }
  /** Ownership is lost or in doubt: forget these partitions and acquire anew whatever is still ours to have. */
  | { readonly kind: "forfeit"; readonly partitions: readonly number[] }
  /** Nothing of these partitions is under way any more. */
  | { readonly kind: "release"; readonly fences: readonly Fence[] }
  /** Look again after this time, or at a wake-up if that comes first. */
  | { readonly kind: "wait"; readonly untilMs: number | null }
  /** Messages were set aside: for alarms. */
  | { readonly kind: "parked"; readonly failures: readonly { readonly message: Message; readonly status: ParkStatus }[] }
  /** The last commit lost against another process. */
  | { readonly kind: "losing"; readonly losses: number }
  | { readonly kind: "drained" };

/** One string per key of a tenant. */
export function keyId(tenant: string, key: string): string {
  return `${tenant}\u0000${key}`;
}

/** Messages that were read and are neither committed nor given back. */
export function backlogOf({ queue, marking, deciding, decided, committing }: ExecutorState): number {
  return [marking, deciding, decided?.batch, committing?.batch].reduce((sum, batch) => sum + (batch?.items.length ?? 0), queue.length);
}

export function newExecutor(settings: ExecutorSettings): ExecutorState {
  return {
    settings, phase: "running", owned: new Map(), queue: [], parked: new Map(), nextBatch: 1, reading: false, hungry: new Set(), early: new Map(),
    readingParked: null, controls: "none", marking: null, deciding: null, decided: null, committing: null, joining: null, unjoined: false, forced: new Map(),
    batchLimit: settings.maxBatch, losses: 0, stale: false, lastCommitAt: 0, lastFrom: "log",
  };
}
