// Workflows: a durable function as a service, whose handlers are the same for all of them (run-handlers.ts). So a workflow commits, parks, takes over
// and is checked as any service does.
import type { AnyEntity, Entity } from "../decide/entity.ts";
import type { AnyPort, Operation } from "../decide/port.ts";
import type { AnyHandler, AnyService, Ports } from "../decide/service.ts";
import type { AnyStatement } from "../decide/sql.ts";
import { EvenkeelError } from "../errors.ts";
import { checkName, type AnyMessageDefinition, type MessageDefinition } from "../message/definition.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { OutputOf, Schema, StorableSchema } from "../message/schema.ts";
import type { AnyChild, Declared, WorkflowContext } from "./context.ts";
import { keyMessagesOf } from "./awaited-key-messages.ts";
import type { Body, Definition } from "./definition.ts";
import { milliseconds, type Duration } from "./duration.ts";
import type { Handling } from "./handling.ts";
import type { RunDocument } from "./journal.ts";
import { inspectRun, type RunView } from "./inspect.ts";
import { ChildEnded, messagesOf, type Cancel, type Start, type WorkflowMessages } from "./messages.ts";
import { keyRoutes } from "./key-routes.ts";
import { runsOf } from "./run-entity.ts";
import { handlersOf, type OutcomeOf } from "./run-handlers.ts";

export interface WorkflowOptions<
  I extends Schema, P extends Ports, M extends readonly AnyMessageDefinition[], W extends readonly AnyMessageDefinition[],
  S extends readonly AnyStatement[], C extends readonly AnyChild[], B extends readonly AnyMessageDefinition[],
> {
  /** What a run is started with: any Standard Schema whose input and output are the same JSON type. */
  readonly input: I & StorableSchema<I>;
  /** The ports whose operations its steps perform. */
  readonly ports?: P;
  /** Every message that it may emit. */
  readonly emits?: M;
  /** Every message that it may wait for; their keys are ids of runs. */
  readonly waitsFor?: W;
  /** Every message that it may wait for by another key than a run's id: `w.waitFor(PaymentSettled, { key: order.paymentId })`. */
  readonly waitsForByKey?: B;
  readonly statements?: S;
  /** Workflows whose runs it starts. */
  readonly children?: C;
  /**
   * A whole number, default 1. A run stays with the version it began with: raise it with the code, and keep the old one in `previous`, with
   * all that it declares.
   */
  readonly version?: number;
  readonly previous?: readonly AnyWorkflow[];
  /** Whether each run tells its end as the message `ended`; default false: who wants to know reads it, or is its parent. */
  readonly announces?: boolean;
  /** How often a retriable step or an undo is tried before the run needs attention; default 10. */
  readonly maxAttempts?: number;
  /**
   * How many messages that nobody has waited for yet a run keeps, also before it began; default 1000. One more is a dead letter of the code
   * `WORKFLOW_INBOX_FULL`: nothing is dropped, and what comes behind it for that run waits.
   */
  readonly maxBuffered?: number;
  /**
   * How long a message of `waitsForByKey` is kept after it came, for runs that ask later; default 7 days. Of those that some run was given, the newest
   * hundred of a key. Of those that none has asked for, `maxBuffered` of a key; one more is a dead letter (`WORKFLOW_INBOX_FULL`).
   */
  readonly keepsFor?: Duration;
}

export interface AnyWorkflow extends AnyService {
  readonly version: number;
  /** What runs of each version need: its own, and those of the versions before it. */
  readonly "~versions": Definition["versions"];
  readonly "~declared": Declared;
  /** What its runs are replayed with. */
  readonly "~definition": Definition;
}

export interface Workflow<N extends string, Input, Result, P extends Ports = Ports>
  extends AnyWorkflow, WorkflowMessages<N, Input, Result>, AnyChild {
  readonly name: N;
  /** So that invariants of a check see its runs typed, and what its ports did. */
  readonly entities: { readonly runs: Entity<RunDocument<Input, Result>> };
  readonly ports: P;
  readonly start: MessageDefinition<`${N}.start`, Start<Input>>;
  readonly cancel: MessageDefinition<`${N}.cancel`, Cancel>;
  /** Its runs, by id: `await app.read(checkout.run, "order-1")`. */
  readonly run: Entity<RunDocument<Input, Result>>;
  /**
   * Looks at a run: `checkout.inspect(await app.read(checkout.run, "order-1"))`. Says which steps it has taken, what it waits for since when, what needs a
   * person, what came for nothing, and what came of it.
   */
  inspect<Seen>(run: RunDocument<unknown, Seen>): RunView<Seen>;
  inspect<Seen>(run: RunDocument<unknown, Seen> | undefined): RunView<Seen> | undefined;
  readonly "~child"?: { readonly input: Input; readonly result: Result };
}

