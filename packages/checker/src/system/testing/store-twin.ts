// The same steps on the in-memory store, through the engine's own parts: `decide` with loaded documents, the executor's commits, and the call
// runner as the machine it is. It keeps no world of its own: everything it says is read back from the store.
import { providedFake } from "../answers.ts";
import assert from "node:assert/strict";
import { memoryStore, type AnyService, type Envelope, type Message } from "@evenkeel/core";
import {
  buildCommit, callPolicy, callRunner, checkDefinitions, decide, documentId, manifestOf, newCallRunner, newExecutor, PendingRead, routesOf,
  type CallRunnerInput, type CallRunnerRequest, type CallRunnerState, type Decision, type Failure, type Routes, type Watched,
} from "@evenkeel/core/engine";
import { partitionOf, type AskResult, type CallRecord, type Fence, type Host, type PerformResult, type Store } from "@evenkeel/core/spi";
import type { StepDetail } from "../step-detail.ts";

export const PARTITIONS = 64;
const ALL = Array.from({ length: PARTITIONS }, (_, index) => index);
const WORKER = "worker";
const TENANT = "default";
const ABSENT = { version: 0, body: null };
const LIMITS = { maxBodyLength: 262_144, onLargeBody: () => undefined };

/** Where a queue, a call line or a timer belongs. */
export interface TwinState {
  readonly documents: Readonly<Record<string, string>>;
  readonly queues: Readonly<Record<string, readonly string[]>>;
  readonly parked: Readonly<Record<string, string>>;
  readonly calls: Readonly<Record<string, readonly string[]>>;
  readonly timers: readonly string[];
}

const KILLED: Failure = { code: "HANDLER_KILLED", message: "Workers died again and again while they handled this message alone.", retry: "never", afterMs: null };

interface Group {
  readonly service: AnyService;
  readonly routes: Routes;
  readonly positions: number[];
  fences: readonly Fence[];
  runner: CallRunnerState;
  /** Attempts that the runner has begun, by call. */
  attempts: Map<string, Extract<CallRunnerRequest, { kind: "perform" | "ask" }>>;
}

interface StoreTwin {
  step(detail: StepDetail): Promise<void>;
  /** @param documents the entities and keys to look at. */
  state(documents: readonly { readonly entity: string; readonly key: string }[], keys: readonly string[]): Promise<TwinState>;
}

type Input = CallRunnerInput extends infer One ? One extends CallRunnerInput ? Omit<One, "nowMs" | "dateMs"> : never : never;

