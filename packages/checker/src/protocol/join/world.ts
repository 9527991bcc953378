// The world in which ends of calls join commits: processes, each with the shipping executor and the shipping call runner of one group, beside one
// store. Messages request calls; what their attempts come to is free. Plain data, never changed in place. What may happen in it is in moves.ts.
import {
  append, callPolicy, newCallRunner, newExecutor, outcomeName, reviveName,
  type CallRunnerRequest, type CallRunnerState, type ExecutorRequest, type ExecutorState,
} from "@evenkeel/core/engine";
import type { CallAnswer, CallRecord, CallState, Changes, Commit, CommitResult, Envelope, Failure, Message, NewCall, Revival } from "@evenkeel/core/spi";
import { kindOf } from "../calls/machine-form.ts";
import { HANDLED, type Input } from "../executor/world.ts";
import { ENTITY } from "../unrecorded/document.ts";
import { newOwner, OWNER_MOVES, type Budget, type Owner, type OwnersWorld } from "../owners.ts";
import { GROUP, joined, newStore, onFork } from "../rules.ts";

/** `call`: the one that its handler requests. */
interface ScriptedMessage {
  readonly id: string;
  readonly key: string;
  readonly call?: string;
  /** Of its key. Default: the first. */
  readonly partition?: number;
}

export interface JoinScope {
  readonly workers: number;
  /** Default: one. */
  readonly partitions?: number;
  readonly losses: number;
  readonly restarts: boolean;
  readonly faults: number;
  readonly handovers: number;
  /** In the order in which they are published. */
  readonly messages: readonly ScriptedMessage[];
  /** So many of them stand in the log from the beginning. */
  readonly published: number;
  readonly maxBatch: number;
  /** Commits that the store refuses as a whole, so many together. */
  readonly refusals: number;
  /** Handler runs that fail, so many together, and how. */
  readonly failures: number;
  readonly failing: readonly Failure["retry"][];
  /** Attempts that were certainly not performed, or whose end is unknown, and questions that told nothing: so many together. */
  readonly troubles: number;
  /** Attempts that were certainly not performed before the outcome is `notPerformed`. */
  readonly attempts: number;
  /** What the handler may answer to `unknown`. */
  readonly answers: readonly CallAnswer["answer"][];
  /** Whether deadlines are near: as long as the clock moves at once. Default: none is ever reached. */
  readonly deadlines?: boolean;
  /** How often the clock may move where nobody waits for it. Default: never. */
  readonly ticks?: number;
  /** What kills the worker whose handler runs it, by its name. Default: nothing. */
  readonly killer?: string;
  /** Whether its calls stand there when their partition is granted, so that all their outcomes go through the log. Default: not all. */
  readonly inherits?: boolean;
  /** What has happened when the exploration begins, as the beginnings of moves. Default: nothing. */
  readonly begins?: readonly string[];
  /** Whether heartbeats may be late, and come again. Default: who is missed is buried at once. */
  readonly late?: boolean;
  /** Whether calls of one key go one after the other. Default: they do. */
  readonly inOrder?: boolean;
  /** Calls begin without a row, and documents tell of them (unrecorded/). Default: each has a row from the beginning. */
  readonly unrecorded?: Unrecorded;
}

/** What a key's handler requests without a row. */
interface Unrecorded {
  /** By the id of the message that begins the key: all of them at once. */
  readonly first: Readonly<Record<string, readonly string[]>>;
  /** By the call whose outcome it waits for. */
  readonly next: Readonly<Record<string, string>>;
}

export const DELAY_MS = 1_000;
const FAR_MS = 1_000 * DELAY_MS;
const OPERATION = "card.charge";
/** What the group handles. */
const REVIVE = reviveName(GROUP);
export const NAMES: ReadonlySet<string> = new Set([HANDLED, outcomeName(GROUP, OPERATION), REVIVE]);

type OfExecutor<K extends ExecutorRequest["kind"]> = Extract<ExecutorRequest, { kind: K }>;
type OfRunner<K extends CallRunnerRequest["kind"]> = Extract<CallRunnerRequest, { kind: K }>;
export type Ends = OfRunner<"commit">;

export const NOTHING: Changes = { documents: [], messages: [], calls: [], answers: [], timers: [], cancelledTimers: [], sql: [] };

/** A request under way. Where there is an answer the store has done its part, and the machine has not heard of it. */
export type Flight =
  | { readonly kind: "handed"; readonly input: Extract<Input, { kind: "handed" }> }
  | { readonly kind: "read"; readonly request: OfExecutor<"read">; readonly answer: Input | null }
  | { readonly kind: "readParked"; readonly request: OfExecutor<"readParked"> }
  | { readonly kind: "mark"; readonly request: OfExecutor<"mark"> }
  /** `knew`: what the process knew to be in the log when it was asked, and had taken no effect. */
  | { readonly kind: "decide"; readonly request: OfExecutor<"decide">; readonly knew: readonly Told[] }
  | { readonly kind: "commit"; readonly request: OfExecutor<"commit">; readonly answer: CommitResult | null }
  /** The executor has said what became of the offer, and the runner's driver goes on with that. */
  | { readonly kind: "joinEnded"; readonly result: CommitResult | null }
  | { readonly kind: "scan"; readonly request: OfRunner<"scan">; readonly answer: readonly CallRecord[] | null }
  | { readonly kind: "ends"; readonly request: Ends; readonly answer: CommitResult | null }
  | { readonly kind: "revivals"; readonly request: OfRunner<"readRevivals">; readonly answer: readonly Revival[] | null }
  /** `applied`: the provider has done its part; where what it says is free, nobody asks. */
  | { readonly kind: "perform"; readonly request: OfRunner<"perform">; readonly applied: boolean }
  | { readonly kind: "ask"; readonly request: OfRunner<"ask"> };

