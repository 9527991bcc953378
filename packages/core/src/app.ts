// The composition root: definitions, a store, a host and a world become one application that can be started and stopped. It wires;
// it decides nothing.
import { startCallRunner, type CallRunner } from "./call/call-driver.ts";
import { provideWorld } from "./call/perform.ts";
import { watchedPorts } from "./call/watched-ports.ts";
import { checkDefinitions, manifestOf } from "./decide/check.ts";
import type { DocumentOf, AnyEntity } from "./decide/entity.ts";
import type { ProvidedPort } from "./decide/port.ts";
import type { AnyService } from "./decide/service.ts";
import { Alone } from "./deliver/alone.ts";
import { arrivals } from "./deliver/arrivals.ts";
import { endsBy, unendedAfter } from "./deliver/bounded-ends.ts";
import { startExecutor, type ExecutorDriver, type ExecutorStats } from "./deliver/executor-driver.ts";
import { maintenanceMember } from "./deliver/maintenance.ts";
import { ownership, type Member, type Ownership } from "./deliver/ownership.ts";
import { JointRelease, serviceMember } from "./deliver/service-member.ts";
import { startTimerOwner } from "./deliver/timer-driver.ts";
import { EvenkeelError } from "./errors.ts";
import { appendedBy } from "./log/appended.ts";
import { Publisher, type PublishOptions } from "./log/publisher.ts";
import { watch } from "./log/watch.ts";
import { checkKey, type BodyLimits } from "./message/codec.ts";
import type { AnyMessageDefinition, DataOf, NewMessage } from "./message/definition.ts";
import { deadLetters, type DeadLetters } from "./operate.ts";
import { stallWatch, type Health } from "./resilience/stall-watch.ts";
import { watchedStore } from "./resilience/watched-store.ts";
import { sharedBreakers, type SharedBreakers } from "./operate/shared-breakers.ts";
import { durableCalls, type DurableCalls } from "./operate/durable-calls.ts";
import { parseSettings, type SettingsInput } from "./settings.ts";
import type { Host } from "./spi/host.ts";
import type { PublishCall, Receipt, SqlSession, Store } from "./spi/store.ts";
import { TIMERS_GROUP } from "./spi/system-groups.ts";
import type { Wait } from "./spi/waits.ts";
import { DEFAULT_TENANT, parseTenant } from "./tenancy.ts";

export interface AppOptions<A extends readonly AnyMessageDefinition[]> {
  readonly services: readonly AnyService[];
  /** Messages that may be published from outside. */
  readonly accepts?: A;
  readonly ports?: readonly ProvidedPort[];
  readonly settings?: SettingsInput;
  readonly store: Store;
  readonly host: Host;
  /** Called at the end of `stop`, after the store is closed. */
  readonly onStopped?: () => Promise<void>;
}

type AcceptedMessage<A extends readonly AnyMessageDefinition[]> = A extends readonly []
  ? { readonly "publish error": "This application accepts no messages: add the definition to its `accepts`." }
  : { [I in keyof A]: A[I] extends AnyMessageDefinition ? NewMessage<A[I]["name"], DataOf<A[I]>> : never }[number];

export interface AppTransaction<A extends readonly AnyMessageDefinition[]> extends SqlSession {
  /** Appends the message with the transaction's commit. */
  publish(message: AcceptedMessage<A>, options?: PublishOptions): void;
}

export interface AppStats {
  readonly groups: Readonly<Record<string, Readonly<ExecutorStats>>>;
  readonly calls: Readonly<Record<string, ReturnType<CallRunner["stats"]>>>;
}

