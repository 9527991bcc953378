// What the store keeps so that operators can act on calls that need attention: lists, requests, their audit trail, and how the owner of a
// partition finds what was asked for. A request changes no call: the owner does, in a commit that ends the request with it.
import type { CallRecord, CallState } from "../message/call.ts";

export interface CallControlStore {
  /** Live calls in the order of their requests. */
  listCalls(filter: CallFilter): Promise<readonly CallEntry[]>;
  /** Records a request of an operator about a call in `attention`; its owner acts on it. At most one is open per call: the first wins. */
  requestCallControl(request: CallControlRequest): Promise<CallControlReceipt>;
  /** Open requests of these partitions, oldest first. */
  readCallControls(request: { group: string; partitions: readonly number[] }): Promise<readonly OpenCallControl[]>;
  /** The audit trail, newest first. */
  callControls(filter: { readonly ids?: readonly number[]; readonly callId?: string; readonly limit: number }): Promise<readonly CallControlEntry[]>;
}

export interface CallFilter {
  readonly group?: string;
  readonly id?: string;
  readonly tenant?: string;
  /** Operations whose name begins with "port.". */
  readonly port?: string;
  /** "port.operation". */
  readonly operation?: string;
  /** The business key of the effect. */
  readonly key?: string;
  /** Default: any. */
  readonly state?: CallState;
  /** Only calls with a higher sequence: the next page, given the last entry of the one before. */
  readonly after?: number;
  readonly limit: number;
}

export interface CallEntry extends CallRecord {
  readonly group: string;
  /** The request that waits for the owner, or null. */
  readonly control: { readonly id: number; readonly action: CallControlAction; readonly actor: string } | null;
}

/**
 * `retry`: the provider is asked again (or the call repeated, where its operation says so) under the same key, with a new deadline.
 * `resolve`: the call ends with the outcome that the operator gives. `abandon`: it ends without one.
 */
export type CallControlAction = "retry" | "resolve" | "abandon";

/** "ok" or a declared failure with its value as JSON text, or "notPerformed" with a reason as a JSON string. */
export interface CallControlOutcome { readonly name: string; readonly value: string }

export interface CallControlRequest {
  readonly callId: string;
  readonly action: CallControlAction;
  /** Of `resolve`; else null. */
  readonly outcome: CallControlOutcome | null;
  /** Of `retry`: the new deadline, from the owner's commit on; null: as long as the call had. */
  readonly deadlineMs: number | null;
  readonly actor: string;
  readonly note: string;
}

export type CallControlReceipt =
  | { readonly kind: "recorded"; readonly id: number }
  /** There is no such live call. */
  | { readonly kind: "unknown" }
  /** It needs no attention. */
  | { readonly kind: "notWaiting"; readonly state: CallState }
  /** Another request waits for the owner. */
  | { readonly kind: "pending"; readonly id: number; readonly action: CallControlAction; readonly actor: string };

export interface OpenCallControl extends Pick<CallControlRequest, "callId" | "action" | "outcome" | "deadlineMs"> {
  readonly id: number;
  readonly partition: number;
  readonly operation: string;
  /** The sequence of the call; null when it has ended. */
  readonly sequence: number | null;
}

export interface CallControlEntry extends CallControlRequest {
  readonly id: number;
  readonly group: string;
  readonly partition: number;
  readonly tenant: string;
  readonly operation: string;
  readonly key: string;
  readonly routingKey: string;
  readonly requestedAt: number;
  readonly doneAt: number | null;
  /** "done", or why it was refused; null while it waits for an owner. */
  readonly result: string | null;
}

/** A request that ends with a commit. One that is not open any more fences the commit. */
export interface CallControlEnd {
  readonly id: number;
  readonly callId: string;
  /** Why the owner refused it, and changed nothing; null: acted on, and recorded as done where the call was still there. */
  readonly refused: string | null;
  /** The new deadline of the call, from the commit on; null: as it was. */
  readonly deadlineMs: number | null;
}