const OPTIONS: OptionNames<WorkflowOptions<Schema, Ports, readonly [], readonly [], readonly [], readonly [], readonly []>> = {
  input: true, ports: true, emits: true, waitsFor: true, waitsForByKey: true, statements: true, children: true, version: true, previous: true, announces: true,
  maxAttempts: true, maxBuffered: true, keepsFor: true,
};
const DEFAULT_MAX_ATTEMPTS = 10;
const DEFAULT_MAX_BUFFERED = 1_000;
const DEFAULT_KEEPS_FOR: Duration = { days: 7 };

/** Whatever this folder writes as a run's document is one. */
const RUN: Schema = { "~standard": { version: 1, vendor: "evenkeel", validate: (value) => ({ value }) } };

/**
 * Defines a workflow: a function that survives crashes. Its steps are operations of ports; each result is durable before the next step
 * begins, and after a crash the function goes on where it was. Add it to the application's `services`; start a run by publishing or emitting
 * `start`, read it by `run`.
 *
 * Guarantees: every step is performed at least once under one business key, and told once; messages and statements of a run take effect
 * once; steps that can be undone are undone in reverse when the run fails or is cancelled before its pivot. Does not: run the function only
 * once, so its code must depend on its input and its verbs alone.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`; at run time `WORKFLOW_DIVERGED`, `WORKFLOW_STALLED`, `WORKFLOW_STEP_REFUSED`, `WORKFLOW_VERSION_UNKNOWN`,
 * `WORKFLOW_INBOX_FULL` and `WORKFLOW_FAILED_AFTER_PIVOT` make a dead letter of the message that woke the run: mend the code and redrive.
 *
 * @example
 * const checkout = workflow("checkout", { input: Order, ports: { shop } }, async (order, w) => {
 *   await w.step("reserve", shop.reserve, order, { undo: shop.release });
 *   await w.step("charge", shop.charge, order, { undo: shop.refund });
 *   await w.pivot("book", shop.book, order);
 * });
 * await app.publish(checkout.start({ id: "order-1", input: order }));
 */
export function workflow<
  const N extends string, I extends Schema, R,
  const P extends Ports = Record<never, AnyPort>,
  const M extends readonly AnyMessageDefinition[] = readonly [],
  const W extends readonly AnyMessageDefinition[] = readonly [],
  const S extends readonly AnyStatement[] = readonly [],
  const C extends readonly AnyChild[] = readonly [],
  const B extends readonly AnyMessageDefinition[] = readonly [],
