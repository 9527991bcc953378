// The store: everything durable, behind one interface. The in-memory form and PostgreSQL pass the same conformance suite. It knows
// nothing of handlers, schemas or HTTP. Every method either resolves or throws `STORE_UNAVAILABLE` (nothing is known to have
// happened; safe to repeat) or `STORE_REFUSED` (a defect); commits report their end as a value.
import type { CallState, NewCall } from "../message/call.ts";
import type { DocumentChange, DocumentRef, NewTimer, RevivalChange, SqlRun, TimerRef } from "../message/changes.ts";
import type { Envelope, Message } from "../message/envelope.ts";
import type { ReportedStall, Wait } from "./waits.ts";
import type { BreakerRow, BreakerStore } from "./breakers.ts";
import type { CallControlEnd, CallControlStore } from "./call-controls.ts";
import type { CallStore } from "./call-store.ts";
import type { RevivalStore } from "./revivals.ts";

export interface Store extends LogStore, OwnerStore, CallStore, CallControlStore, BreakerStore, TimerStore, ParkedStore, OperatorStore {
  /** Migrates, records names and schemas, and creates entity tables. Refuses what does not fit the recorded ones. */
  prepare(manifest: Manifest): Promise<Prepared>;
  /** Housekeeping by whoever owns the maintenance lease: segments, retention, rotation. Safe to repeat. */
  maintain(): Promise<void>;
  close(): Promise<void>;
  /** What the store itself waits for now: a connection, its listener. @param generalMs the limit of waits that have none of their own. */
  waits?(generalMs: number): readonly Wait[];
}

/** What an application is, as far as the store must know. */
export interface Manifest {
  readonly partitions: number | null;
  readonly groups: readonly { readonly name: string; readonly handles: readonly string[] }[];
  readonly entities: readonly string[];
  readonly schemas: readonly { readonly name: string; readonly version: number; readonly digest: string | null }[];
}

export interface Prepared {
  readonly partitions: number;
  /** Groups whose recorded names this application handles: a process with an older definition may not lead the others. */
  readonly eligibleGroups: readonly string[];
}

// --- the log ---------------------------------------------------------------------------------------------------------------

export interface LogStore {
  /**
   * Appends what each call holds, atomically per call, and deduplicates by (tenant, doorKey). Results in order of the calls. Tells other
   * processes by a hint, as `commit` and `transaction` do.
   */
  publish(calls: readonly PublishCall[]): Promise<readonly PublishResult[]>;
  /** The handled messages after each cursor, and how far each partition was scanned, from one snapshot. */
  read(request: ReadRequest): Promise<ReadResult>;
  load(documents: readonly DocumentRef[]): Promise<readonly StoredDocument[]>;
  /**
   * Runs `work` in one transaction and appends what it returns at its end, so that no append lock is held while user code waits.
   * Throws `TRANSACTION_UNRESOLVED` when a lost COMMIT cannot be resolved.
   */
  transaction<T>(work: (sql: SqlSession) => Promise<{ value: T; calls: readonly PublishCall[] }>): Promise<{ value: T; results: readonly PublishResult[] }>;
  /** Whether a group has passed a position of a partition, and whether the message there waits in a parked key. */
  handled(group: string, place: Cursor): Promise<"pending" | "handled" | "parked">;
  /** Calls `listener` when something may have arrived from another process; only a hint. Returns how to stop. */
  onHint(listener: (hint: Hint) => void): () => void;
  /** Whether hints are known to arrive; where they do not (behind a pooler in transaction mode), readers look more often. Default: they do. */
  hintsArrive?(): boolean;
  /** The last position of each partition that has one: a cheap look for new messages. */
  tails(): Promise<readonly Cursor[]>;
  /** Tells other processes that something may have arrived that the store does not know of. Coalesced; never fails; never waits. */
  hint(hint: Hint): void;
}

/** Where something may have arrived. */
export interface Hint {
  /** Partitions with new messages; null: any. */
  readonly partitions: readonly number[] | null;
  readonly timers: boolean;
  /** New messages themselves: their partitions need not be named above. Default: none. */
  readonly handovers?: readonly Handover[];
}

/**
 * Messages of one partition right from their append: whoever has read it up to `after` need not read them, since nothing lies between, nor
 * between them. A store hands over what it can, which may be nothing.
 */
