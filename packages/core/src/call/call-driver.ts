// The call runner's driver: performs what the machine requests on the store and the world. It decides nothing: every choice is the
// machine's. Whatever the store throws comes back to the machine as an input, after a pause, so that nothing is lost and nothing spins.
import type { Operation } from "../decide/port.ts";
import { isEvenkeelError } from "../errors.ts";
import type { CallAnswer, CallRecord, NewCall } from "../message/call.ts";
import type { BodyLimits } from "../message/codec.ts";
import type { BreakerChange, BreakerChanged, BreakerPhase, BreakerRow } from "../spi/breakers.ts";
import type { Appended } from "../log/appended.ts";
import type { Host } from "../spi/host.ts";
import type { CommitResult, Fence, Store } from "../spi/store.ts";
import type { World } from "../spi/world.ts";
import { RunnerSignal } from "./attempt-signal.ts";
import type { CallEnds } from "./call-ends.ts";
import { callPolicy } from "./call-policy.ts";
import { callRunnerInPlace } from "./call-runner.ts";
import { judge } from "./resolution.ts";
import { newCallRunner, type AttemptEnd, type CallRunnerInput, type CallRunnerRequest, type CallRunnerState, type Finding } from "./call-runner-state.ts";

interface CallRunnerOptions {
  readonly store: Pick<Store, "readCalls" | "readCallControls" | "readRevivals" | "changeBreaker" | "commit">;
  readonly world: World;
  readonly host: Host;
  readonly settings: {
    readonly group: string;
    readonly worker: string;
    readonly operations: readonly Operation[];
    /** Whether calls of one routing key go one after the other. Default: true. */
    readonly inOrder?: boolean;
    /** Calls kept in memory, those that wait included, in equal shares for each operation. Default 20,000. */
    readonly maxCalls?: number;
    /** How long attempts under way may go on in partitions that are to be handed over. Default 5,000 ms. */
    readonly patienceMs?: number;
    /** Bound what operators give as an outcome. */
    readonly limits: BodyLimits;
  };
  /** Offers ends of calls to the next commit of the service's messages. Null: none took them along. Default: none does. */
  readonly join?: (ends: CallEnds) => Promise<CommitResult | null>;
  /** Until when by the host's elapsed clock nobody else can own what this process does. Default: nobody can tell. */
  readonly isOursUntil?: () => number;
  /** Ownership is lost or in doubt: each partition is to be answered with `granted` or `lost`. */
  readonly onForfeit: (partitions: readonly number[]) => void;
  readonly onRelease: (fences: readonly Fence[]) => void;
  /** Outcomes were committed for the service. */
  readonly onOutcomes: (appended: Appended) => void;
  readonly onAttention: (calls: readonly CallRecord[]) => void;
}

interface CallRunnerStats {
  readonly performed: number;
  readonly asked: number;
  readonly outcomes: number;
  readonly commits: number;
  /** Calls that went through a breaker that was open, to see whether the provider is back. */
  readonly probes: number;
  /** Calls in memory now. */
  readonly live: number;
  /** Calls that wait in the store now, because as many of their operation are in memory as may be. */
  readonly left: number;
  /** Attempts under way now. */
  readonly underWay: number;
  /** The breaker of each operation that has had calls, where it has one. */
  readonly breakers: Readonly<Record<string, BreakerPhase>>;
}

export interface CallRunner {
  readonly group: string;
  granted(fences: readonly Fence[]): void;
  lost(partitions: readonly number[]): void;
  leave(partitions: readonly number[]): void;
  /** New calls may have been committed. */
  wake(): void;
  /** Calls without a row were requested by a commit behind these fences. */
  requested(calls: readonly NewCall[], fences: readonly Fence[]): void;
  /** Whether there is room for calls without a row. */
  hasRoom(): boolean;
  answered(callId: string, answer: CallAnswer["answer"]): void;
  /** Operators asked for something about calls of this group. */
  control(): void;
  /** A look has told how the shared breakers stand. */
  breakers(rows: readonly BreakerRow[]): void;
  /** Resolves when nothing is under way and every partition is released. */
  drain(): Promise<void>;
  stats(): CallRunnerStats;
}