>(
  name: N,
  options: WorkflowOptions<I, P, M, W, S, C, B>,
  run: (input: OutputOf<I>, w: WorkflowContext<{ ports: P; emits: M; waitsFor: W; waitsForByKey: B; statements: S; children: C }, OutputOf<I>>) => Promise<R>,
): Workflow<N, OutputOf<I>, R, P> {
  checkName("workflow", name);
  checkOptionNames(`Workflow '${name}'`, options, OPTIONS);
  const messages = messagesOf<N, OutputOf<I>, R>(name, options.input);
  const entity: AnyEntity = { name: runsOf(name), schema: RUN };
  const previous = options.previous ?? [];
  const version = options.version ?? 1;
  const before = previous.map((one) => one["~declared"]);
  const all = <T>(own: readonly T[] | undefined, old: (of: Declared) => readonly T[]): readonly T[] => [...new Set([...before.flatMap(old), ...(own ?? [])])];
  const byKey = all(options.waitsForByKey, (one) => one.waitsForByKey ?? []);
  const keyMessages = byKey.length === 0 ? null : keyMessagesOf(name);
  const declared: Declared = {
    ports: Object.assign({}, ...before.map((one) => one.ports), options.ports ?? {}) as Ports,
    emits: all(options.emits, (one) => one.emits), waitsFor: all(options.waitsFor, (one) => one.waitsFor), waitsForByKey: byKey,
    statements: all(options.statements, (one) => one.statements), children: all(options.children, (one) => one.children),
  };
  const operations = [...new Map(Object.values(declared.ports).flatMap((port) => Object.values(port)).map((one) => [one.name, one])).values()];
  const definition: Definition = {
    name, version, input: options.input, due: messages.due, ended: options.announces === true ? messages.ended : null,
    maxAttempts: options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS, maxBuffered: options.maxBuffered ?? DEFAULT_MAX_BUFFERED,
    operations: new Map(operations.map((one) => [one.name, one])), waitsFor: new Set(declared.waitsFor.map((one) => one.name)),
    waitsForByKey: new Set(byKey.map((one) => one.name)), keyMessages,
    versions: versionsOf(name, previous, version, run),
  };
  checkWhole(name, "maxAttempts", definition.maxAttempts);
  checkWhole(name, "maxBuffered", definition.maxBuffered);
  const keepsForMs = milliseconds(options.keepsFor ?? DEFAULT_KEEPS_FOR, `\`keepsFor\` of workflow '${name}'`);
  const handlers = handlersOf(definition, entity, version);
  function inspect<Seen>(of: RunDocument<unknown, Seen>): RunView<Seen>;
  function inspect<Seen>(of: RunDocument<unknown, Seen> | undefined): RunView<Seen> | undefined;
  function inspect<Seen>(of: RunDocument<unknown, Seen> | undefined): RunView<Seen> | undefined {
    return of === undefined ? undefined : inspectRun(of, definition.maxAttempts);
  }
  const keyed = keyRoutes(definition, byKey, keepsForMs, handlers);
  const on = (message: AnyMessageDefinition, handler: AnyHandler): AnyService["routes"][number] => ({ kind: "message", definition: message, handler });
  return Object.freeze({
    name, version, "~versions": definition.versions, "~declared": declared, "~definition": definition, run: entity,
    start: messages.start, cancel: messages.cancel, retry: messages.retry, restart: messages.restart, callback: messages.callback, ended: messages.ended,
    "~begun": messages.start, inspect,
    // The function awaits what has to come first.
    callsInOrder: false,
    entities: { runs: entity, ...keyed.entities }, ports: declared.ports as P, statements: declared.statements,
    emits: [...new Set([
      ...declared.emits, ...keyed.messages, messages.due, messages.revive, ChildEnded, ...(options.announces === true ? [messages.ended] : []),
      ...declared.children.flatMap((child) => [child.start, child.cancel]),
    ])],
    offers: [messages.start, messages.cancel, messages.retry, messages.restart, messages.callback],
    routes: [
      on(messages.start, handlers.start), on(messages.cancel, handlers.cancel), on(messages.retry, handlers.retry), on(messages.restart, handlers.restart),
      on(messages.callback, handlers.callback), on(messages.due, handlers.due), on(messages.revive, handlers.revive),
      ...(declared.children.length > 0 ? [on(ChildEnded, handlers.childEnded)] : []),
      ...declared.waitsFor.filter(({ name: one }) => !definition.waitsForByKey.has(one)).map((message) => on(message, handlers.message(message.name))),
      ...keyed.routes.map(([message, handler]) => on(message, handler)),
      ...operations.map((operation) => ({ kind: "outcome" as const, operation, handlers: outcomeHandlers(operation, handlers) })),
    ],
  });
}

function checkWhole(name: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new EvenkeelError(
    "CONFIG_INVALID", `Workflow '${name}' has the \`${option}\` ${String(value)}: give a whole number of at least 1.`, { details: { workflow: name, option } },
  );
}

function versionsOf(name: string, previous: readonly AnyWorkflow[], version: number, run: Body): Definition["versions"] {
  checkWhole(name, "version", version);
  const versions = new Map<number, Body>();
  for (const [number, known] of [...previous.flatMap((one) => [...one["~versions"]]), [version, run] as const]) {
    if ((versions.get(number) ?? known) !== known) {
      throw new EvenkeelError(
        "CONFIG_INVALID", `Workflow '${name}' has two versions ${String(number)}, so that runs could not tell them apart: give each its own \`version\`.`,
        { details: { workflow: name, option: "version" } },
      );
    }
    versions.set(number, known);
  }
  return versions;
}

function outcomeHandlers(operation: Operation, handlers: ReturnType<typeof handlersOf>): Readonly<Record<string, AnyHandler>> {
  const failures = ["notPerformed", ...Object.keys(operation.spec.failures ?? {})];
  return {
    ok: handlers.ok(operation.name),
    // Its runner asks until it is known.
    unknown: (_data: OutcomeOf, context: Handling): void => { context.reconcile(); },
    ...Object.fromEntries(failures.map((outcome) => [outcome, handlers.failed(operation.name, outcome)])),
  };
}
