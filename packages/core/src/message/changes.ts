// `Changes`: what a handler decided, as a value. Nothing here acts; `apply` is the only reader.
import type { CallAnswer, NewCall } from "./call.ts";
import type { Envelope } from "./envelope.ts";

export interface DocumentRef {
  readonly entity: string;
  readonly tenant: string;
  readonly key: string;
}

/** A document that a handler read or wrote. */
export interface DocumentChange extends DocumentRef {
  /** The version the decision rests on: 0 for an absent document, null when it was written without being read. */
  readonly version: number | null;
  /** `keep`: only read. A deleted document keeps its row, with a higher version. */
  readonly write: { readonly kind: "keep" } | { readonly kind: "put"; readonly body: string } | { readonly kind: "delete" };
}

/** A change as a handler run recorded it, with the document's id (decide/documents.ts): made once, and looked up by many. */
export interface RecordedDocument extends DocumentChange {
  readonly id: string;
}

export interface NewTimer {
  /** Unique per (group, tenant, routing key, name): the same name replaces. A timer without a name has its message's id here. */
  readonly name: string;
  readonly group: string;
  readonly routingKey: string;
  /** The message it appends when it fires. */
  readonly message: Envelope;
  readonly when: { readonly kind: "after"; readonly delayMs: number } | { readonly kind: "at"; readonly at: number };
}

export interface TimerRef {
  readonly group: string;
  readonly tenant: string;
  readonly routingKey: string;
  readonly name: string;
}

/** A declared SQL statement with its parameters, run inside the commit. */
export interface SqlRun {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | null)[];
  /** The number of rows it must change, or null for any. */
  readonly rows: number | null;
}

export interface Changes {
  readonly documents: readonly RecordedDocument[];
  readonly messages: readonly Envelope[];
  readonly calls: readonly NewCall[];
  readonly answers: readonly CallAnswer[];
  readonly timers: readonly NewTimer[];
  readonly cancelledTimers: readonly TimerRef[];
  readonly sql: readonly SqlRun[];
  /** Calls that get no row: a new owner of their key finds them in its documents, when it revives it. Default: none. */
  readonly unrecorded?: readonly NewCall[];
  /** Default: none. */
  readonly revivals?: readonly RevivalChange[];
}

/** A key of a group with work that stands in its owner's memory alone: whoever owns its partition next wakes it. */
export interface Revival {
  readonly partition: number;
  readonly tenant: string;
  readonly key: string;
}

/** `on`: the key needs to be revived from now on; otherwise no longer. */
export interface RevivalChange extends Revival { readonly on: boolean }

/** A handler's failure as data. `retry` comes from the error's type. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retry: "never" | "later" | "now";
  readonly afterMs: number | null;
}

/** What became of one message: its changes, its failure, or a place in the queue behind a parked message of its key. */
export type Decision =
  | { readonly kind: "changes"; readonly changes: Changes }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "queued" };
