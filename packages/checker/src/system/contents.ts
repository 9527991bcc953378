// What the cells of a system hold: messages, queues, documents, calls, what the provider knows, timers, stimuli. Values that are made once
// and never change; what follows from them is remembered on them. Nothing here decides what happens.
import type { Envelope } from "@evenkeel/core";
import type { CallState } from "@evenkeel/core/spi";
import type { DocumentState, Failure, NewCall } from "@evenkeel/core/engine";
import type { Cell } from "./cell.ts";
import type { Definition } from "./definitions.ts";

export class KnownMessage {
  readonly envelope: Envelope;
  /** The stimulus that set it in motion: whose budgets its faults are taken from. */
  readonly stimulus: number;
  /** A second arrival, by its number, whose budget comes back if it changes nothing; -1: it is none. */
  readonly repeat: number;
  /** Stands for the message in the contents of cells. */
  readonly digest: string;
  /** The queues it is appended to: one per group that handles it. */
  readonly queues: readonly QueueCell[];
  /** Counts its appends, where somebody wants to know of them. */
  readonly counter: Cell<Observed> | null;
  /** What the handlers did with it, by the definition's number. */
  readonly runs: (RunNode | undefined)[] = [];

  constructor(
    envelope: Envelope, stimulus: number, repeat: number, digest: string, queues: readonly QueueCell[], counter: Cell<Observed> | null,
  ) {
    this.envelope = envelope;
    this.stimulus = stimulus;
    this.repeat = repeat;
    this.digest = digest;
    this.queues = queues;
    this.counter = counter;
  }
}

/** The runs of one handler with one message, by what they read: `next` is found by the number of what the cell holds. */
export type RunNode =
  | { readonly kind: "read"; readonly cell: Cell<DocumentState>; readonly next: (RunNode | undefined)[] }
  | RunEnd;

export type RunEnd =
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "changes"; readonly effects: Effects };

/** A decision that has not taken effect: only where that is done wrong on purpose. */
export interface Decided { readonly message: KnownMessage; readonly definition: Definition; readonly end: RunEnd }

/** What a handler decided, in terms of cells. */
export interface Effects {
  readonly documents: readonly { readonly cell: Cell<DocumentState>; readonly number: number }[];
  readonly messages: readonly KnownMessage[];
  readonly calls: readonly { readonly line: LineCell; readonly row: CallRow }[];
  readonly answers: readonly { readonly callId: string; readonly answer: "reconcile" | "abandon" }[];
  readonly timers: readonly { readonly cell: Cell<ArmedTimer>; readonly number: number }[];
  readonly statements: readonly { readonly name: string; readonly values: readonly (string | null)[]; readonly rows: number | null }[];
  readonly isEmpty: boolean;
}

/** A key's head has failed: it is tried again, or waits for a person. */
export interface Parked {
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  readonly isDead: boolean;
}

/** The messages of one (group, tenant, key) that are not handled, in order. */
export interface Queue {
  readonly messages: readonly KnownMessage[];
  readonly parked: Parked | null;
}

export interface QueueCell extends Cell<Queue> {
  readonly group: number;
  readonly tenant: string;
  readonly routingKey: string;
  /** What the queue is after one more message. */
  push(number: number, message: KnownMessage): number;
  /** What the queue is once its head is done. */
  pop(number: number): number;
  /** What the queue is with its head in this state. */
  park(number: number, parked: Parked): number;
}

export interface CallRow {
  readonly call: NewCall;
  readonly stimulus: number;
  readonly state: CallState;
  readonly attempts: number;
  /** A worker died after it had performed it: the budget comes back if the next attempt ends it as if nothing had been. */
  readonly isCrashed: boolean;
  readonly content: string;
}

/** The live calls of one (group, tenant, routing key), oldest first: only the first one moves. One call, where each goes by itself. */
export type Line = readonly CallRow[];

export interface LineCell extends Cell<Line> {
  readonly group: number;
  readonly tenant: string;
  readonly routingKey: string;
}

/** What the provider knows under one (operation, tenant, call key). */
export interface Effect {
  readonly operation: string;
  readonly tenant: string;
  readonly key: string;
  /** The routing key of the call that it was first asked by. */
  readonly routingKey: string;
  /** JSON text of the input it was asked with. */
  readonly input: string;
  /** What it answered, and will answer again; null: nothing yet. */
  readonly answer: { readonly name: string; readonly value: string } | null;
  /** Times the effect happened. */
  readonly applied: number;
  /** A request that timed out is still on its way: the provider knows of it when asked, or denies it. */
  readonly late: "no" | "known" | "denied";
}

export interface ArmedTimer { readonly message: KnownMessage }

/** How often a message that somebody observes was appended. */
export interface Observed { readonly message: KnownMessage; readonly times: number }

/** Where a stimulus stands. */
export interface Stimulus {
  /** Which of its alternatives arrived. */
  readonly variant: number;
  /** Second arrivals that have changed something, by their numbers. */
  readonly spent: readonly number[];
  /** Second arrivals that have changed nothing yet: their number, and in how many queues each waits. */
  readonly open: readonly { readonly repeat: number; readonly left: number }[];
  readonly crashes: number;
  readonly poisons: number;
  readonly redrives: number;
}