/** A message that was handed over or read, or that stood there when the process was told to look. */
export interface Told { readonly id: string; readonly key: string }

/** Both machines of a group in one process, and what their drivers keep. */
export interface Service {
  readonly executor: ExecutorState;
  readonly runner: CallRunnerState;
  /** When each asked to look again by itself. */
  readonly executorAt: number | null;
  readonly runnerAt: number | null;
  /** What the runner offers, until its driver goes on. */
  readonly offer: Ends | null;
  /** Partitions that one of the two has let go of. */
  readonly releasing: ReadonlyMap<number, { readonly epoch: number; readonly by: "executor" | "runner" }>;
  /** What this process was told of the log since it was granted the partition. */
  readonly known: readonly Told[];
}

export type Process = Owner<Service, Flight>;

interface JoinBudget extends Budget {
  readonly refusals: number;
  readonly failures: number;
  readonly troubles: number;
  readonly ticks: number;
}

export interface JoinWorld extends OwnersWorld<Service, Flight> {
  readonly published: number;
  readonly budget: JoinBudget;
  /** An attempt began in a process from which the partition had been taken. */
  readonly poached: boolean;
  /** An owner began a call before an older one of its key had ended. */
  readonly overtaken: boolean;
  /** Workers that died of one handler. */
  readonly killed: number;
  /** Null: every call has a row from the beginning. */
  readonly unrecorded: Unrecorded | null;
  /** The keys of calls whose effect has happened. Of calls with rows from the beginning nobody asks. */
  readonly applied: readonly string[];
  /** A process began a call beside an attempt of its own, or one whose outcome had counted, or in a partition that it was leaving. */
  readonly twice: boolean;
  readonly needless: boolean;
  readonly lingering: boolean;
}

export const JOIN_MOVES = [
  ...OWNER_MOVES,
  "publish", "poll", "handed", "handed is lost", "read at the store", "read", "read fails", "parked read", "parked read fails", "marked", "mark fails", "decided",
  "decide fails", "dies of it", "commit at the store", "committed", "commit refused to run", "commit refused", "commit in doubt", "join ended", "scan at the store",
  "scanned", "scan fails", "performed", "not performed", "attempt unknown", "ended together", "asked", "asking tells nothing", "time passes", "wake", "tick",
  "revivals at the store", "revivals read", "revivals fail", "takes effect",
] as const;

export type To = (move: (typeof JOIN_MOVES)[number], after: JoinWorld, detail: string) => void;

export function newService(scope: JoinScope, id: string): Service {
  const policy = { ...callPolicy({ attempts: scope.attempts, backoffMs: 0, maxBackoffMs: 0, breaker: false, budget: false }), concurrency: 2 };
  return {
    executor: newExecutor({
      group: GROUP, worker: id, names: [...NAMES], maxBatch: scope.maxBatch, maxBatchLength: 10_000, retry: { maxAttempts: 4, baseMs: 0, maxMs: 0 },
      idleProgressMs: DELAY_MS, maxParkedKeys: 2,
    }),
    runner: newCallRunner({
      group: GROUP, worker: id, operations: new Map([[OPERATION, policy]]), inOrder: scope.inOrder ?? true, maxCalls: 4, maxLeft: 4, maxCommit: 4, scanLimit: 8,
    }),
    executorAt: null, runnerAt: null, offer: null, releasing: new Map(), known: [],
  };
}

export function newJoinWorld(scope: JoinScope): JoinWorld {
  const owners = Array.from({ length: scope.workers }, (_, index) => {
    const id = `w${String(index + 1)}`;
    return newOwner<Service, Flight>(id, newService(scope, id));
  });
  const fresh = newStore(scope.partitions ?? 1);
  fresh.entities.add(ENTITY);
  const empty = onFork(fresh, 0, "own", (memory) => { for (const { id } of owners) joined(memory, id); }).store;
  const { store } = onFork(empty, 0, "append", ({ state }) => { for (const one of scope.messages.slice(0, scope.published)) append(state, envelopeOf(one)); });
  const { losses, faults, handovers, refusals, failures, troubles, ticks = 0, published } = scope;
  return {
    store, nowMs: 10 * DELAY_MS, owners, strays: [], budget: { losses, faults, handovers, refusals, failures, troubles, ticks }, trespass: false,
    published, poached: false, overtaken: false, killed: 0, unrecorded: scope.unrecorded ?? null, applied: [], twice: false, needless: false, lingering: false,
  };
}

