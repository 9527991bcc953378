// What the in-memory store holds: maps, arrays and plain objects only, so that `structuredClone` copies a whole store. Times are
// those of the host's elapsed clock unless a name ends in `At` of a record for people. It decides nothing.
import type { CallRecord } from "../message/call.ts";
import type { NewTimer } from "../message/changes.ts";
import type { Message } from "../message/envelope.ts";
import type { Host } from "../spi/host.ts";
import type { BreakerReset, BreakerRow } from "../spi/breakers.ts";
import type { CallControlEntry } from "../spi/call-controls.ts";
import type { Revival } from "../message/changes.ts";
import type { ControlEntry, Receipt, StoredDocument } from "../spi/store.ts";

/** What every section works on: the data, and what it takes from outside. */
export interface Memory {
  readonly state: MemoryState;
  readonly host: Host;
  readonly statements: Statements;
}

/** Stand-ins for declared SQL, by the statement's name: each gives the number of rows it changed, or throws. */
export type Statements = Readonly<Record<string, (values: readonly (string | null)[]) => number>>;

export interface MemoryState {
  /** 0 until the first `prepare`. */
  partitions: number;
  readonly entities: Set<string>;
  /** Digests by "name\0version". */
  readonly schemas: Map<string, string | null>;
  readonly groups: Map<string, GroupState>;
  readonly workers: Map<string, WorkerState>;
  readonly gathers: Map<string, { readonly worker: string; readonly until: number }>;
  /** By partition, in order of position. */
  readonly log: Message[][];
  readonly doors: Map<string, DoorState>;
  readonly documents: Map<string, StoredDocument>;
  readonly calls: Map<string, CallState>;
  /** The id of the live call of each "tenant\0operation\0callKey". */
  readonly callKeys: Map<string, string>;
  readonly timers: Map<number, TimerState>;
  /** The id of the timer of each "group\0tenant\0routingKey\0name". */
  readonly timerNames: Map<string, number>;
  /** Rows in order of position, by "group\0tenant\0key"; never empty. */
  readonly parked: Map<string, ParkedState[]>;
  readonly controls: ControlEntry[];
  readonly callControls: CallControlEntry[];
  /** By operation. */
  readonly breakers: Map<string, BreakerState>;
  readonly breakerResets: BreakerReset[];
  /** By "group\0partition\0tenant\0key". */
  readonly revivals: Map<string, Revival & { readonly group: string }>;
  lastPosition: number;
  lastCallSequence: number;
  lastTimerId: number;
}

export interface GroupState {
  /** Every name that any application ever handled in this group. */
  readonly names: Set<string>;
  /** By partition. */
  readonly leases: LeaseState[];
}

export interface LeaseState {
  worker: string | null;
  epoch: number;
  /** The group's progress in the partition. */
  position: number;
  /** `position` when the present owner was granted it. */
  grantedAt: number;
  /** Owners in a row that died without progress. */
  deaths: number;
  mark: { readonly position: number; readonly epoch: number } | null;
}

export interface WorkerState {
  readonly id: string;
  readonly groups: readonly string[];
  readonly leaseMs: number;
  lastBeat: number;
}

interface DoorState {
  readonly digest: string;
  readonly receipts: readonly Receipt[];
  readonly since: number;
}

export type CallState = Omit<CallRecord, "dueInMs" | "deadlineInMs"> & {
  readonly group: string;
  readonly due: number;
  readonly deadline: number;
};

export interface BreakerState extends Pick<BreakerRow, "phase" | "version" | "prober"> {
  readonly until: number | null;
  since: number;
  opened: number;
  readonly resets: number;
  readonly reporter: string;
}

export type TimerState = Omit<NewTimer, "when"> & { readonly id: number; readonly due: number };

export interface ParkedState {
  readonly group: string;
  readonly message: Message;
  readonly parkedAt: number;
  editedBody: string | null;
  attempts: number;
  code: string;
  reason: string;
  /** null: a dead letter. Means something on a head only. */
  due: number | null;
}

export function emptyState(): MemoryState {
  return {
    partitions: 0, entities: new Set(), schemas: new Map(), groups: new Map(), workers: new Map(), gathers: new Map(), log: [],
    doors: new Map(), documents: new Map(), calls: new Map(), callKeys: new Map(), timers: new Map(), timerNames: new Map(),
    parked: new Map(), controls: [], callControls: [], breakers: new Map(), breakerResets: [], revivals: new Map(),
    lastPosition: 0, lastCallSequence: 0, lastTimerId: 0,
  };
}

/** One string for a key of several parts; NUL cannot occur in any of them. */
export function idOf(...parts: readonly (string | number)[]): string {
  return parts.join("\u0000");
}
