// Calls as plain data: what a handler requests, what the store keeps, and what went wrong.

/** A failure as data: it crosses the store, so it holds no stack and no live objects. */
export interface CallFailure { readonly code: string; readonly message: string }

/**
 * Where a call's row stands. `due`: to be performed at its time. `unknown`: its outcome `unknown` was appended and the handler has
 * not answered yet. `asking`: the handler said reconcile. `attention`: past its deadline with an unknown outcome; a person must look.
 */
export type CallState = "due" | "unknown" | "asking" | "attention";

export interface NewCall {
  readonly id: string;
  readonly tenant: string;
  /** The routing key of the message that requested it: calls of one routing key run in order, unless their service says otherwise. */
  readonly routingKey: string;
  readonly partition: number;
  /** "port.operation". */
  readonly operation: string;
  /** The business key of the effect, scoped by tenant and operation. */
  readonly callKey: string;
  readonly input: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly trace: string | null;
  /** Milliseconds from the commit until `notPerformed` or `attention`. */
  readonly deadlineMs: number;
  /** How far it has come without a row. Default: it is due at once, and nothing was begun. */
  readonly begun?: CallProgress;
}

/** Where the row of a call begins that was under way in its owner's memory before. */
export interface CallProgress {
  readonly state: CallState;
  readonly attempts: number;
  readonly dueInMs: number;
  /** What is left until its deadline; 0 when that has passed. Default: all of it. */
  readonly deadlineInMs?: number;
}

export interface CallRecord extends NewCall {
  /** The order in which calls were requested, within a group. */
  readonly sequence: number;
  readonly state: CallState;
  /** Attempts (performing and asking) begun so far. */
  readonly attempts: number;
  /** Milliseconds from the moment of reading until it is due; 0 when it is. */
  readonly dueInMs: number;
  /** Milliseconds from the moment of reading until its deadline; negative when past. */
  readonly deadlineInMs: number;
}

/** What a handler answers to an unknown outcome. */
export interface CallAnswer {
  readonly callId: string;
  readonly answer: "reconcile" | "abandon";
}
