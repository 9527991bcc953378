// Services: a named owner of entities, with handlers. A service value is immutable; `on` and `outcome` return a new one. The types here
// say what a handler may do; what it did is recorded in context.ts.
import { EvenkeelError } from "../errors.ts";
import type { CallFailure } from "../message/call.ts";
import { checkName, type AnyMessageDefinition, type DataOf, type NewMessage } from "../message/definition.ts";
import type { Envelope } from "../message/envelope.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { AnyEntity, DocumentOf, EntityAccess } from "./entity.ts";
import type { AnyPort, FailureData, FailureName, InputOfOperation, OkOf, Operation } from "./port.ts";
import type { AnyStatement } from "./sql.ts";

type Entities = Readonly<Record<string, AnyEntity>>;
export type Ports = Readonly<Record<string, AnyPort>>;
export type OperationsOf<P extends Ports> = { [K in keyof P]: P[K][keyof P[K]] }[keyof P];

interface ServiceOptions<E extends Entities, P extends Ports, M extends readonly AnyMessageDefinition[], S extends readonly AnyStatement[]> {
  readonly entities?: E;
  readonly ports?: P;
  /** Every message its handlers may emit or schedule. */
  readonly emits?: M;
  readonly statements?: S;
}

export type MessageOf<M extends readonly AnyMessageDefinition[]> = M extends readonly []
  ? { readonly "emit error": "This service declares no messages: add the definition to its `emits`." }
  : { [I in keyof M]: M[I] extends AnyMessageDefinition ? NewMessage<M[I]["name"], DataOf<M[I]>> : never }[number];

/** When a scheduled message is due: a delay from the commit, or a point in time by the store's clock. */
export type When = { readonly afterMs: number; readonly name?: string } | { readonly at: Date; readonly name?: string };

interface Verbs<P extends Ports, M extends readonly AnyMessageDefinition[], S extends readonly AnyStatement[]> {
  /** The envelope of the message being handled. */
  readonly message: Envelope;
  /** Milliseconds since 1970, fixed for this run of the handler. */
  readonly now: number;
  /** Emits a message with the commit. */
  emit(message: MessageOf<M>): void;
  /** Emits a message later. With a `name`, scheduling again under the same routing key replaces it. */
  schedule(message: MessageOf<M>, when: When): void;
  /** Removes a named schedule of this routing key, if it has not fired. */
  unschedule(name: string): void;
  /**
   * Requests a call. It is performed after the commit, at least once, with `key` as the business key of the effect; its outcome comes back
   * to this service. While a call with the same key is under way, the same input joins it and another input is a typed failure.
   */
  call<O extends OperationsOf<P>>(
    operation: O,
    request: { readonly key: string; readonly input: InputOfOperation<O>; readonly deadlineMs?: number },
  ): void;
  /** Runs a declared statement inside the commit. */
  run<T extends S[number]>(statement: T, parameters: Parameters<T["values"]>[0]): void;
}

export type Context<E extends Entities, P extends Ports, M extends readonly AnyMessageDefinition[], S extends readonly AnyStatement[]> = Verbs<
  P,
  M,
  S
> & { readonly [K in keyof E]: EntityAccess<DocumentOf<E[K]>> };

type Handler<Data, C> = (data: Data, context: C) => Promise<void> | void;

/** The call an outcome belongs to. */
interface CallOf<O extends Operation> {
  readonly id: string;
  readonly key: string;
  readonly input: InputOfOperation<O>;
  readonly attempts: number;
}

interface Answers {
  /** Ask the provider by key, durably, until it knows; "absent" performs the call again with the same key. */
  reconcile(): void;
  /** Give the call up with its outcome unknown. */
  abandon(): void;
}

/**
 * The ways a call can end: `ok`, the declared failures, `notPerformed` (it certainly did not happen, and the attempts or the deadline are
 * used up) and `unknown`.
 */
type OutcomeName<O extends Operation> = "ok" | "notPerformed" | "unknown" | FailureName<O>;

type OutcomeData<O extends Operation, Name> = Name extends "ok"
  ? { readonly call: CallOf<O>; readonly value: OkOf<O> }
  : Name extends "notPerformed" | "unknown"
    ? { readonly call: CallOf<O>; readonly failure: CallFailure }
    : Name extends FailureName<O>
      ? { readonly call: CallOf<O>; readonly value: FailureData<O, Name> }
      : never;

/**
 * One handler for each way a call can end; a missing one does not compile. The handler of `unknown` answers `reconcile` or `abandon`;
 * without an answer the call waits for a person once its deadline has passed.
 *
 * One mapped type over all names: an intersection would show the handlers' parameters as unions while O is being inferred.
 */
type OutcomeHandlers<O extends Operation, C> = {
  readonly [Name in OutcomeName<O>]: Handler<OutcomeData<O, Name>, Name extends "unknown" ? C & Answers : C>;
};