/** @param valueOf JSON text of the provider's answer. */
export async function storeTwin(
  services: readonly AnyService[], options: { readonly now: number; readonly attempts: number; readonly valueOf: (name: string) => string },
): Promise<StoreTwin> {
  let elapsed = 0;
  let arrivals = 0;
  const host: Host = {
    now: () => options.now, elapsed: () => elapsed, random: () => 0.5, newId: () => "id",
    after: () => () => undefined, soon: () => undefined, log: () => undefined,
  };
  const store: Store = memoryStore({ host, partitions: PARTITIONS });
  const definitions = {
    services, ports: services.flatMap((one) => Object.values(one.ports).map((port) => providedFake({ port, answers: {} }))),
    accepts: services.flatMap((one) => one.routes.flatMap((route) => (route.kind === "message" ? [route.definition] : []))),
  };
  checkDefinitions({ ...definitions, accepts: [...new Set(definitions.accepts)] });
  await store.prepare(manifestOf(definitions, PARTITIONS));
  await store.join({ id: WORKER, groups: services.map((one) => one.name), leaseMs: 1e12 });
  const groups = new Map<string, Group>();
  for (const service of services) {
    const group: Group = {
      service, routes: routesOf(service), positions: Array.from({ length: PARTITIONS }, () => 0), fences: [], runner: newRunner(service), attempts: new Map(),
    };
    groups.set(service.name, group);
    await own(group);
  }

  function newRunner(service: AnyService): CallRunnerState {
    const operations = Object.values(service.ports).flatMap((port) => Object.values(port));
    return newCallRunner({
      group: service.name, worker: WORKER, maxCalls: 1_000, maxLeft: 1_000, maxCommit: 100, scanLimit: 100, inOrder: service.callsInOrder ?? true,
      operations: new Map(operations.map(({ name, spec }) => [name, callPolicy({ ...spec, breaker: false, budget: false })])),
    });
  }

  /** Takes the partitions, anew after a crash, with a call runner that remembers nothing. */
  async function own(group: Group): Promise<void> {
    group.fences = await store.acquire({ worker: WORKER, group: group.service.name, partitions: ALL });
    group.runner = newRunner(group.service);
    group.attempts = new Map();
    await feed(group, { kind: "granted", fences: group.fences });
  }

  async function feed(group: Group, input: Input): Promise<void> {
    const { state, requests } = callRunner(group.runner, { ...input, nowMs: elapsed, dateMs: options.now });
    group.runner = state;
    for (const request of requests) await serve(group, request);
  }

  async function serve(group: Group, request: CallRunnerRequest): Promise<void> {
    switch (request.kind) {
      case "scan": {
        const { partitions, after, limit } = request;
        return feed(group, { kind: "scanned", ...await store.readCalls({ group: group.service.name, partitions, after, limit }) });
      }
      case "perform":
      case "ask": group.attempts.set(request.call.id, request); return;
      case "commit": return feed(group, { kind: "committed", commit: request.commit, result: await store.commit(request.changes) });
      default: return;
    }
  }

  function groupOf(name: string): Group {
    const found = groups.get(name);
    assert.ok(found !== undefined, name);
    return found;
  }

  function placed<E extends Envelope>(message: E): E {
    return { ...message, partition: partitionOf(message.tenant, message.key, PARTITIONS) };
  }

  async function handle(name: string, expected: Envelope, forced: Failure | null): Promise<void> {
    const group = groupOf(name);
    const partition = partitionOf(expected.tenant, expected.key, PARTITIONS);
    const [parked] = (await store.readParked({ group: name, keys: [{ partition, tenant: TENANT, key: expected.key }], limit: 1, maxLength: 1e9 })).messages;
    const message = parked?.message ?? await next(group, partition);
    assert.equal(`${message.name} ${message.body}`, `${expected.name} ${expected.body}`);
    const decision: Decision = forced === null ? await decided(group, message) : { kind: "failed", failure: forced };
    const position = group.positions[partition] ?? 0;
    const { commit, merged } = buildCommit(
      newExecutor({
        group: name, worker: WORKER, names: group.routes.names, maxBatch: 1, maxBatchLength: 1e9, idleProgressMs: 0, maxParkedKeys: 1,
        retry: { maxAttempts: options.attempts, baseMs: 0, maxMs: 0 },
      }),
      {
        id: 1, from: parked === undefined ? "log" : "parked", items: [{ message, plan: { kind: "run" } }],
        attempts: parked === undefined ? [] : [parked.attempts], fences: group.fences,
        progress: parked === undefined ? [{ partition, from: position, to: message.position }] : [], marked: null, joined: null,
      },
      [decision], false,
    );
    const result = await store.commit(commit);
    if (result.kind === "refused") {
      return handle(name, expected, result.by === "sql"
        ? { code: "SQL_FAILED", message: result.reason, retry: "later", afterMs: null }
        : { code: "CALL_CONFLICT", message: result.reason, retry: "never", afterMs: null });
    }
    assert.equal(result.kind, "committed");
    if (parked === undefined) group.positions[partition] = message.position;
    for (const { callId, answer } of merged.answers) await feed(group, { kind: "answered", callId, answer });
    await feed(group, { kind: "wake" });
  }

  async function decided(group: Group, message: Message): Promise<Decision> {
    const watch = (recorder: Watched["recorder"], stall: () => void): Watched => ({ recorder, stall, since: 0, quietSince: 0 });
    const watchdog = { watch, unwatch: () => undefined };
    // As the runtime often does, documents come later than they are asked for.
    const read = (ref: { entity: string; tenant: string; key: string }, id: string): PendingRead => {
      const pending = new PendingRead(ref, id);
      void store.load([ref]).then(([found]) => { pending.answer(found ?? ABSENT); }, (error: unknown) => { pending.refuse(error); });
      return pending;
    };
    const settings = { partitions: PARTITIONS, limits: LIMITS, now: options.now, settled: () => new Promise<void>((resolve) => { setImmediate(resolve); }) };
    return decide({ service: group.service, routes: group.routes, settings, watchdog }, message, { read });
  }

  async function next(group: Group, partition: number): Promise<Message> {
    const [message] = await waiting(group, partition, 1);
    assert.ok(message !== undefined, "the store has a message there");
    return message;
  }

  async function waiting(group: Group, partition: number, limit: number): Promise<readonly Message[]> {
    const cursors = [{ partition, position: group.positions[partition] ?? 0 }];
    return (await store.read({ group: group.service.name, names: group.routes.names, cursors, limit, maxLength: 1e9 })).messages;
  }

  /** A message that stands behind a parked one may be parked as well, or still be read from the log: both are the same queue. */
  async function parkFollower(name: string, key: string): Promise<void> {
    const group = groupOf(name);
    const partition = partitionOf(TENANT, key, PARTITIONS);
    const [message] = await waiting(group, partition, 1);
    if (message === undefined) return;
    const from = group.positions[partition] ?? 0;
    const result = await store.commit({
      group: name, worker: WORKER, fences: group.fences, progress: [{ partition, from, to: message.position }], documents: [], messages: [], calls: [],
      callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [{ message, head: null }], unpark: [], retries: [],
    });
    assert.equal(result.kind, "committed");
    group.positions[partition] = message.position;
  }

  return {
    async step(detail) {
      switch (detail.kind) {
        case "arrived": {
          const { id, tenant } = detail.message;
          // A repeat that changed nothing may come again: the walk without it is the one that is meant, so the door has not seen it.
          const [result] = await store.publish([{ tenant, doorKey: `${id} ${String(arrivals++)}`, digest: id, messages: [placed(detail.message)], timers: [] }]);
          assert.equal(result?.kind, "published");
          return;
        }
        case "handled": return handle(detail.service, detail.message, null);
        case "killed":
          return handle(detail.service, detail.message, KILLED);
        case "redriven": {
          const { key, tenant } = detail.message;
          const partition = partitionOf(tenant, key, PARTITIONS);
          await parkFollower(detail.service, key);
          const [head] = (await store.readParked({ group: detail.service, keys: [{ partition, tenant, key }], limit: 1, maxLength: 1e9 })).messages;
          assert.ok(head !== undefined);
          const { position } = head.message;
          await store.requestControl([{ group: detail.service, partition, tenant, key, position, action: "redrive", body: null, actor: "test", note: "" }]);
          const [applied] = await store.applyControls({ group: detail.service, worker: WORKER, fences: groupOf(detail.service).fences });
          assert.equal(applied?.applied, true);
          return;
        }
        case "performed":
        case "asked": {
          const group = groupOf(detail.service);
          if (!group.attempts.has(detail.call.id)) {
            // It waits for its backoff: the checker's time is any time.
            elapsed += 60_000;
            await feed(group, { kind: "tick" });
          }
          const attempt = group.attempts.get(detail.call.id);
          assert.ok(attempt !== undefined, `the runner has begun ${detail.call.operation} of ${detail.call.callKey}`);
          assert.equal(attempt.kind, detail.kind === "performed" ? "perform" : "ask");
          group.attempts.delete(detail.call.id);
          if (detail.kind === "performed" && detail.workerDied) return own(group);
          const { ticket } = attempt;
          const callId = detail.call.id;
          return detail.kind === "performed"
            ? feed(group, { kind: "performed", callId, ticket, result: performed(detail.end) })
            : feed(group, { kind: "asked", callId, ticket, result: asked(detail.answer) });
        }
        case "fired": {
          const { due } = await store.readTimers({ partitions: ALL, limit: 1_000 });
          const timer = due.find((one) => one.message.id === detail.message.id);
          assert.ok(timer !== undefined, "the store has this timer");
          const [first] = groups.values();
          assert.ok(first !== undefined);
          const result = await store.commit({
            group: first.service.name, worker: WORKER, fences: first.fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [],
            cancelledTimers: [], firedTimers: [timer], sql: [], park: [], unpark: [], retries: [],
          });
          assert.equal(result.kind, "committed");
          return;
        }
        case "landed":
        case "expired": return;
      }
    },

    async state(refs, keys) {
      const documents: Record<string, string> = {};
      for (const { entity, tenant, key, body } of await store.load(refs.map((ref) => ({ ...ref, tenant: TENANT })))) {
        if (body !== null) documents[documentId(entity, tenant, key)] = body;
      }
      const queues: Record<string, string[]> = {};
      const calls: Record<string, string[]> = {};
      for (const [name, group] of groups) {
        for (const key of keys) {
          const partition = partitionOf(TENANT, key, PARTITIONS);
          const set = (await store.readParked({ group: name, keys: [{ partition, tenant: TENANT, key }], limit: 1_000, maxLength: 1e9 })).messages;
          const queue = [...set.map((one) => one.message), ...await waiting(group, partition, 1_000)].map(({ name: message, body }) => `${message} ${body}`);
          if (queue.length > 0) queues[`${name} ${key}`] = queue;
        }
        const { calls: rows } = await store.readCalls({ group: name, partitions: ALL, after: 0, limit: 1_000 });
        for (const row of rows) (calls[`${name} ${row.routingKey}`] ??= []).push(rowText(row));
      }
      const parked: Record<string, string> = {};
      for (const { group, key, attempts, code, state } of await store.listParked({ limit: 1_000 })) {
        // One that has never failed stands there because of those before it, which are gone: it is the next of its key, parked or not.
        if (code !== "") parked[`${group} ${key}`] = `${String(attempts)} ${code} ${state}`;
      }
      const { due } = await store.readTimers({ partitions: ALL, limit: 1_000 });
      return { documents, queues, parked, calls, timers: due.map(({ message }) => `${message.name} ${message.body}`).sort() };
    },
  };

  function performed(end: string): PerformResult {
    const failure = { code: "CALL_TIMEOUT", message: "The provider did not answer in time: whether the effect happened is not known." };
    switch (end) {
      case "ok": return { kind: "ok", value: options.valueOf(end) };
      case "notPerformed":
        return { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "The call was certainly not performed." }, afterMs: null, final: true };
      case "unknown-applied":
      case "unknown-not-applied":
      case "late-applied":
      case "late-denied": return { kind: "unknown", failure };
      default: return { kind: "failure", name: end, value: options.valueOf(end) };
    }
  }

  function asked(answer: string): AskResult {
    if (answer === "absent") return { kind: "absent" };
    return answer === "ok" ? { kind: "ok", value: options.valueOf(answer) } : { kind: "failure", name: answer, value: options.valueOf(answer) };
  }
}

type Row = Pick<CallRecord, "id" | "operation" | "callKey" | "input" | "state" | "attempts">;

export function rowText({ id, operation, callKey, input, state, attempts }: Row): string {
  return [id, operation, callKey, input, state, String(attempts)].join(" ");
}
