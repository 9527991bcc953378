// What a check of a system is written as. Types only: everything is inferred from the services and messages that are handed in.
import type { AnyMessageDefinition, AnyService, DataOf, DocumentOf, FailureName, InputOfOperation, Operation } from "@evenkeel/core";
import type { CallState } from "@evenkeel/core/spi";
import type { InvariantDefinition, Predicate } from "../model/definition.ts";
import type { FakePort } from "./answers.ts";
import type { Reaction } from "./reaction.ts";
import type { MadeMessage, Arrival, WhenEntry } from "./stimulus.ts";

type Services = readonly AnyService[];
type Definitions = readonly AnyMessageDefinition[];

/** The one of these that has this name. */
type Named<All extends { readonly name: string }, Name> = Extract<All, { readonly name: Name }>;
type EachOperation<Port> = Port extends Readonly<Record<string, Operation>> ? Port[keyof Port] : never;
/** One service after the other: one without ports takes nothing from the others. */
type OperationsOf<Service> = Service extends { readonly ports: infer P } ? EachOperation<P[keyof P]> : never;
/** Every operation that one of the services calls. */
type OperationIn<S extends Services> = Extract<OperationsOf<S[number]>, Operation>;

/**
 * What may become of an attempt. `ok` and the declared failures are the provider's answers. `notPerformed`: certainly not, and all attempts
 * are used up. `unknown-applied`: no answer, and the effect happened; `unknown-not-applied`: no answer, and it did not; `late-applied`: no
 * answer, and it happens at any later time, of which the provider knows when it is asked; `late-denied`: the same with a provider that says
 * it has no such effect, which it must not. `unresolved`: asked about an unknown outcome, it has said nothing definite by the deadline.
 */
export type AttemptName<O extends Operation> =
  "ok" | FailureName<O> | "notPerformed" | "unknown-applied" | "unknown-not-applied" | "late-applied" | "late-denied" | "unresolved";

export interface Faults<S extends Services> {
  /** Each stimulus arrives again so many times, at any time. Default 0. */
  readonly duplicates?: number;
  /** So many workers die between the effect of a call and its outcome, per stimulus and all it sets in motion. Default 0. */
  readonly crashes?: number;
  /** So many messages kill every worker that handles them and become dead letters, per stimulus. Default 0. */
  readonly poisons?: number;
  /** So many dead letters are redriven by an operator, per stimulus. Default 0. */
  readonly redrives?: number;
  /**
   * So many times, per stimulus, a worker is lost with the calls that it holds in memory, and another takes their key over. Where this is said, also as
   * 0, first attempts of a workflow's calls have no row, as in an application; otherwise each call has one. Default: not said.
   */
  readonly takeovers?: number;
  /** By operation: the ends that an attempt may have. Default: `ok` alone. */
  readonly ports?: { readonly [Name in OperationIn<S>["name"]]?: readonly AttemptName<Named<OperationIn<S>, Name>>[] };
}

/** A document with its key and tenant; one that is no object stands under `value`. */
export type KeptDocument<Document> =
  (Document extends readonly unknown[] ? { readonly value: Document } : Document extends object ? Readonly<Document> : { readonly value: Document })
  & { readonly key: string; readonly tenant: string };

/** What the provider did under one key. */
export interface ProviderEffect<O extends Operation> {
  readonly key: string;
  readonly tenant: string;
  /** The routing key of the message whose handler asked for it first. */
  readonly routingKey: string;
  readonly input: InputOfOperation<O>;
  /** Times the effect happened: 0 where the provider answered with a failure, or has not received the request yet. */
  readonly applied: number;
  /** The name of its answer; null while a request is on its way to it. */
  readonly answer: string | null;
}

export interface MessageInFlight {
  readonly service: string;
  readonly name: string;
  readonly key: string;
  readonly tenant: string;
  readonly data: unknown;
}

export interface ParkedMessage extends MessageInFlight {
  /** "dead": waits for a person. */
  readonly state: "waiting" | "dead";
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  /** Messages of its key that wait behind it. */
  readonly behind: number;
}

export interface CallInFlight {
  readonly service: string;
  readonly operation: string;
  readonly key: string;
  readonly tenant: string;
  readonly routingKey: string;
  readonly state: CallState;
  readonly input: unknown;
}

/** A timer that has not fired: the message that it will be. */
export interface TimerInFlight {
  readonly name: string;
  readonly key: string;
  readonly tenant: string;
  readonly data: unknown;
}

/** A message of `observe`, with the number of times it was appended. */
export interface ObservedMessage<Data> {
  readonly key: string;
  readonly tenant: string;
  readonly data: Data;
  readonly times: number;
}

/** The world between two steps. */
export type SystemState<S extends Services, O extends Definitions> =
  { readonly [Name in S[number]["name"]]: DocumentsOf<Named<S[number], Name>> } & SystemFacts<S, O>;