/**
 * A handler as the engine runs it: data already validated, context already checked. Returns nothing, or a promise of nothing; one of the platform's
 * own may return a `Turn`, or a promise of one.
 */
export type AnyHandler = (data: never, context: never) => unknown;

type Route =
  | { readonly kind: "message"; readonly definition: AnyMessageDefinition; readonly handler: AnyHandler }
  | { readonly kind: "outcome"; readonly operation: Operation; readonly handlers: Readonly<Record<string, AnyHandler>> };

/** The part of a service that the engine uses once types have done their work. */
export interface AnyService {
  readonly name: string;
  readonly entities: Entities;
  readonly ports: Ports;
  readonly emits: readonly AnyMessageDefinition[];
  readonly statements: readonly AnyStatement[];
  readonly routes: readonly Route[];
  /** Messages that it handles if anybody sends them, and that nobody need send. */
  readonly offers?: readonly AnyMessageDefinition[];
  /**
   * Whether calls of one routing key go one after the other, in the order in which they were requested. Default: true. A service whose handlers wait
   * for what has to come first themselves, as workflows do, says false: then all that were requested go at the same time.
   */
  readonly callsInOrder?: boolean;
  /** A message that the application publishes at each start, in each of these tenants. It may come any number of times. */
  readonly begins?: { readonly message: NewMessage; readonly tenants: readonly string[] };
}

export interface Service<
  E extends Entities,
  P extends Ports,
  M extends readonly AnyMessageDefinition[],
  S extends readonly AnyStatement[],
  N extends string = string,
> extends AnyService {
  readonly name: N;
  readonly entities: E;
  readonly ports: P;
  /** Handles a message. Events may have a handler in many services, commands in exactly one. */
  on<D extends AnyMessageDefinition>(definition: D, handler: Handler<DataOf<D>, Context<E, P, M, S>>): Service<E, P, M, S, N>;
  /** Handles every outcome of an operation that this service calls. */
  outcome<O extends OperationsOf<P>>(operation: O, handlers: OutcomeHandlers<O, Context<E, P, M, S>>): Service<E, P, M, S, N>;
}

const OPTIONS: OptionNames<ServiceOptions<Entities, Ports, readonly [], readonly []>> = { entities: true, ports: true, emits: true, statements: true };
const VERBS = new Set(["message", "now", "emit", "schedule", "unschedule", "call", "run", "reconcile", "abandon"]);

/**
 * Defines a service.
 *
 * Guarantees: what one handler run decided (documents, messages, calls, timers, SQL) commits in one transaction together with the
 * group's progress; a message takes effect once per service, in the order of its key. Does not: await the outside inside a handler.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`.
 *
 * @example
 * const accounting = service("accounting", { entities: { revenue: Revenue } })
 *   .on(OrderPlaced, async (order, { revenue }) => {
 *     const soFar = await revenue.get("total");
 *     revenue.put("total", { pence: (soFar?.pence ?? 0) + order.pence });
 *   });
 */
export function service<
  const E extends Entities = Record<never, AnyEntity>,
  const P extends Ports = Record<never, AnyPort>,
  const M extends readonly AnyMessageDefinition[] = readonly [],
  const S extends readonly AnyStatement[] = readonly [],
  const N extends string = string,
>(name: N, options: ServiceOptions<E, P, M, S> = {}): Service<E, P, M, S, N> {
  checkName("service", name);
  checkOptionNames(`Service '${name}'`, options, OPTIONS);
  for (const verb of Object.keys(options.entities ?? {})) {
    if (VERBS.has(verb))
      throw new EvenkeelError("NAME_INVALID", `Service '${name}' binds an entity as '${verb}', which is a verb of the context: choose another name.`);
  }
  const entities = options.entities ?? {};
  const ports = options.ports ?? {};
  // Without `entities` or `ports` their types are those of no entities and no ports.
  return extend<E, P, M, S, N>({
    name, entities: entities as E, ports: ports as P, emits: options.emits ?? [], statements: options.statements ?? [], routes: [],
  });
}

type Named<E extends Entities, P extends Ports, N extends string> =
  Omit<AnyService, "name" | "entities" | "ports"> & { readonly name: N; readonly entities: E; readonly ports: P };

function extend<
  E extends Entities, P extends Ports, M extends readonly AnyMessageDefinition[], S extends readonly AnyStatement[], N extends string,
>(base: Named<E, P, N>): Service<E, P, M, S, N> {
  const add = (route: Route): Service<E, P, M, S, N> => extend({ ...base, routes: [...base.routes, route] });
  return Object.freeze({
    ...base,
    on: (definition: AnyMessageDefinition, handler: AnyHandler) => add({ kind: "message", definition, handler }),
    outcome: (operation: Operation, handlers: object) =>
      add({ kind: "outcome", operation, handlers: handlers as Readonly<Record<string, AnyHandler>> }),
  });
}

/** The name of the message that carries the outcomes of an operation back to the service that called it. */
export function outcomeName(service: string, operation: string): string {
  return `${service}.${operation}.outcome`;
}
