// The executor's driver: performs what the machine requests on the store and runs the handlers. It decides nothing: every choice is the
// machine's. Whatever the store throws comes back to the machine as an input, after a pause, so that nothing is lost and nothing spins.
import type { CallEnds } from "../call/call-ends.ts";
import { decideBatch } from "../decide/batch.ts";
import type { Decider } from "../decide/decide.ts";
import { ReadWatch } from "../decide/read-watch.ts";
import { Newness } from "../decide/newness.ts";
import { DocumentCache } from "../decide/document-cache.ts";
import type { BodyLimits } from "../message/codec.ts";
import { isEvenkeelError } from "../errors.ts";
import type { NewCall } from "../message/call.ts";
import type { Envelope } from "../message/envelope.ts";
import type { Appended } from "../log/appended.ts";
import type { Host } from "../spi/host.ts";
import type { CommitResult, Fence, Grant, Handover, Store } from "../spi/store.ts";
import type { Wait } from "../spi/waits.ts";
import type { Alone } from "./alone.ts";
import { batchesUnderWay } from "./executor-batch.ts";
import { executor } from "./executor.ts";
import { outcomesOf } from "./executor-join.ts";
import { MarkedTurn } from "./marked-turn.ts";
import { backlogOf, newExecutor, type ExecutorInput, type ExecutorRequest, type ExecutorSettings, type ExecutorState } from "./executor-state.ts";
import { watchdog } from "./watchdog.ts";
import type { AnyService } from "../decide/service.ts";
import { routesOf } from "../decide/routes.ts";

interface ExecutorOptions {
  readonly store: Store;
  readonly host: Host;
  readonly service: AnyService;
  readonly partitions: number;
  readonly limits: BodyLimits;
  readonly settings: Omit<ExecutorSettings, "group" | "names">;
  readonly stallMs: number;
  /** Characters of documents kept in memory. */
  readonly cacheLength: number;
  /** As many reads of one shape one after another are warned of; 0: none are. */
  readonly warnRepeatedReads: number;
  /** Shared by the services of the process. */
  readonly turns: Alone;
  /** Whether calls may go without a row now. */
  readonly takesUnrecorded: () => boolean;
  readonly events: ExecutorEvents;
}

/** What others must hear of. */
interface ExecutorEvents {
  /** Ownership is lost or in doubt. */
  forfeit(partitions: readonly number[]): void;
  release(fences: readonly Fence[]): void;
  /** A commit appended these messages, timers or calls. */
  committed(effects: Appended & { readonly calls: boolean }): void;
  answered(callId: string, answer: "reconcile" | "abandon"): void;
  /** A commit has requested calls that have no row. */
  requested(calls: readonly NewCall[], fences: readonly Fence[]): void;
  losing(losses: number): void;
}

export interface ExecutorStats {
  messages: number;
  /** Handler runs, speculative ones not counted. */
  runs: number;
  commits: number;
  conflicts: number;
  parked: number;
  deadLetters: number;
  retries: number;
}

export interface ExecutorDriver {
  readonly group: string;
  readonly names: readonly string[];
  granted(grants: readonly Grant[]): void;
  lost(partitions: readonly number[]): void;
  leave(partitions: readonly number[]): void;
  /** @param partitions where something may have arrived; null: anywhere. */
  wake(partitions: readonly number[] | null): void;
  /** Messages right from their append. */
  handed(handovers: readonly Handover[]): void;
  /**
   * Ends of calls for the next commit; outcomes of `direct` calls are handled in it. Null: none took them along, and they are to be committed
   * by whoever offered them. One offer at a time.
   */
  join(ends: CallEnds): Promise<CommitResult | null>;
  /** Operators asked for something in this group. */
  control(): void;
  /** Resolves when nothing is under way and every partition is released. */
  drain(): Promise<void>;
  readonly stats: Readonly<ExecutorStats>;
  /** Messages that were read and are not committed. */
  backlog(): number;
  /** Handlers under way. */
  waits(): readonly Wait[];
}

const RETRY_STORE_MS = 250;

