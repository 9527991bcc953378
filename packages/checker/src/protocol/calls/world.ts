// The world of calls: processes, each with the shipping call runner machine, its requests and its attempts, beside one store with the calls'
// rows, a provider that keeps what happened under each key, and the handler of outcomes that are unknown. Plain data, never changed in place.
// What may happen in it is in moves.ts.
import {
  callPolicy, newCallRunner, type CallRunnerInput, type CallRunnerRequest, type CallRunnerState, type MemoryState,
} from "@evenkeel/core/engine";
import type { CallAnswer, CallRecord, CommitResult, NewCall } from "@evenkeel/core/spi";
import { newOwner, type Budget, type OwnersWorld } from "../owners.ts";
import { GROUP, joined, newStore, onFork } from "../rules.ts";

export interface CallScope {
  readonly workers: number;
  readonly losses: number;
  readonly restarts: boolean;
  readonly faults: number;
  readonly handovers: number;
  /** In the order in which they are requested. */
  readonly calls: readonly ScriptedCall[];
  /** So many of them are requested at the beginning; the others at any time. */
  readonly requested: number;
  /** Attempts whose end is not an answer of the provider: they were certainly not performed, or nobody knows. So many together. */
  readonly troubles: number;
  /** Attempts that were certainly not performed before the outcome is `notPerformed`. */
  readonly attempts: number;
  readonly concurrency: number;
  /** Whether calls of one key go one after the other. Default: they do. */
  readonly inOrder?: boolean;
  /** What the handler may answer to `unknown`. */
  readonly answers: readonly CallAnswer["answer"][];
  /** Whether deadlines are near: as long as the clock moves at once. Otherwise none is ever reached. */
  readonly deadlines: boolean;
  /** How often the clock may move. */
  readonly ticks: number;
  /** What has happened when the exploration begins, as the beginnings of moves. Default: nothing. */
  readonly begins?: readonly string[];
  /** Whether heartbeats may be late, and come again. Default: who is missed is buried at once. */
  readonly late?: boolean;
  /** Whether an attempt may stay in its process for a while after it was begun. Default: it has left at once. */
  readonly slow?: boolean;
}

interface ScriptedCall { readonly id: string; readonly key: string }

export const DELAY_MS = 1_000;
const FAR_MS = 1_000 * DELAY_MS;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type CallInput = DistributiveOmit<CallRunnerInput, "nowMs" | "dateMs" | "beginUntilMs">;
type Request<K extends CallRunnerRequest["kind"]> = Extract<CallRunnerRequest, { kind: K }>;

export type CallFlight =
  | { readonly kind: "scan"; readonly request: Request<"scan">; readonly answer: readonly CallRecord[] | null }
  | { readonly kind: "commit"; readonly request: Request<"commit">; readonly answer: CommitResult | null }
  /** `begun`: it has not left the process. `done`: the provider has performed it. `barred`: the provider has said that it never will. */
  | { readonly kind: "perform"; readonly request: Request<"perform">; readonly state: "begun" | "sent" | "done" | "barred" }
  | { readonly kind: "ask"; readonly request: Request<"ask">; readonly answer: "done" | "absent" | null }
  /** The handler's commit is done, and its process has not told the runner yet. */
  | { readonly kind: "answered"; readonly callId: string; readonly answer: CallAnswer["answer"]; readonly partition: number };

interface CallBudget extends Budget { readonly troubles: number; readonly ticks: number }

export interface CallsWorld extends OwnersWorld<CallRunnerState, CallFlight> {
  readonly requested: number;
  readonly budget: CallBudget;
  /** Calls whose effect has happened, in order. */
  readonly effects: readonly string[];
  /** Attempts that nobody waits for any more, and that may reach the provider yet. */
  readonly late: readonly string[];
  /** Messages of the log up to here are handled, as far as they are outcomes that are unknown. */
  readonly heard: number;
  /** Calls that the handler gave up. */
  readonly abandoned: readonly string[];
  /** A call began before an older one of its key had ended, as far as the beginner could know. */
  readonly overtaken: boolean;
}

export function newCallMachine(scope: CallScope, id: string): CallRunnerState {
  const policy = { ...callPolicy({ attempts: scope.attempts, backoffMs: 0, maxBackoffMs: 0, breaker: false, budget: false }), concurrency: scope.concurrency };
  return newCallRunner({ group: GROUP, worker: id, operations: new Map([["card.charge", policy]]), maxCalls: 4, maxLeft: 4, maxCommit: 4, scanLimit: 8, inOrder: scope.inOrder ?? true });
}

export function newCallsWorld(scope: CallScope): CallsWorld {
  const owners = Array.from({ length: scope.workers }, (_, index) => {
    const id = `w${String(index + 1)}`;
    return newOwner<CallRunnerState, CallFlight>(id, newCallMachine(scope, id));
  });
  const { store } = onFork(newStore(1), 0, "own", (memory) => { for (const { id } of owners) joined(memory, id); });
  const { losses, faults, handovers, troubles, ticks } = scope;
  return {
    store, nowMs: 10 * DELAY_MS, requested: 0, owners, strays: [], budget: { losses, faults, handovers, troubles, ticks }, trespass: false,
    effects: [], late: [], heard: 0, abandoned: [], overtaken: false,
  };
}

export function callOf({ id, key }: ScriptedCall, { deadlines }: CallScope): NewCall {
  return {
    id, tenant: "main", routingKey: key, partition: 0, operation: "card.charge", callKey: id, input: "{}", causationId: `cause of ${id}`, correlationId: "c",
    trace: null, deadlineMs: deadlines ? DELAY_MS : FAR_MS,
  };
}

interface Outcome { readonly callId: string; readonly kind: string }

/** The outcomes in the log, in order. */
export function outcomesOf({ log }: MemoryState): Outcome[] {
  // The body begins {"kind":"…","call":{"id":"…": the strings of the toy calls hold no quotes.
  return (log[0] ?? []).map(({ body }) => {
    const parts = body.split('"');
    return { kind: parts[3] ?? "", callId: parts[9] ?? "" };
  });
}
