// What is kept of a run: its journal, and what stands around it. Plain JSON, in one document per run. Nothing here decides.
import type { CallFailure } from "../message/call.ts";

/** How a step may be undone and when it may stand; see `WorkflowContext`. */
export type StepType = "compensatable" | "pivot" | "retriable" | "readonly";

/**
 * What a workflow's function asked for, in the order in which it asked. Each has its place in the journal as its number. A step's `unrecorded`: its
 * call was begun without a row, in this epoch of the partition's ownership.
 */
export type Requested = { readonly kind: "requested" } & (
  | { readonly what: "step"; readonly type: StepType; readonly name: string; readonly operation: string; readonly key: string; readonly unrecorded?: number }
  | { readonly what: "sleep"; readonly until: number }
  /**
   * `names`: the messages of which the first that comes is the answer. `keys`: by which key each comes; null, and where there are none: by the run's
   * id. `receives`: it is answered in its turn, by its id.
   */
  | {
    readonly what: "wait"; readonly name: string; readonly names: readonly string[]; readonly keys?: readonly (string | null)[]; readonly until: number | null;
    readonly receives?: true;
  }
  /** A message was sent, and one of `names` answers it. `undoable`: it says how it is undone. */
  | { readonly what: "ask"; readonly name: string; readonly names: readonly string[]; readonly until: number | null; readonly undoable?: true }
  | { readonly what: "callback"; readonly name: string; readonly secret: string; readonly until: number | null }
  | { readonly what: "child"; readonly name: string; readonly workflow: string; readonly id: string }
  | { readonly what: "emit"; readonly name: string }
  /** The message with the id `to`, a `name`, was answered. */
  | { readonly what: "answer"; readonly name: string; readonly to: string }
  | { readonly what: "sql"; readonly name: string }
  | { readonly what: "patch"; readonly name: string }
);

/** What a step failed with: a declared failure of its operation with its data, or `notPerformed`. */
export interface StepEnd { readonly outcome: string; readonly value?: unknown; readonly failure?: CallFailure }

/** How a request ended. */
export type End =
  | { readonly kind: "ok"; readonly value?: unknown }
  | { readonly kind: "failed"; readonly step: StepEnd }
  /** A child run ended otherwise than by returning. */
  | { readonly kind: "childFailed"; readonly status: string; readonly failure: RunFailure }
  /** Its time was over. */
  | { readonly kind: "lapsed" };

export type Entry =
  | Requested
  | { readonly kind: "settled"; readonly of: number; readonly at: number; readonly end: End }
  /** The run was told to end, by its parent if one is named; what it waits for is rejected. */
  | { readonly kind: "cancelled"; readonly at: number; readonly reason: string; readonly parent?: RunParent }
  /** Asked for by the engine and not by the function: the undo of the step at `of`, as a call under `key`. */
  | { readonly kind: "undo"; readonly of: number; readonly operation: string; readonly key: string }
  /** The undo of what was asked for at `of`: a message, answered by one of `names`, or a person looks. */
  | { readonly kind: "undoAsk"; readonly of: number; readonly name: string; readonly names: readonly string[]; readonly until?: number }
  /** The child at `of` was told to end, since its parent does. */
  | { readonly kind: "childCancelled"; readonly of: number }
  /** The call of the step at `of` goes on with a row: its first attempt came to nothing definitive, or its owner is gone. */
  | { readonly kind: "revived"; readonly of: number; readonly at: number }
  /** A step or undo that must succeed did not: tried again after its timer, or, past the last attempt, when a person says so. An undo that was
   * asked for and not answered in time is "unanswered". */
  | { readonly kind: "again"; readonly of: number; readonly attempt: number; readonly at: number; readonly end: StepEnd }
  /** A person had the run try again what it had given up there: its attempts count anew. */
  | { readonly kind: "retried"; readonly of: number; readonly at: number };

/** A failure as a journal keeps it: no stack, no live object. */
export interface RunFailure { readonly code: string; readonly message: string }

/**
 * `awaited`: something came before the start: messages, which are kept, or a cancellation, which the run will find. `running`. `compensating`: it
 * failed or was cancelled, and its steps are being undone. `attention`: a step or an undo that must succeed was tried as often as allowed; a person
 * must look, and sends `retry`. The rest are ends: `completed` by returning, `compensated` after a failure and `cancelled` after a cancellation,
 * everything undone.
 */
export type RunStatus = "awaited" | "running" | "compensating" | "attention" | "completed" | "compensated" | "cancelled";

export interface RunParent { readonly workflow: string; readonly run: string; readonly request: number; readonly generation: number }

/** That a person had a run that was over go on from a step: who and why, what it was, and the generation that began with it. */
export interface Restarted {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly from: string;
  readonly was: RunStatus;
  readonly generation: number;
}

/** When a run was started, and a digest of what it was started with. */
export interface Begun { readonly at: number; readonly input: string }

/** The first `requests` of a journal, patches aside, that no earlier cut names were asked for in this generation, and have its keys and ids. */
export interface Cut { readonly requests: number; readonly generation: number }

/** A message that waits for a `waitFor`. `key`: it came by that key, and not by the run's id. */
export interface Buffered { readonly id: string; readonly name: string; readonly data: unknown; readonly key?: string }

/** What a run answered to a message that it received. */
export interface Answer { readonly to: string; readonly at: number; readonly value?: unknown }

/** What was asked for and not answered in its time. `names`: the messages that answer it. */
export interface Owed { readonly name: string; readonly names: readonly string[] }

/** A message that came for nothing: late, twice, or refused. It is told of here and has no effect. */
export interface Stray { readonly id: string; readonly name: string; readonly why: string; readonly at: number }

export interface RunDocument<Input, Result> {
  readonly status: RunStatus;
  /** The version of the definition that the run began with, and stays with. */
  readonly version: number;
  /** How many times it continued as new or was restarted. */
  readonly generation: number;
  readonly input: Input | null;
  readonly result?: Result;
  readonly failure?: RunFailure;
  /** When this generation was begun by the start or by `continueAsNew`; a restart goes on with what it was. */
  readonly startedAt: number;
  /** How the run began, where this is a later generation of it. */
  readonly begun?: Begun;
  readonly endedAt: number | null;
  readonly parent: RunParent | null;
  /** The last of its restarts, twenty at most. */
  readonly restarts?: readonly Restarted[];
  /** Where restarts have cut the journal, in order. */
  readonly cuts?: readonly Cut[];
  readonly journal: readonly Entry[];
  readonly inbox: readonly Buffered[];
  /** What had come when the run ended, or crossed with its end, and it had not waited for: a restart is given it. The last of them, a hundred at most. */
  readonly unread?: readonly Buffered[];
  /** Answers that came in no time, and are still to come: the next message of these names is one. The last of them, a hundred at most. */
  readonly owed?: readonly Owed[];
  /** What it answered to messages, the last hundred at most. */
  readonly answers?: readonly Answer[];
  /** The last of them, twenty at most. */
  readonly strays: readonly Stray[];
}

export type AnyRun = RunDocument<unknown, unknown>;

export function isSameParent(one: RunParent, other: RunParent | null): boolean {
  return other !== null && one.workflow === other.workflow && one.run === other.run && one.request === other.request && one.generation === other.generation;
}

export function isEnded(status: RunStatus): boolean {
  return status === "completed" || status === "compensated" || status === "cancelled";
}