export interface Handover {
  readonly partition: number;
  /** Behind this position nothing stands in the partition before the first of them; 0: nothing at all. */
  readonly after: number;
  /** At least one, ascending. */
  readonly messages: readonly Message[];
}

/** One publish. A timer's name occurs once in a commit, set or cancelled. */
export interface PublishCall {
  readonly tenant: string;
  readonly doorKey: string;
  readonly digest: string;
  readonly messages: readonly Envelope[];
  readonly timers: readonly NewTimer[];
}

/** Places of the messages in order; a delayed message has position null. */
export interface Receipt { readonly id: string; readonly partition: number; readonly position: number | null }

export type PublishResult =
  | { readonly kind: "published"; readonly receipts: readonly Receipt[]; readonly handovers: readonly Handover[] }
  | { readonly kind: "repeated"; readonly receipts: readonly Receipt[] }
  | { readonly kind: "conflict" }
  /** The connection was lost before an answer came: repeat the same call. */
  | { readonly kind: "inDoubt"; readonly reason: string };

/** Statements inside a user's transaction, in the database's own dialect. A store without SQL throws `STORE_REFUSED`. */
export interface SqlSession {
  query(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface Cursor { readonly partition: number; readonly position: number }

export interface ReadRequest {
  readonly group: string;
  readonly names: readonly string[];
  readonly cursors: readonly Cursor[];
  /** The most messages per partition. */
  readonly limit: number;
  /** Per partition, the message with which the bodies reach this many characters is the last one (stores may count bytes as they keep them). */
  readonly maxLength: number;
}

export interface ReadResult {
  /** Ascending position within each partition. */
  readonly messages: readonly Message[];
  /** One per cursor: every handled message up to here was returned; where a limit was reached (also one of the store's own) there may be more. */
  readonly bounds: readonly (Cursor & { readonly more: boolean })[];
}

export interface StoredDocument extends DocumentRef {
  /** 0 when there never was one. */
  readonly version: number;
  /** null when absent or deleted. */
  readonly body: string | null;
}

// --- ownership -------------------------------------------------------------------------------------------------------------

export interface OwnerStore extends RevivalStore {
  /** Makes this process known and keeps it alive by a heartbeat that follows the main loop. */
  join(worker: WorkerProfile): Promise<Membership>;
  /** Who is alive and who holds what, by the store's clock. Buries workers of this host whose process is gone. */
  roster(): Promise<Roster>;
  /**
   * Takes partitions that are free, expired or already ours: raises the epoch, then reads progress and parked keys. Whoever something is taken
   * from is buried with it: it is in no roster, whatever it beats, until it joins anew.
   */
  acquire(request: { worker: string; group: string; partitions: readonly number[] }): Promise<readonly Grant[]>;
  /** Gives partitions back so that another may take them at once. */
  release(request: { worker: string; group: string; fences: readonly Fence[] }): Promise<void>;
  /** Everything one owner decided, in one transaction behind its fence. */
  commit(commit: Commit): Promise<CommitResult>;
  /** Records that one message is about to be handled alone, because its partition killed its owners. */
  mark(request: { group: string; fence: Fence; position: number }): Promise<"marked" | "fenced">;
  /** Asks all workers to leave the group's partitions to one of them for a while. */
  gather(request: { group: string; worker: string; forMs: number }): Promise<void>;
}

export interface WorkerProfile {
  readonly id: string;
  readonly groups: readonly string[];
  readonly leaseMs: number;
}

export interface Membership {
  /** Called by the main loop as long as it turns; the heartbeat stops when the calls stop. */
  beat(): void;
  /**
   * How long ago the youngest heartbeat was sent that the store has confirmed, in milliseconds of this process's own clock. A worker that was buried is
   * confirmed no more, however late it beats, and whoever takes a partition from a worker buries it first: so for the rest of its lease after such a
   * heartbeat, nobody has taken anything from it. Default: the store cannot tell.
   */
  confirmedMsAgo?(): number;
  /** Shows operators of other processes what stands still in this one; nothing any more where the list is empty. Never waits, never fails. */
  stalls?(found: readonly ReportedStall[]): void;
  /** Ends the membership and frees every lease of the worker. */
  leave(): Promise<void>;
}

export interface Roster {
  /** In order of joining. */
  readonly workers: readonly { readonly id: string; readonly groups: readonly string[] }[];
  readonly leases: readonly { readonly group: string; readonly partition: number; readonly worker: string | null; readonly epoch: number }[];
  readonly gathered: readonly { readonly group: string; readonly worker: string }[];
  /** Groups with requests of operators that nobody acted on yet. */
  readonly pendingControls: readonly string[];
  /** Groups with requests about calls that nobody acted on yet. */
  readonly pendingCallControls: readonly string[];
  /** Breakers that all workers share; those that have never opened have no row. */
  readonly breakers: readonly BreakerRow[];
}

export interface Fence { readonly partition: number; readonly epoch: number }

export interface Grant extends Fence {
  /** Everything up to here is done. */
  readonly position: number;
  readonly parked: readonly ParkedHead[];
  /** Set when owners before this one died twice without progress: handle one message at a time behind a mark. */
  readonly suspect: boolean;
  /** The position that was being handled alone when the last owner died. */
  readonly mark: number | null;
}

export interface ParkedHead {
  readonly tenant: string;
  readonly key: string;
  /** Rows of this key, the head included; `Infinity` where there are more than the store cares to count. */
  readonly count: number;
  /** Milliseconds until the head is due; null for a dead letter, which waits for a person. */
  readonly dueInMs: number | null;
}

export interface Commit {
  readonly group: string;
  readonly worker: string;
  /** Every partition whose ownership this commit rests on. */
  readonly fences: readonly Fence[];
  readonly progress: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
  readonly documents: readonly DocumentChange[];
  readonly messages: readonly Envelope[];
  readonly calls: readonly NewCall[];
  readonly callUpdates: readonly CallUpdate[];
  /** Requests of operators that end with this commit. */
  readonly callControls?: readonly CallControlEnd[];
  readonly timers: readonly NewTimer[];
  readonly cancelledTimers: readonly TimerRef[];
  /** Timers that fire: each that is still there goes, and its message is appended. One that is gone (cancelled, set anew, fired before) is left out. */
  readonly firedTimers: readonly { readonly id: number; readonly message: Envelope }[];
  readonly sql: readonly SqlRun[];
  readonly park: readonly ParkRow[];
  readonly unpark: readonly ParkedRef[];
  readonly retries: readonly ParkRetry[];
  /** Keys that need to be revived from now on, or no longer; what is so already stays so, and of one key the last counts. Default: none. */
  readonly revivals?: readonly RevivalChange[];
}

export interface ParkedRef { readonly partition: number; readonly tenant: string; readonly key: string; readonly position: number }

/** A message set aside: the head with its failure, or a follower that queues behind it. */
export interface ParkRow {
  readonly message: Message;
  readonly head: ParkStatus | null;
}

export interface ParkStatus {
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  /** Milliseconds from the commit until the next attempt; null makes it a dead letter. */
  readonly retryInMs: number | null;
}

/** A head that failed again, or a follower that became a failing head. The row must exist. */
export interface ParkRetry extends ParkedRef { readonly status: ParkStatus }

export interface CallUpdate {
  readonly id: string;
  /** `remove`: the outcome is definitive or abandoned. Updates of a row that is gone do nothing. */
  readonly change:
    | { readonly kind: "remove" }
    | { readonly kind: "set"; readonly state: CallState; readonly attempts: number; readonly dueInMs: number };
  /** The outcome to append if the row was still there. */
  readonly outcome: Envelope | null;
}

export type CommitResult =
  | { readonly kind: "committed"; readonly joinedCalls: readonly string[]; readonly handovers: readonly Handover[] }
  /** A document had another version: nothing was written. */
  | { readonly kind: "conflict" }
  /** Ownership of a partition was lost: nothing was written. */
  | { readonly kind: "fenced" }
  /** Deadlock or serialization failure: nothing was written; the same commit may succeed. */
  | { readonly kind: "rerun" }
  /** One declared statement or call was refused: nothing was written. `ordinal` counts within `sql` or `calls`. */
  | { readonly kind: "refused"; readonly by: "sql" | "call"; readonly ordinal: number; readonly reason: string }
  /** The database refused the data of the commit (a value it cannot store): nothing was written. */
  | { readonly kind: "rejected"; readonly reason: string }
  /** The connection was lost: committed or not. Acquire the partitions again before anything else. */
  | { readonly kind: "inDoubt"; readonly reason: string };

// --- timers, parked keys ----------------------------------------------------------------------------------------------

export interface TimerStore {
  /** Due timers of the partitions, soonest first, and when the next one is due. */
  readTimers(request: { partitions: readonly number[]; limit: number }): Promise<DueTimers>;
}

export interface DueTimers {
  readonly due: readonly { readonly id: number; readonly message: Envelope }[];
  /** Milliseconds until the next timer that is not yet due; null when there is none. */
  readonly nextInMs: number | null;
}

export interface ParkedStore {
  /**
   * The rows of parked keys, one key after the other, each in order of position, head first, at most `limit` of each. An edited row has its
   * replacement. The message with which the bodies of all keys together reach `maxLength` characters is the last one (stores may count bytes
   * as they keep them).
   */
  readParked(request: ParkedRequest): Promise<ParkedRead>;
}

export interface ParkedRequest {
  readonly group: string;
  readonly keys: readonly { readonly partition: number; readonly tenant: string; readonly key: string }[];
  readonly limit: number;
  readonly maxLength: number;
}

export interface ParkedRead {
  readonly messages: readonly ParkedMessage[];
  /** How many of the keys were read to their end or to `limit`: all, or those before the key of the message that reached the length. */
  readonly keysRead: number;
}

export interface ParkedMessage { readonly message: Message; readonly attempts: number }

// --- operators ----------------------------------------------------------------------------------------------------------------

export interface OperatorStore {
  /**
   * Dead letters and waiting heads, oldest first. The entry with which the bodies reach `maxLength` is the last one, so that a page may be
   * shorter than `limit`; there are no more only behind an empty one.
   */
  listParked(filter: ParkedFilter): Promise<readonly ParkedEntry[]>;
  /** Records a request of an operator; its owner acts on it. Resolves to the ids of the control rows. */
  requestControl(requests: readonly ControlRequest[]): Promise<readonly number[]>;
  /** Control rows of these partitions that nobody acted on yet; the owner applies them behind its fence. */
  applyControls(request: { group: string; worker: string; fences: readonly Fence[] }): Promise<readonly AppliedControl[]>;
  controls(filter: { ids?: readonly number[]; limit: number }): Promise<readonly ControlEntry[]>;
  /** Depth and age of what is parked, and lag, per group. */
  summary(): Promise<readonly GroupSummary[]>;
}

export interface ParkedFilter {
  readonly group?: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly state?: "dead" | "waiting";
  /** Only what stands behind this entry, which need not be there any more: the next page, given the last entry of the one before. */
  readonly after?: ParkedPlace;
  readonly limit: number;
  /** Of the bodies of a page, replacements included, in characters (stores may count bytes as they keep them). Default 16,000,000. */
  readonly maxLength?: number;
}

export const LISTED_LENGTH = 16_000_000;

/** Where an entry stands in the list. */
export type ParkedPlace = Pick<ParkedEntry, "parkedAt" | "position" | "partition" | "group">;

export interface ParkedEntry extends ParkedRef {
  readonly group: string;
  readonly state: "dead" | "waiting";
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  /** Messages that queue behind it. */
  readonly behind: number;
  readonly parkedAt: number;
  readonly message: Message;
  /** The replacement that an operator stored, or null. */
  readonly editedBody: string | null;
}

export interface ControlRequest extends ParkedRef {
  readonly group: string;
  readonly action: "redrive" | "edit" | "skip";
  readonly body: string | null;
  readonly actor: string;
  readonly note: string;
}

export interface AppliedControl extends ParkedRef {
  readonly action: "redrive" | "edit" | "skip";
  /** Rows of the key that remain. */
  readonly remaining: number;
  readonly applied: boolean;
}

export interface ControlEntry extends ControlRequest {
  readonly id: number;
  readonly requestedAt: number;
  readonly doneAt: number | null;
  /** "done", or why it was refused; null while it waits for an owner. */
  readonly result: string | null;
}

export interface GroupSummary {
  readonly group: string;
  /** Messages in the log beyond the group's progress, handled or not: an upper bound of its lag. */
  readonly lag: number;
  readonly waitingKeys: number;
  readonly deadLetters: number;
  readonly oldestParkedAt: number | null;
  readonly calls: number;
  readonly callsNeedingAttention: number;
}