type DocumentsOf<Service extends AnyService> =
  { readonly [Binding in keyof Service["entities"]]: readonly KeptDocument<DocumentOf<Service["entities"][Binding]>>[] };

export interface SystemFacts<S extends Services, O extends Definitions> {
  /** What the outside did, by operation. */
  readonly provider: { readonly [Name in OperationIn<S>["name"]]: readonly ProviderEffect<Named<OperationIn<S>, Name>>[] };
  /** How often messages of `observe` were appended, by name. */
  readonly observed: { readonly [Name in O[number]["name"]]: readonly ObservedMessage<DataOf<Named<O[number], Name>>>[] };
  /** Messages that a service has not handled, parked ones included. */
  readonly messages: readonly MessageInFlight[];
  /** The heads of parked keys. */
  readonly parked: readonly ParkedMessage[];
  /** Those that wait for a person. */
  readonly deadLetters: readonly ParkedMessage[];
  readonly calls: readonly CallInFlight[];
  readonly timers: readonly TimerInFlight[];
  /** Nothing can happen any more without another fault, or a message that may or may not arrive. */
  readonly isQuiet: boolean;
}

/** The in-memory twin of a declared statement: what it makes of the tables. Throws what the database would refuse. */
export type StatementTwin<Tables> = (tables: Tables, values: readonly (string | null)[]) => { readonly tables: Tables; readonly rows: number };

export interface SystemDefinition<S extends Services, O extends Definitions = readonly [], Tables = unknown> {
  /** For the report. Default: the names of the services. */
  readonly name?: string;
  /** The services as they ship. */
  readonly system: S;
  /** Other definitions of these services, running side by side with them: each message is handled by one or the other. */
  readonly versions?: readonly AnyService[];
  /** Handled to their end, in this order, before the exploration begins. */
  readonly given?: readonly (MadeMessage | Arrival)[];
  /** What arrives, in any order and at any time. */
  readonly when: readonly WhenEntry[];
  /** What the outside may send because of what it was asked: see {@link reaction}. Default: nothing. */
  readonly reactions?: readonly Reaction[];
  /** What the providers of all ports answer. */
  readonly ports?: readonly FakePort[];
  readonly faults?: Faults<NoInfer<S>>;
  /** Runs of a handler that fails transiently until its message is a dead letter. Default 3: every further one is a further state. */
  readonly attempts?: number;
  /** The present, for ever: milliseconds since 1970. Default 2026-01-01. */
  readonly now?: number;
  /** Messages whose appends are counted, so that invariants can speak of what was said. Each count is a further state. */
  readonly observe?: O;
  /** Twins of declared SQL: the tables, and what each statement makes of them. A statement without a twin makes the verdict `bounded`. */
  readonly statements?: { readonly tables: Tables; readonly twins: Readonly<Record<string, StatementTwin<NoInfer<Tables>>>> };
  /** Must hold in every state. */
  readonly invariants?: Readonly<Record<string, InvariantDefinition<SystemState<NoInfer<S>, NoInfer<O>>>>>;
  /** Must hold of every step that changes the state. */
  readonly steps?: Readonly<Record<
    string, (before: SystemState<NoInfer<S>, NoInfer<O>>, after: SystemState<NoInfer<S>, NoInfer<O>>, step: string) => boolean
  >>;
  /** Must be true of some state. */
  readonly sometimes?: Readonly<Record<string, Predicate<SystemState<NoInfer<S>, NoInfer<O>>>>>;
  /** Must hold wherever nothing can happen any more. */
  readonly eventually?: Readonly<Record<string, Predicate<SystemState<NoInfer<S>, NoInfer<O>>>>>;
  /**
   * The same, asked of each key for itself: the state holds only what belongs to that routing key (documents of that key, its messages and
   * calls, what the provider did for these). Asked of every key that anything belongs to. What happens to other keys makes no difference
   * to it, which is what lets reductions leave out their interleavings.
   */
  readonly perKey?: {
    readonly invariants?: Readonly<Record<string, KeyedInvariant<SystemState<NoInfer<S>, NoInfer<O>>>>>;
    readonly eventually?: Readonly<Record<string, KeyedPredicate<SystemState<NoInfer<S>, NoInfer<O>>>>>;
  };
  readonly reductions?: Reductions;
}

/** Ways to see less than all states, and to say the same of all of them. All are off unless asked for. */
export interface Reductions {
  /**
   * Of steps that do not touch what the others touch, one order stands for all. Traces are no longer the shortest ones of the whole system.
   * What properties look at counts as touched, so ask them per key where you can; `steps` leave little to gain.
   */
  readonly partialOrder?: boolean;
  /** What nothing can touch any more is not told apart, once no property relates it to what may still change. */
  readonly retired?: boolean;
}

type KeyedPredicate<State> = (state: State, key: string) => boolean;
type KeyedInvariant<State> = KeyedPredicate<State> | { readonly when: KeyedPredicate<State>; readonly then: KeyedPredicate<State> };