export interface App<A extends readonly AnyMessageDefinition[]> {
  /**
   * Starts working: joins the workers, takes partitions, handles messages. Publishing and reading work without it. Errors:
   * `APP_NOT_RUNNING` when it was started or stopped before.
   */
  start(): Promise<void>;
  /**
   * Stops taking messages, finishes or releases what is under way within the deadline, and closes the store. Resolves to what was
   * released unfinished; it is done by the next worker. Where the store does not answer it takes up to two seconds more.
   */
  stop(): Promise<{ readonly released: readonly string[] }>;
  /**
   * Publishes one message. Resolves once it is durable, before anybody has handled it.
   *
   * Guarantees: with an `idempotencyKey`, once per tenant and key, whatever is repeated: the receipt names the same message. Without one
   * each call is a new message. Does not wait for handlers: see `handled`.
   *
   * Errors: `MESSAGE_NOT_ACCEPTED`, `DATA_INVALID`, `DATA_NOT_JSON`, `DATA_TOO_LARGE`, `KEY_INVALID`, `TENANT_INVALID`, `TIME_INVALID`,
   * `IDEMPOTENCY_CONFLICT`, `PUBLISH_UNRESOLVED`.
   *
   * @example
   * const { id } = await app.publish(OrderPlaced({ orderId: "o-1", pence: 1250 }), { idempotencyKey: request.id });
   */
  publish(message: AcceptedMessage<A>, options?: PublishOptions): Promise<Receipt>;
  /** Publishes several messages in one transaction and under one idempotency key: all or none. Otherwise as `publish`. */
  publishAll(messages: readonly AcceptedMessage<A>[], options?: PublishOptions): Promise<readonly Receipt[]>;
  /**
   * Runs your SQL and your publishes in one transaction of the database. The publishes are appended at its end, so that no lock of the
   * log is held while your code waits; an error that `work` throws rolls everything back.
   *
   * Errors: those of `publish`, `TRANSACTION_UNRESOLVED`, `STORE_REFUSED` on a store without SQL, and the database's own for your
   * statements. A transaction that is used after `work` has ended throws `TRANSACTION_FINISHED`.
   *
   * @example
   * await app.transaction(async (sql) => {
   *   await sql.query("insert into customer (id) values ($1)", ["c-1"]);
   *   sql.publish(CustomerCreated({ customerId: "c-1" }));
   * });
   */
  transaction<T>(work: (transaction: AppTransaction<A>) => Promise<T>): Promise<T>;
  /**
   * Resolves when the service has passed the message: its effects are committed, or it was skipped because the service does not handle it.
   * For tests and for answers that must wait; a result is better sent as an event.
   *
   * Errors: `KEY_PARKED` when it waits in a parked key, `HANDLED_TIMEOUT` after `withinMs` (default 30,000 ms), `TIME_INVALID` for a
   * message that is only scheduled.
   */
  handled(receipt: Receipt, options: { readonly by: AnyService; readonly withinMs?: number }): Promise<void>;
  /** The document as last committed, or undefined. What is still on its way is not in it. `tenant` is "default" unless given. Errors: `KEY_INVALID`. */
  read<E extends AnyEntity>(entity: E, key: string, options?: { readonly tenant?: string }): Promise<DocumentOf<E> | undefined>;
  /** What operators do with messages that failed. */
  readonly deadLetters: DeadLetters;
  /** What operators do with calls that need attention. */
  readonly calls: DurableCalls;
  /** What operators do with breakers that all workers share. */
  readonly breakers: SharedBreakers;
  /** Counters of this process since `start`. */
  readonly stats: AppStats;
  /** Whether this process makes progress, by what stands still in it now; see docs/operating/stalls.md. Asks nobody and waits for nothing. */
  health(): Health;
  /** Who waits for what in this process, oldest first: to be dumped when it seems to hang. */
  waits(): readonly Wait[];
}

/**
 * Composes an application on any store and host; `createApp` of the package `evenkeel` does so on PostgreSQL. The store is prepared
 * (migrated, definitions recorded) when it resolves; nothing is handled before `start()`.
 *
 * Errors: every code of the areas "definition" and "configuration", `STORE_UNAVAILABLE`, `STORE_VERSION`, `PARTITIONS_FIXED`.
 *
 * @example
 * const app = await createAppOn({ services: [accounting], accepts: [OrderPlaced], store: memoryStore({ host }), host });
 */