export function envelopeOf({ id, key, partition = 0 }: ScriptedMessage): Envelope {
  return {
    id, key, partition, name: HANDLED, version: 1, tenant: "main", body: "{}", causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
}

export function callOf(
  id: string, { id: causationId, key: routingKey, partition }: Envelope, { deadlines }: Pick<JoinScope, "deadlines">, callKey = id,
): NewCall {
  return {
    id, tenant: "main", routingKey, partition, operation: OPERATION, callKey, input: "{}", causationId, correlationId: "c", trace: null,
    deadlineMs: deadlines === true ? DELAY_MS : FAR_MS,
  };
}

/** What stands in the partitions of the group; the last one belongs to nobody. */
export function logOf({ log }: Pick<JoinWorld["store"], "log">): readonly (readonly Message[])[] {
  return log.slice(0, -1);
}

/** Of a key that some message has; the first, where none has. */
export function partitionOf({ log }: Pick<JoinWorld["store"], "log">, key: string): number {
  return Math.max(0, logOf({ log }).findIndex((messages) => messages.some((message) => message.key === key)));
}

/** The call that an outcome is of, and what it says. */
export function outcomeOf(envelope: Envelope): { readonly kind: string; readonly call: string } | null {
  return envelope.name === HANDLED || envelope.name === REVIVE ? null : { kind: kindOf(envelope), call: envelope.body.split('"')[9] ?? "" };
}

/** What a message is called: the ids of outcomes tell of epochs and clocks. */
export function nameOf(envelope: Envelope): string {
  const outcome = outcomeOf(envelope);
  if (outcome !== null) return `${outcome.kind} ${outcome.call}`;
  const revive = reviveOf(envelope);
  if (revive === null) return envelope.id;
  return revive.kind === "key" ? `revive ${envelope.key}` : `revive ${revive.call} ${revive.state} after ${String(revive.attempts)}`;
}

type Revived =
  | { readonly kind: "key"; readonly before: number }
  | { readonly kind: "call"; readonly call: string; readonly state: CallState; readonly attempts: number; readonly dueInMs: number; readonly deadlineInMs: number };

const CALL_STATES: readonly CallState[] = ["due", "unknown", "asking", "attention"];

/** What a message that revives a key has its handler request anew. */
export function reviveOf({ name, body }: Envelope): Revived | null {
  if (name !== REVIVE) return null;
  const before = /"before":(\d+)/.exec(body)?.[1];
  if (before !== undefined) return { kind: "key", before: Number(before) };
  const found = /"key":"([^"]*)","state":"([^"]*)","attempts":(\d+),"dueInMs":(\d+),"deadlineInMs":(\d+)/.exec(body);
  const [, call, told, attempts, dueInMs, deadlineInMs] = found ?? [];
  const state = CALL_STATES.find((one) => one === told);
  if (call === undefined || state === undefined) throw new Error(`The message '${name}' is read no more: ${body}`);
  return { kind: "call", call, state, attempts: Number(attempts), dueInMs: Number(dueInMs), deadlineInMs: Number(deadlineInMs) };
}

// --- what took effect -------------------------------------------------------------------------------------------------------------

/** An effect as its handler wrote it. */
export interface Effect {
  /** The message that it is of. */
  readonly of: string;
  readonly key: string;
  /** Null: it is of a message that is no outcome. */
  readonly call: string | null;
  readonly kind: string;
  /** What was to take effect before, as far as the process knew. */
  readonly knew: readonly string[];
}

/** @param kind what it came to: the kind of the outcome, or the handler's answer to it. */
export function effectOf({ partitions = 1 }: JoinScope, message: Envelope, kind: string, knew: readonly string[]): Envelope {
  const body = [outcomeOf(message)?.call ?? "", kind, ...knew].join("|");
  const { key, tenant, correlationId } = message;
  return {
    id: `effect of ${nameOf(message)}`, key, tenant, correlationId, partition: partitions, name: "effect", version: 1, body, causationId: message.id, trace: null, occurredAt: 0,
  };
}

export function effectsOf({ log }: JoinWorld["store"]): Effect[] {
  return (log.at(-1) ?? []).map(({ key, causationId, body }) => {
    const [call = "", kind = "", ...knew] = body.split("|");
    return { of: causationId ?? "", key, call: call === "" ? null : call, kind, knew };
  });
}

export function describe({ messages, calls, callUpdates, park, retries, unpark }: Commit): string {
  const words = [
    ...messages.map(({ id }) => id), ...calls.map(({ id }) => `request ${id}`),
    ...callUpdates.map(({ id, change, outcome }) => `${change.kind === "set" ? change.state : "end"} ${id}${outcome === null ? "" : ` and append ${nameOf(outcome)}`}`),
    ...park.map(({ message, head }) => `${head === null ? "queue" : "park"} ${nameOf(message)}`),
    ...retries.map(({ position }) => `retry @${String(position)}`), ...unpark.map(({ position }) => `unpark @${String(position)}`),
  ];
  return `[${words.join()}]`;
}
