// The world of timers: processes, each with the shipping timer owner machine and its requests, beside one store in which timers are set, set
// anew under their name, and cancelled. Plain data, never changed in place. What may happen in it is in moves.ts.
import { newTimerOwner, type TimerOwnerInput, type TimerOwnerRequest } from "@evenkeel/core/engine";
import type { CommitResult } from "@evenkeel/core/spi";
import { newOwner, type OwnersWorld } from "../owners.ts";
import { GROUP, joined, newStore, onFork } from "../rules.ts";

export interface TimerScope {
  readonly partitions: number;
  readonly workers: number;
  readonly losses: number;
  readonly restarts: boolean;
  readonly faults: number;
  readonly handovers: number;
  /** In this order, each at any time: a timer's name and where it stands; due at once or after the longest delay; or cancelled. */
  readonly script: readonly TimerCommand[];
  /** Timers in one commit. */
  readonly limit: number;
  /** Whether heartbeats may be late, and come again. Default: who is missed is buried at once. */
  readonly late?: boolean;
}

export interface TimerCommand { readonly name: string; readonly partition: number; readonly what: "set, due" | "set, for later" | "cancel" }

export const DELAY_MS = 1_000;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type TimerInput = DistributiveOmit<TimerOwnerInput, "nowMs">;
export type TimerMachine = ReturnType<typeof newTimerOwner>;
type Request<K extends TimerOwnerRequest["kind"]> = Extract<TimerOwnerRequest, { kind: K }>;

export type TimerFlight =
  | { readonly kind: "readTimers"; readonly request: Request<"readTimers">; readonly answer: TimerInput | null }
  | { readonly kind: "commit"; readonly request: Request<"commit">; readonly answer: CommitResult | null };

/** Each time that a timer was set. */
interface SetTimer { readonly message: string; readonly name: string; readonly dueAt: number; readonly ended: boolean }

export interface TimersWorld extends OwnersWorld<TimerMachine, TimerFlight> {
  /** How far the script has come. */
  readonly commands: number;
  readonly timers: readonly SetTimer[];
}

export function newTimerMachine(scope: TimerScope, id: string): TimerMachine {
  return newTimerOwner({ group: GROUP, worker: id, limit: scope.limit, lookEveryMs: DELAY_MS });
}

export function newTimersWorld(scope: TimerScope): TimersWorld {
  const owners = Array.from({ length: scope.workers }, (_, index) => {
    const id = `w${String(index + 1)}`;
    return newOwner<TimerMachine, TimerFlight>(id, newTimerMachine(scope, id));
  });
  const { store } = onFork(newStore(scope.partitions), 0, "own", (memory) => { for (const { id } of owners) joined(memory, id); });
  const { losses, faults, handovers } = scope;
  return { store, nowMs: 10 * DELAY_MS, commands: 0, timers: [], owners, strays: [], budget: { losses, faults, handovers }, trespass: false };
}
