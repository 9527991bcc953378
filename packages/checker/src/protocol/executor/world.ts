// The world of delivery: processes, each with the shipping executor machine and the requests it has under way, beside one store.
// Plain data, never changed in place. What may happen in it is in moves.ts.
import { newExecutor, type ExecutorInput, type ExecutorRequest, type ExecutorState } from "@evenkeel/core/engine";
import type { CommitResult, Envelope, Failure } from "@evenkeel/core/spi";
import { newOwner, type Budget, type Owner, type OwnersWorld } from "../owners.ts";
import { GROUP, joined, newStore, onFork } from "../rules.ts";

interface ScriptedMessage {
  readonly id: string;
  readonly key: string;
  readonly partition: number;
  /** Whether the group handles it. Default: it does. */
  readonly handled?: boolean;
}

/** What an exploration covers. */
export interface DeliveryScope {
  readonly partitions: number;
  readonly workers: number;
  /** In the order in which they are published. */
  readonly messages: readonly ScriptedMessage[];
  /** So many of them stand in the log from the beginning. */
  readonly published: number;
  readonly maxBatch: number;
  /** Processes that crash, or that are taken for dead and go on as zombies: so many together. */
  readonly losses: number;
  /** Whether a process that crashed is started again. */
  readonly restarts: boolean;
  /** Requests that the store fails, or whose answer is lost: so many together. */
  readonly faults: number;
  /** Handler runs that fail, so many together, and how they may fail. */
  readonly failures: number;
  readonly failing: readonly Failure["retry"][];
  /** Runs before a failing message is a dead letter. */
  readonly maxAttempts: number;
  /** Partitions that are handed over in good order: so many. */
  readonly handovers: number;
  /** Requests of operators, and what they may ask for. */
  readonly controls: number;
  readonly actions: readonly ("redrive" | "skip")[];
  /** Owners that died before without progress: two make the next one cautious. */
  readonly deaths: number;
  /** Whether heartbeats may be late, and come again. Default: who is missed is buried at once. */
  readonly late?: boolean;
}

export const DELAY_MS = 1_000;
export const HANDLED = "toy";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type Input = DistributiveOmit<ExecutorInput, "nowMs">;
type Request<K extends ExecutorRequest["kind"]> = Extract<ExecutorRequest, { kind: K }>;

export type HandedOver = Extract<Input, { kind: "handed" }>["handovers"][number];

/** A request under way. Where there is an answer the store has done its part, and the machine has not heard of it. */
export type Flight =
  | { readonly kind: "handed"; readonly input: Extract<Input, { kind: "handed" }> }
  | { readonly kind: "read"; readonly request: Request<"read">; readonly answer: Input | null }
  | { readonly kind: "readParked"; readonly request: Request<"readParked">; readonly answer: Input | null }
  | { readonly kind: "applyControls"; readonly request: Request<"applyControls">; readonly answer: Input | null }
  | { readonly kind: "mark"; readonly request: Request<"mark">; readonly answer: Input | null }
  | { readonly kind: "decide"; readonly request: Request<"decide"> }
  | { readonly kind: "commit"; readonly request: Request<"commit">; readonly answer: CommitResult | null };

export type Process = Owner<ExecutorState, Flight>;

interface DeliveryBudget extends Budget {
  readonly failures: number;
  readonly controls: number;
}

export interface DeliveryWorld extends OwnersWorld<ExecutorState, Flight> {
  readonly published: number;
  readonly budget: DeliveryBudget;
}

export function newMachine(scope: DeliveryScope, id: string): ExecutorState {
  return newExecutor({
    group: GROUP, worker: id, names: [HANDLED], maxBatch: scope.maxBatch, maxBatchLength: 10_000,
    retry: { maxAttempts: scope.maxAttempts, baseMs: 0, maxMs: 0 }, idleProgressMs: DELAY_MS, maxParkedKeys: 2,
  });
}

export function newDeliveryWorld(scope: DeliveryScope): DeliveryWorld {
  const owners = Array.from({ length: scope.workers }, (_, index) => {
    const id = `w${String(index + 1)}`;
    return newOwner<ExecutorState, Flight>(id, newMachine(scope, id));
  });
  const { store } = onFork(newStore(scope.partitions), 0, "own", (memory) => {
    for (const { id } of owners) joined(memory, id);
    for (const { leases } of memory.state.groups.values()) for (const lease of leases) lease.deaths = scope.deaths;
  });
  const { losses, faults, failures, handovers, controls } = scope;
  return { store, nowMs: 10 * DELAY_MS, published: 0, owners, strays: [], budget: { losses, faults, failures, handovers, controls }, trespass: false };
}

export function envelopeOf({ id, key, partition, handled = true }: ScriptedMessage): Envelope {
  return {
    id, key, partition, name: handled ? HANDLED : "unhandled", version: 1, tenant: "main", body: "{}", causationId: null, correlationId: "c",
    trace: null, occurredAt: 0,
  };
}