export async function createAppOn<const A extends readonly AnyMessageDefinition[] = readonly []>(options: AppOptions<A>): Promise<App<A>> {
  const { host, services } = options;
  const watched = watchedStore(options.store, host);
  const { store } = watched;
  const settings = parseSettings(options.settings ?? {});
  const definitions = { services, accepts: options.accepts ?? [], ports: options.ports ?? [] };
  checkDefinitions(definitions);
  const prepared = await store.prepare(manifestOf(definitions, settings.partitions));
  const { partitions } = prepared;
  const limits: BodyLimits = {
    maxBodyLength: settings.maxBodyLength,
    onLargeBody: (what, length) => {
      host.log("warning", "body.large", { what, length, cap: settings.maxBodyLength });
    },
  };
  const executors: ExecutorDriver[] = [];
  const runners = new Map<string, CallRunner>();
  const turns = new Alone();
  const world = provideWorld(watchedPorts(definitions.ports, watched.waits, settings.waitMs), host, limits);

  const arrived = arrivals(executors, () => timerOwner?.wake());
  const begins = services.flatMap((one) => one.begins ?? []);
  const accepts = new Set([...definitions.accepts, ...begins.map((one) => one.message.definition)]);
  const publisher = new Publisher(store, host, { partitions, limits, accepts, resolveMs: settings.resolveMs }, arrived.appended);
  const stalls = stallWatch({ host, settings, watched, groups: executors, publisher, onChange: (found) => owners?.stalls(found) });

  let owners: Ownership | null = null;
  let timerOwner: ReturnType<typeof startTimerOwner> | null = null;
  let watching: { stop(): void } | null = null;
  let phase: "ready" | "running" | "stopped" = "ready";
  const worker = host.newId();

  const maintenance = maintenanceMember({ store, host, everyMs: settings.maintainMs, release: (group) => owners?.released(group, owners.fencesOf(group)) });

  function members(): Member[] {
    const list: Member[] = [];
    for (const service of services.filter((one) => prepared.eligibleGroups.includes(one.name))) list.push(startService(service));
    timerOwner = startTimerOwner({
      store,
      host,
      worker,
      group: TIMERS_GROUP,
      onForfeit: (lost) => owners?.forfeit(TIMERS_GROUP, lost),
      onRelease: (fences) => owners?.released(TIMERS_GROUP, fences),
      onFired: () => {
        for (const executor of executors) executor.wake(null);
      },
    });
    const { granted, lost, leave } = timerOwner;
    list.push({ group: TIMERS_GROUP, partitions, granted, lost, leave });
    list.push(maintenance);
    return list;
  }

  function startService(service: AnyService): Member {
    const group = service.name;
    const joint = new JointRelease((fences) => owners?.released(group, fences));
    const runner = startCallRunner({
      store,
      world,
      host,
      settings: {
        group, worker, operations: Object.values(service.ports).flatMap((port) => Object.values(port)), limits, inOrder: service.callsInOrder ?? true,
      },
      isOursUntil: () => owners?.isOursUntil() ?? Infinity,
      onForfeit: (lost) => owners?.forfeit(group, lost),
      onRelease: (fences) => {
        joint.by("runner", fences);
      },
      join: (ends) => executor.join(ends),
      onOutcomes: arrived.appended,
      onAttention: (calls) => {
        for (const call of calls)
          host.log("error", "call.needs-attention", {
            group,
            id: call.id,
            operation: call.operation,
            key: call.callKey,
            tenant: call.tenant,
            correlationId: call.correlationId,
          });
      },
    });
    const executor = startExecutor({
      store,
      host,
      service,
      partitions,
      limits,
      stallMs: settings.stallMs,
      cacheLength: settings.cacheLength,
      warnRepeatedReads: settings.warnRepeatedReads,
      turns,
      takesUnrecorded: () => runner.hasRoom(),
      settings: {
        worker,
        maxBatch: settings.maxBatch,
        maxBatchLength: settings.maxBatchLength,
        retry: settings.retry,
        idleProgressMs: 1_000,
        maxParkedKeys: 64,
      },
      events: {
        forfeit: (lost) => owners?.forfeit(group, lost),
        release: (fences) => {
          joint.by("executor", fences);
        },
        committed: (appended) => {
          arrived.appended(appended);
          if (appended.calls) runner.wake();
        },
        requested: (calls, fences) => {
          runner.requested(calls, fences);
        },
        answered: (callId, answer) => {
          runner.answered(callId, answer);
        },
        losing: (losses) => {
          if (losses >= 3) owners?.losing(group);
        },
      },
    });
    executors.push(executor);
    runners.set(group, runner);
    return serviceMember(executor, runner, partitions);
  }

  async function start(): Promise<void> {
    if (phase !== "ready") throw new EvenkeelError("APP_NOT_RUNNING", `The application is ${phase}: create a new one to start again.`);
    phase = "running";
    stalls.started();
    // Each start says it anew, under no idempotency key: whoever has heard of it does nothing, and a return to an earlier definition is heard, too.
    await Promise.all(begins.flatMap(({ message, tenants }) => tenants.map((tenant) => publisher.publish(publisher.prepare([message], { tenant })))));
    owners = ownership({ store, host, worker, leaseMs: settings.leaseMs, spread: settings.spread, members: members() });
    await owners.start();
    watching = watch(store, host, settings, arrived.told);
  }

  async function stop(): Promise<{ readonly released: readonly string[] }> {
    if (phase === "stopped") return { released: [] };
    const wasRunning = phase === "running";
    phase = "stopped";
    stalls.stopping();
    const deadline = host.elapsed() + settings.stopWithinMs;
    const released: string[] = [];
    if (wasRunning) {
      watching?.stop();
      owners?.close();
      const drains = [
        ...executors.map((one) => ({ name: `executor ${one.group}`, done: one.drain() })),
        ...[...runners].map(([group, one]) => ({ name: `calls ${group}`, done: one.drain() })),
      ];
      if (timerOwner !== null) drains.push({ name: "timers", done: timerOwner.drain() });
      released.push(...(await unendedAfter(host, settings.stopWithinMs, drains)));
      maintenance.stop();
      // A store that does not answer must not keep the process: the worker's lease then lapses by itself.
      const leaving = owners?.leave();
      if (leaving !== undefined && !(await endsBy(host, deadline, leaving))) host.log("warning", "worker.leave-failed", { reason: "The store did not answer." });
      if (released.length > 0) host.log("warning", "app.stop-incomplete", { released });
    }
    // A statement that the database never ends must not keep the process: its connection ends with it.
    await endsBy(host, deadline, store.close());
    stalls.stopped();
    await options.onStopped?.();
    return { released };
  }

  function open(): void {
    if (phase === "stopped") throw new EvenkeelError("APP_NOT_RUNNING", "The application was stopped: create a new one.");
  }

  async function publishAll(messages: readonly NewMessage[], publishOptions: PublishOptions = {}): Promise<readonly Receipt[]> {
    open();
    return publisher.publish(publisher.prepare(messages, publishOptions));
  }

  async function transaction<T>(work: (transaction: AppTransaction<A>) => Promise<T>): Promise<T> {
    open();
    const calls: PublishCall[] = [];
    const { value, results } = await store.transaction(async (sql) => {
      let ended = false;
      const transaction: AppTransaction<A> = {
        query: (text, values) => sql.query(text, values),
        publish: (message, publishOptions) => {
          if (ended)
            throw new EvenkeelError(
              "TRANSACTION_FINISHED",
              `Message '${(message as NewMessage).name}' was published in a transaction whose work had ended, and is not sent: await everything that the work starts.`,
            );
          calls.push(publisher.prepare([message as NewMessage], publishOptions ?? {}));
        },
      };
      try {
        return { value: await work(transaction), calls };
      } finally {
        ended = true;
      }
    });
    arrived.appended(appendedBy(calls, results));
    return value;
  }

  async function handled(receipt: Receipt, by: { readonly by: AnyService; readonly withinMs?: number }): Promise<void> {
    open();
    if (!services.some((one) => one.name === by.by.name)) {
      throw new EvenkeelError("CONFIG_INVALID", `handled was asked for service '${by.by.name}', which this application does not have: add it to \`services\`.`);
    }
    const withinMs = by.withinMs ?? 30_000;
    const deadline = host.elapsed() + withinMs;
    if (receipt.position === null)
      throw new EvenkeelError("TIME_INVALID", "The message is scheduled: it has no position before it is due, so nothing can have handled it.");
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      const end = await store.handled(by.by.name, { partition: receipt.partition, position: receipt.position });
      if (end === "handled") return;
      if (end === "parked") {
        throw new EvenkeelError("KEY_PARKED", `Message ${receipt.id} waits in a parked key of service '${by.by.name}': look at its dead letters.`, {
          details: { ...receipt, group: by.by.name },
        });
      }
      if (host.elapsed() >= deadline) {
        throw new EvenkeelError(
          "HANDLED_TIMEOUT",
          `Service '${by.by.name}' did not pass message ${receipt.id} within ${String(withinMs)} ms: is a worker running?`,
          { details: { ...receipt, group: by.by.name } },
        );
      }
      await new Promise<void>((resolve) => {
        host.after(pauseMs, resolve);
      });
    }
  }

  return {
    start,
    stop,
    publish: async (message, publishOptions) => {
      const [receipt] = await publishAll([message as NewMessage], publishOptions);
      if (receipt === undefined) throw new EvenkeelError("INTERNAL", "The store returned no receipt for a publish.");
      return receipt;
    },
    publishAll: (messages, publishOptions) => publishAll(messages as readonly NewMessage[], publishOptions),
    transaction,
    handled,
    read: async (entity, key, readOptions = {}) => {
      open();
      const [document] = await store.load([{ entity: entity.name, tenant: parseTenant(readOptions.tenant ?? DEFAULT_TENANT), key: checkKey(key, "A read") }]);
      return document?.body == null ? undefined : (JSON.parse(document.body) as DocumentOf<typeof entity>);
    },
    deadLetters: deadLetters(store, host),
    health: stalls.health,
    waits: stalls.waits,
    calls: durableCalls(store, host, { operations: services.flatMap((one) => Object.values(one.ports)).flatMap((port) => Object.values(port)), limits }),
    breakers: sharedBreakers(store),
    get stats() {
      return {
        groups: Object.fromEntries(executors.map((one) => [one.group, one.stats])),
        calls: Object.fromEntries([...runners].map(([group, one]) => [group, one.stats()])),
      };
    },
  };
}