export function startExecutor(options: ExecutorOptions): ExecutorDriver {
  const { store, host, service, events } = options;
  const routes = routesOf(service);
  const names: ReadonlySet<string> = new Set(routes.names);
  const group = service.name;
  const guard = watchdog(host, options.stallMs);
  const reads = new ReadWatch(group, options.warnRepeatedReads, host.log);
  const memory = {};
  const newness = new Newness();
  let cache = new DocumentCache(options.cacheLength);
  const stats: ExecutorStats = { messages: 0, runs: 0, commits: 0, conflicts: 0, parked: 0, deadLetters: 0, retries: 0 };
  let state = newExecutor({ ...options.settings, group, names: routes.names });
  let cancelWait: (() => void) | null = null;
  let drained: () => void = () => undefined;
  const whenDrained = new Promise<void>((resolve) => { drained = resolve; });
  const alone = new MarkedTurn(options.turns);
  const joins = new Map<number, (result: CommitResult | null) => void>();
  let nextJoin = 1;
  const inputs: ExecutorInput[] = [];
  let turning = false;

  /** Inputs that arrive while the machine turns wait their turn: steps never nest. */
  function feed(input: DistributiveOmit<ExecutorInput, "nowMs">): void {
    inputs.push({ ...input, nowMs: host.elapsed() });
    if (turning) return;
    turning = true;
    try {
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
        cancelWait?.();
        cancelWait = null;
        const step = executor(state, next);
        state = step.state;
        for (const request of step.requests) perform(request);
      }
      if (alone.position !== null && !isToFollow(state, alone.position)) alone.over();
    } finally {
      turning = false;
    }
  }

  function perform(request: ExecutorRequest): void {
    switch (request.kind) {
      case "read": return void read(request);
      case "readParked": return void readParked(request);
      case "applyControls": return void applyControls(request);
      case "mark": return void mark(request);
      case "decide": return void decideItems(request);
      case "commit": return void commit(request);
      case "forfeit": return events.forfeit(request.partitions);
      case "release": return events.release(request.fences);
      case "wait":
        if (request.untilMs !== null) cancelWait = host.after(Math.max(0, request.untilMs - host.elapsed()), () => { cancelWait = null; feed({ kind: "wake", partitions: [] }); });
        return;
      case "parked":
        for (const { message, status } of request.failures) {
          const dead = status.retryInMs === null;
          if (dead) stats.deadLetters++; else stats.retries++;
          if (status.attempts === 1) stats.parked++;
          host.log(dead ? "error" : "warning", dead ? "message.dead-letter" : "message.parked", {
            group, id: message.id, name: message.name, tenant: message.tenant, key: message.key, position: message.position,
            correlationId: message.correlationId, attempts: status.attempts, code: status.code, reason: status.reason, retryInMs: status.retryInMs,
          });
        }
        return;
      case "joinEnded":
        joins.get(request.join)?.(request.result);
        joins.delete(request.join);
        return;
      case "losing":
        stats.conflicts++;
        return events.losing(request.losses);
      case "drained":
        guard.stop();
        return drained();
    }
  }

  function trouble(what: string, error: unknown, then: () => void): void {
    const known = isEvenkeelError(error);
    host.log(known && error.code === "STORE_UNAVAILABLE" ? "warning" : "error", "store.trouble", {
      group, what, code: known ? error.code : "INTERNAL", reason: error instanceof Error ? error.message : String(error),
    });
    host.after(RETRY_STORE_MS, then);
  }

  async function read(request: Extract<ExecutorRequest, { kind: "read" }>): Promise<void> {
    try {
      const result = await store.read({ group, names: routes.names, cursors: request.cursors, limit: request.limit, maxLength: request.maxLength });
      feed({ kind: "read", result, cursors: request.cursors, epochs: request.epochs });
    } catch (error) {
      trouble("read", error, () => { feed({ kind: "readFailed", cursors: request.cursors }); });
    }
  }

  async function readParked(request: Extract<ExecutorRequest, { kind: "readParked" }>): Promise<void> {
    try {
      const { messages, keysRead } = await store.readParked({ group, keys: request.keys, limit: request.limit, maxLength: options.settings.maxBatchLength });
      // Of the others nothing is known: fewer rows than were asked for are not all that they have.
      feed({ kind: "parkedRead", messages, keys: request.keys.slice(0, keysRead), limit: request.limit });
    } catch (error) {
      trouble("readParked", error, () => { feed({ kind: "parkedRead", messages: [], keys: [], limit: request.limit }); });
    }
  }

  async function applyControls(request: Extract<ExecutorRequest, { kind: "applyControls" }>): Promise<void> {
    try {
      const applied = (await store.applyControls({ group, worker: options.settings.worker, fences: request.fences })).filter((one) => one.applied);
      feed({ kind: "controlled", keys: applied.map(({ partition, tenant, key, remaining, action }) => ({ partition, tenant, key, remaining, due: action !== "edit" })) });
    } catch (error) {
      // They may have been acted on: the heads of these partitions are read anew.
      trouble("applyControls", error, () => {
        feed({ kind: "controlled", keys: [] });
        events.forfeit(request.fences.map((fence) => fence.partition));
      });
    }
  }

  async function mark(request: Extract<ExecutorRequest, { kind: "mark" }>): Promise<void> {
    // Its partition may be lost meanwhile.
    if (!await alone.take(request.position, () => state.marking?.id === request.batch)) return;
    try {
      feed({ kind: "marked", batch: request.batch, result: await store.mark({ group, fence: request.fence, position: request.position }) });
    } catch (error) {
      trouble("mark", error, () => { feed({ kind: "marked", batch: request.batch, result: "failed" }); });
    }
  }

  const settled = (): Promise<void> => new Promise((resolve) => {
    if (host.afterMicrotasks === undefined) host.soon(resolve);
    else host.afterMicrotasks(resolve);
  });

  async function decideItems(request: Extract<ExecutorRequest, { kind: "decide" }>): Promise<void> {
    // A new cache, not an emptied one: a batch that was given back may still run, and what it would put into the cache was never committed.
    // Were it found there, and another process came to write that version, its messages would take effect twice.
    if (request.fresh) cache = new DocumentCache(options.cacheLength);
    const used = cache;
    const position = state.deciding?.marked ?? null;
    // Behind a mark it has its turn already; before anything else that turn is over, or this would wait for itself.
    let end = position === null ? null : alone.handle(position);
    if (end === null) {
      alone.over();
      end = options.turns.tryBeside() ?? await options.turns.ask("beside");
    }
    const epochs = new Map(options.takesUnrecorded() ? request.fences.map(({ partition, epoch }) => [partition, epoch]) : []);
    const unrecorded = (partition: number): number | null => epochs.get(partition) ?? null;
    const run = { partitions: options.partitions, limits: options.limits, now: host.now(), settled, reads, unrecorded, memory, newness };
    const decider: Decider = { service, routes, watchdog: guard, settings: run };
    try {
      const items = [...request.items, ...request.outcomes.map((message) => ({ message, plan: { kind: "run" } as const, ...causeOf(message) }))];
      const result = await decideBatch(decider, items, { cache: used, load: (refs) => store.load(refs), soon: (task) => { host.soon(task); } });
      stats.runs += result.runs;
      end();
      feed({ kind: "decided", batch: request.batch, decisions: result.decisions, blind: result.blind });
    } catch (error) {
      trouble("load", error, () => { feed({ kind: "decideFailed", batch: request.batch }); });
    } finally {
      end();
    }
  }

  async function commit(request: Extract<ExecutorRequest, { kind: "commit" }>): Promise<void> {
    const { commit: changes } = request;
    let result: CommitResult;
    try {
      result = await store.commit(changes);
    } catch (error) {
      // A commit that threw may have happened: the machine acquires anew and reads where things stand.
      result = { kind: "inDoubt", reason: error instanceof Error ? error.message : String(error) };
      await new Promise<void>((resolve) => { host.after(RETRY_STORE_MS, resolve); });
    }
    if (result.kind === "committed") {
      stats.commits++;
      const outcomes = changes.callUpdates.flatMap((update) => update.outcome ?? []);
      const messages = [...changes.messages, ...outcomes];
      const appended = new Set(messages);
      const batch = state.committing?.batch;
      // The commit has taken the mark away.
      if (batch !== undefined && batch.marked !== null && batch.marked === alone.position) alone.over();
      // An outcome that is appended is handled when it comes from the log.
      if (batch !== undefined) stats.messages += batch.items.length + outcomesOf(batch).filter((outcome) => !appended.has(outcome)).length;
      for (const { callId, answer } of request.answers) events.answered(callId, answer);
      if (request.unrecorded.length > 0) events.requested(request.unrecorded, changes.fences);
      if (messages.length > 0 || changes.timers.length > 0 || changes.calls.length > 0) {
        events.committed({ messages, handovers: result.handovers, timers: changes.timers.length > 0, calls: changes.calls.length > 0 });
      }
    } else if (result.kind === "conflict") newness.doubt();
    else if (result.kind !== "rerun") {
      host.log("warning", "commit.failed", { group, result: result.kind, reason: "reason" in result ? result.reason : "ownership was lost" });
    }
    feed({ kind: "committed", batch: request.batch, result });
  }

  return {
    group,
    names: routes.names,
    granted: (grants) => { feed({ kind: "granted", grants }); },
    lost: (partitions) => { feed({ kind: "lost", partitions }); },
    leave: (partitions) => { feed({ kind: "leave", partitions }); },
    wake: (partitions) => { feed({ kind: "wake", partitions }); },
    handed: (handovers) => {
      feed({
        kind: "handed",
        handovers: handovers.map(({ partition, after, messages }) =>
          ({ partition, after, to: messages.at(-1)?.position ?? after, messages: messages.filter((message) => names.has(message.name)) })),
      });
    },
    join: (ends) => new Promise((resolve) => {
      const id = nextJoin++;
      joins.set(id, resolve);
      feed({ kind: "join", join: { id, ...ends } });
    }),
    control: () => { feed({ kind: "control" }); },
    drain: () => { feed({ kind: "drain" }); return whenDrained; },
    stats,
    backlog: () => backlogOf(state),
    waits: () => guard.waits(group),
  };
}

/** Whether a message that has its turn alone is under way, or was given back and comes again before others: its mark stands until then. */
function isToFollow(state: ExecutorState, at: number): boolean {
  return state.readingParked !== null || batchesUnderWay(state).some(({ marked }) => marked === at) || state.queue.some(({ position }) => position === at);
}

/** An outcome that is handled with its call is in no log: what it brings about names the message that requested the call. */
function causeOf({ causationId }: Envelope): { readonly cause?: string } {
  return causationId === null ? {} : { cause: causationId };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