/** Of the inputs of one read, in characters: 500 calls of the longest inputs would be 130 million. */
const SCAN_LENGTH = 4_000_000;
const RETRY_STORE_MS = 250;
/** What is known of a call left in the store takes about a tenth of what a call in memory takes, or less. */
const LEFT_PER_CALL = 10;

/** Calls wait for a shared breaker's store no longer; then this process's own breaker decides. */
const SHARE_WITHIN_MS = 2_000;

export function startCallRunner(options: CallRunnerOptions): CallRunner {
  const { store, world, host } = options;
  const { group, worker, operations, limits, maxCalls = 20_000, patienceMs = 5_000 } = options.settings;
  const policies = new Map(operations.map((operation) => [operation.name, callPolicy(operation.spec)]));
  const shares = [...policies.values()].some(({ breaker }) => breaker?.shared === true);
  let state = newCallRunner({
    group, worker, maxCalls, maxLeft: maxCalls * LEFT_PER_CALL, maxCommit: 500, scanLimit: 500, operations: policies, inOrder: options.settings.inOrder ?? true,
  });
  const counts = { performed: 0, asked: 0, outcomes: 0, commits: 0, probes: 0 };
  const attempts = new Map<number, RunnerSignal>();
  const ends: AttemptEnd[] = [];
  const inputs: CallRunnerInput[] = [];
  let turning = false;
  let cancelWait: () => void = () => undefined;
  let cancelPatience: () => void = () => undefined;
  /** Behind refused revivals. */
  const pauses = new Set<() => void>();
  let drained: () => void = () => undefined;
  const whenDrained = new Promise<void>((resolve) => { drained = resolve; });

  /** Inputs that arrive while the machine turns wait their turn: steps never nest. */
  function feed(input: DistributiveOmit<CallRunnerInput, "nowMs" | "dateMs" | "beginUntilMs">): void {
    inputs.push({ ...input, nowMs: host.elapsed(), dateMs: host.now(), beginUntilMs: options.isOursUntil?.() ?? Infinity });
    if (turning) return;
    turning = true;
    try {
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
        const step = callRunnerInPlace(state, next);
        state = step.state;
        for (const request of step.requests) perform(request);
      }
    } finally {
      turning = false;
    }
  }

  function perform(request: CallRunnerRequest): void {
    switch (request.kind) {
      case "scan": return void scan(request);
      case "readRevivals": return void readRevivals(request);
      case "revivalRefused": return revivalRefused(request);
      case "readControls": return void readControls(request.partitions);
      case "perform":
      case "ask": return attempt(request);
      case "abort": return abort(request.ticket);
      case "commit": return void commit(request);
      case "wait":
        cancelWait();
        cancelWait = host.after(Math.max(0, request.untilMs - host.elapsed()), () => { feed({ kind: "tick" }); });
        return;
      case "forfeit": return options.onForfeit(request.partitions);
      case "release": return options.onRelease(request.fences);
      case "attention": return options.onAttention(request.calls);
      case "breaker": return tellBreaker(request);
      case "share": return share(request.change);
      case "breakerStore": return tellBreakerStore(request);
      case "drained":
        cancelWait();
        cancelPatience();
        for (const cancel of pauses) cancel();
        return drained();
    }
  }

  function tellBreaker({ operation, change, forMs }: Extract<CallRunnerRequest, { kind: "breaker" }>): void {
    if (change === "probing") counts.probes++;
    host.log(change === "opened" ? "warning" : "info", `breaker.${change}`, { group, operation, ...(forMs > 0 ? { forMs: Math.ceil(forMs) } : {}) });
  }

  function tellBreakerStore({ operation, away }: Extract<CallRunnerRequest, { kind: "breakerStore" }>): void {
    if (!away) return host.log("info", "breaker.store-back", { group, operation });
    host.log("warning", "breaker.store-away", { group, operation, advice: "until the store answers, each process has a breaker of its own" });
  }

  /** What comes later than it is waited for is left to the next look. */
  function share(change: BreakerChange): void {
    const { operation } = change;
    let open = true;
    const answer = (result: BreakerChanged | null): void => {
      if (!open) return;
      open = false;
      cancel();
      feed({ kind: "shared", operation, result });
    };
    const cancel = host.after(SHARE_WITHIN_MS, () => { answer(null); });
    store.changeBreaker(change).then(answer, (error: unknown) => {
      if (open) trouble("changeBreaker", error);
      answer(null);
    });
  }

  async function scan(request: Extract<CallRunnerRequest, { kind: "scan" }>): Promise<void> {
    try {
      const { partitions, after, limit, epochs: fences } = request;
      const { calls, more } = await store.readCalls({ group, partitions, after, limit, maxLength: SCAN_LENGTH, owner: { worker, fences } });
      feed({ kind: "scanned", calls, more });
    } catch (error) {
      trouble("readCalls", error);
      host.after(RETRY_STORE_MS, () => { feed({ kind: "scanFailed" }); });
    }
  }

  async function readRevivals({ partition, after, limit }: Extract<CallRunnerRequest, { kind: "readRevivals" }>): Promise<void> {
    try {
      const revivals = await store.readRevivals({ group, partitions: [partition], after, limit });
      feed({ kind: "revivals", revivals, more: revivals.length >= limit });
    } catch (error) {
      trouble("readRevivals", error);
      host.after(RETRY_STORE_MS, () => { feed({ kind: "revivalsFailed" }); });
    }
  }

  function revivalRefused({ fence, revival, refusals, afterMs, reason }: Extract<CallRunnerRequest, { kind: "revivalRefused" }>): void {
    const { tenant, key } = revival;
    const advice = "what this key had under way waits until this is accepted: correct the cause if it lasts; it is tried again by itself";
    host.log("error", "revival.refused", { group, tenant, key, refusals, reason, afterMs, advice });
    const cancel = host.after(afterMs, () => {
      pauses.delete(cancel);
      feed({ kind: "reviveAgain", fence, revival, refusals });
    });
    pauses.add(cancel);
  }

  async function readControls(partitions: readonly number[]): Promise<void> {
    try {
      const found = await store.readCallControls({ group, partitions });
      const controls = found.map((one) => {
        const operation = operations.find(({ name }) => name === one.operation);
        return { id: one.id, partition: one.partition, callId: one.callId, sequence: one.sequence, verdict: judge(one, operation, limits) };
      });
      feed({ kind: "controls", controls });
    } catch (error) {
      // The next look at the roster tells of them again.
      trouble("readCallControls", error);
      feed({ kind: "controlsFailed" });
    }
  }

  function trouble(what: string, error: unknown): void {
    const known = isEvenkeelError(error);
    host.log(known && error.code === "STORE_UNAVAILABLE" ? "warning" : "error", "store.trouble", {
      group, what, code: known ? error.code : "INTERNAL", reason: textOf(error),
    });
  }

  /** What ends together is one step of the machine. */
  function ended(end: AttemptEnd): void {
    if (!attempts.delete(end.ticket)) return;
    ends.push(end);
    if (ends.length > 1) return;
    const tell = (): void => { feed({ kind: "ended", ends: ends.splice(0) }); };
    if (host.afterMicrotasks === undefined) tell();
    else host.afterMicrotasks(tell);
  }

  function attempt(request: Extract<CallRunnerRequest, { kind: "perform" | "ask" }>): void {
    const { kind, call, ticket } = request;
    const signal = new RunnerSignal();
    attempts.set(ticket, signal);
    counts[kind === "perform" ? "performed" : "asked"]++;
    let result: Promise<Finding>;
    try {
      // Without types a world may answer at once, and with anything.
      result = Promise.resolve(kind === "perform" ? world.perform(call, signal) : world.ask(call, signal));
    } catch (error) {
      return worldThrew(request, error);
    }
    result.then((found) => {
      if (isFinding(found)) ended({ callId: call.id, ticket, result: found });
      else worldThrew(request, new Error(`The world ended an attempt of '${call.operation}' with what is no end of a call.`));
    }, (error: unknown) => { worldThrew(request, error); });
  }

  /** A world must not throw; one that does has said nothing about the effect. */
  function worldThrew({ call, ticket }: Extract<CallRunnerRequest, { kind: "perform" | "ask" }>, error: unknown): void {
    host.log("error", "world.threw", { group, id: call.id, operation: call.operation, reason: textOf(error) });
    ended({ callId: call.id, ticket, result: { kind: "unknown", failure: { code: "CALL_UNKNOWN", message: textOf(error) } } });
  }

  function abort(ticket: number): void {
    const signal = attempts.get(ticket);
    attempts.delete(ticket);
    signal?.abort();
  }

  async function commit(request: Extract<CallRunnerRequest, { kind: "commit" }>): Promise<void> {
    const { changes, ends } = request;
    const joined = ends.direct.size === 0 ? null : await options.join?.(ends) ?? null;
    let result: CommitResult;
    try {
      result = joined ?? await store.commit(changes);
    } catch (error) {
      // A commit that threw may have happened: the machine's partitions are acquired anew and their rows read again.
      result = { kind: "inDoubt", reason: textOf(error) };
    }
    const outcomes = result.kind === "committed" ? ends.updates.flatMap((update) => update.outcome ?? []) : [];
    if (result.kind === "committed") {
      if (joined === null) counts.commits++;
      counts.outcomes += outcomes.length;
      for (const { id, callId, refused } of changes.callControls ?? []) {
        host.log("info", "call.control", { group, request: id, call: callId, ...(refused === null ? {} : { refused }) });
      }
    } else if (result.kind !== "rerun") {
      const reason = "reason" in result ? result.reason : "ownership was lost";
      host.log("warning", "commit.failed", { group, what: "calls", result: result.kind, reason });
    }
    // They are known of before a call behind them can end: what is handled at once must not overtake what is in the log.
    if (result.kind === "committed" && joined === null && outcomes.length > 0) options.onOutcomes({ messages: outcomes, handovers: result.handovers, timers: false });
    feed({ kind: "committed", commit: request.commit, result });
  }

  /** Attempts in partitions that are to be handed over have this long to end by themselves. */
  function bePatient(): void {
    if (state.phase === "stopped") return;
    cancelPatience();
    cancelPatience = host.after(patienceMs, () => { feed({ kind: "expire" }); });
  }

  return {
    group,
    granted: (fences) => { feed({ kind: "granted", fences: fences.map(({ partition, epoch }) => ({ partition, epoch })) }); },
    lost: (partitions) => { feed({ kind: "lost", partitions }); },
    leave: (partitions) => { feed({ kind: "leave", partitions }); bePatient(); },
    wake: () => { feed({ kind: "wake" }); },
    requested: (calls, fences) => { feed({ kind: "requested", calls, fences }); },
    hasRoom: () => state.callCount < maxCalls / 2,
    answered: (callId, answer) => { feed({ kind: "answered", callId, answer }); },
    control: () => { feed({ kind: "control" }); },
    breakers: (rows) => { if (shares) feed({ kind: "breakers", rows }); },
    drain: () => { feed({ kind: "drain" }); bePatient(); return whenDrained; },
    stats: () => ({ ...counts, live: state.callCount, left: state.left.count, underWay: attempts.size, breakers: breakersOf(state.operations) }),
  };
}

function breakersOf(operations: CallRunnerState["operations"]): Record<string, BreakerPhase> {
  return Object.fromEntries([...operations].flatMap(([name, { breaker }]) => breaker === null ? [] : [[name, breaker.phase]]));
}

const FINDINGS: readonly unknown[] = ["ok", "failure", "notPerformed", "unknown", "absent"] satisfies readonly Finding["kind"][];

function isFinding(found: unknown): found is Finding {
  return typeof found === "object" && found !== null && "kind" in found && FINDINGS.includes(found.kind);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
