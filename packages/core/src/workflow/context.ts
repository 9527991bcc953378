// What a workflow's function is given: the types of its verbs. What they do stands in verbs.ts.
import type { DataOf, AnyMessageDefinition, MessageDefinition, NewMessage } from "../message/definition.ts";
import type { InputOfOperation, OkOf, Operation } from "../decide/port.ts";
import type { MessageOf, OperationsOf, Ports } from "../decide/service.ts";
import type { OutputOf, Schema } from "../message/schema.ts";
import type { AnyStatement } from "../decide/sql.ts";
import type { Duration } from "./duration.ts";
import type { Cancel, Start } from "./messages.ts";
import type { Awaitable, FirstOf, Known, NoOptions, Perhaps, Reaches, WaitOptions } from "./wait-by-key.ts";

/** What a workflow declares, gathered in one type so that its context needs no more. */
export interface Declared {
  readonly ports: Ports;
  readonly emits: readonly AnyMessageDefinition[];
  readonly waitsFor: readonly AnyMessageDefinition[];
  /** Those that come by other keys than the ids of its runs. */
  readonly waitsForByKey?: readonly AnyMessageDefinition[];
  readonly statements: readonly AnyStatement[];
  readonly children: readonly AnyChild[];
}

/** The part of a workflow that its parents use. */
export interface AnyChild {
  readonly name: string;
  readonly start: AnyMessageDefinition;
  readonly cancel: MessageDefinition<string, Cancel>;
  /** A run of it, whatever its input is by the types of its parent. */
  "~begun"(run: Start<unknown>): NewMessage;
  /** Never present at run time. */
  readonly "~child"?: { readonly input: unknown; readonly result: unknown };
}

type ChildInput<C extends AnyChild> = NonNullable<C["~child"]>["input"];
type ChildResult<C extends AnyChild> = NonNullable<C["~child"]>["result"];
type OperationOf<D extends Declared> = OperationsOf<D["ports"]>;

export interface StepOptions {
  /** The business key of the effect. Default: the workflow's name, the run's id and the step's name. */
  readonly key?: string;
  /** How long the call may take in all; default: its operation's. */
  readonly deadlineMs?: number;
}

/** How a compensatable step is undone. An operation that takes another input than the step needs `undoInput`. */
type UndoOptions<O extends Operation, U extends Operation> = StepOptions & { readonly undo: U } & (InputOfOperation<O> extends InputOfOperation<U>
  ? { readonly undoInput?: (value: OkOf<O>) => InputOfOperation<U> }
  : { readonly undoInput: (value: OkOf<O>) => InputOfOperation<U> });

/** One of several messages, told apart by its name. */
type AnyOf<M extends readonly AnyMessageDefinition[]> = { [I in keyof M]: { readonly name: M[I]["name"]; readonly data: DataOf<M[I]> } }[number];

interface AskOptions<D extends Declared, M extends readonly AnyMessageDefinition[]> {
  readonly answers: M;
  readonly undo?: {
    readonly send: MessageOf<D["emits"]>;
    /** Of which the first says that it is undone. */
    readonly answers: readonly D["waitsFor"][number][];
    /** Answers after which there is nothing to undo. */
    readonly unless?: readonly M[number][];
    /** After so long without an answer the run needs attention; default a day. The message is sent again when a person says `retry`. */
    readonly within?: Duration;
  };
}

export interface PendingCallback<Data> {
  /** Hand it to whoever shall answer: it names the run and this callback, and counts once. As hard to guess as the ids of messages. */
  readonly token: string;
  /** What was answered, or undefined when `within` is over. */
  readonly answer: Promise<Data | undefined>;
}

/** A message that a run has received and answers. */
export interface Received<Data> {
  readonly id: string;
  readonly data: Data;
  /** Answers it, once, with JSON: whoever sent it finds the answer in the run, by the message's id: `checkout.inspect(run).answers.get(id)`. */
  answer(value: unknown): void;
}

/**
 * The verbs of a workflow. Each step's result is durable before the next step begins; the function is run again from its start whenever the
 * run wakes up, and must ask for the same again: take time, chance and ids from here and from nowhere else.
 *
 * Names of steps, callbacks and children are unique within a run: in a loop, put the item's id into the name. Once the function has thrown,
 * a branch of it that still goes on is thrown the same at whatever it asks for: what was begun comes to its end, and nothing new begins.
 */
export interface WorkflowContext<D extends Declared, Input = never> {
  /** The run's id: the business key that it was started with. */
  readonly runId: string;
  readonly tenant: string;
  /** Milliseconds since 1970 at the last thing that the run was told. */
  readonly now: number;
  /** A number in [0, 1), the same at every replay. Not for secrets. */
  random(): number;
  /** An id, the same at every replay. Not for secrets. */
  newId(): string;

  /**
   * A compensatable step: performs an operation, and undoes it if the run fails or is cancelled later. Throws a {@link StepFailure} for
   * declared failures and `notPerformed`; an unknown outcome is asked for until it is known, and never seen here. Not after the pivot.
   */
  step<O extends OperationOf<D>, U extends OperationOf<D>>(
    name: string, operation: O, input: InputOfOperation<O>, options: UndoOptions<O, U>,
  ): Promise<OkOf<O>>;
  /** The step that decides: before it everything can be undone, after it nothing is. Once a run, and with no compensatable step under way. */
  pivot<O extends OperationOf<D>>(name: string, operation: O, input: InputOfOperation<O>, options?: StepOptions): Promise<OkOf<O>>;
  /** A step that must succeed: tried again until it does, and put before a person (`attention`) after the last attempt. */
  retriable<O extends OperationOf<D>>(name: string, operation: O, input: InputOfOperation<O>, options?: StepOptions): Promise<OkOf<O>>;
  /** A step without an effect, so that there is nothing to undo. */
  readonly<O extends OperationOf<D>>(name: string, operation: O, input: InputOfOperation<O>, options?: StepOptions): Promise<OkOf<O>>;

  /** Sends a message with the commit of what the run does now: exactly once. */
  emit(message: MessageOf<D["emits"]>): void;
  /** Runs a declared statement inside the commit of what the run does now: exactly once. */
  run<T extends D["statements"][number]>(statement: T, parameters: Parameters<T["values"]>[0]): void;

  /** Waits, durably and without cost to the process, up to ten years. */
  sleep(duration: Duration | { readonly until: Date }): Promise<void>;
  /**
   * Waits for a message: one of `waitsFor`, whose key is the run's id, or, with `key`, one of `waitsForByKey` that has this key. One that came before
   * counts. Those by the run's id are kept, in order, until the run ends. Those by another key are kept for `keepsFor`, and every run that asks is given
   * each of them once, in order. Undefined when `within` is over first; what comes then is there for the next wait.
   *
   * @example const settled = await w.waitFor(PaymentSettled, { key: order.paymentId, within: { days: 2 } });
   */
  waitFor<M extends AnyMessageDefinition, O extends WaitOptions = NoOptions>(message: M & Reaches<D, M, O>, options?: Known<O>): Promise<Perhaps<DataOf<M>, O>>;
  /**
   * As `waitFor`, for the first of several messages.
   *
   * @example const first = await w.waitForAny([OrderCancelled, { message: PaymentSettled, key: order.paymentId }]);
   */
  waitForAny<const A extends readonly Awaitable<D>[], O extends { readonly within?: Duration } = NoOptions>(
    awaited: A, options?: O & Readonly<Record<Exclude<keyof O, "within">, never>>,
  ): Promise<Perhaps<FirstOf<A>, O>>;
  /** As `waitFor`, for a message that is answered: an update of the run. The last hundred answers are kept. */
  receive<M extends AnyMessageDefinition, O extends WaitOptions = NoOptions>(
    message: M & Reaches<D, M, O>, options?: Known<O>,
  ): Promise<Perhaps<Received<DataOf<M>>, O>>;
  /**
   * Sends a message to a service, exactly once, and waits for the first of its answers, whose keys are the run's id. With `undo` it is a step
   * that can be undone: by another message, when the run fails or is cancelled later, and also when no answer came `within` the time.
   * An answer that comes later than that has no effect, and is told among the strays: the first message of these names is taken for it.
   */
  ask<const M extends readonly D["waitsFor"][number][]>(message: MessageOf<D["emits"]>, options: AskOptions<D, M>): Promise<AnyOf<M>>;
  ask<const M extends readonly D["waitsFor"][number][]>(
    message: MessageOf<D["emits"]>, options: AskOptions<D, M> & { readonly within: Duration },
  ): Promise<AnyOf<M> | undefined>;
  /** Has the outside answer once: publish the workflow's `callback` with the token. A second answer, or a late one, is told among the strays. */
  callback<S extends Schema>(name: string, data: S, options?: { readonly within?: Duration }): PendingCallback<OutputOf<S>>;

  /**
   * Starts a run of another workflow and waits for its result; throws `CHILD_FAILED` where it did not return. A child that is under way when its
   * parent fails or is cancelled is told to cancel, and waited for; one that is under way when its parent returns is waited for.
   */
  child<C extends D["children"][number]>(name: string, workflow: C, run: { readonly id: string; readonly input: ChildInput<C> }): Promise<ChildResult<C>>;
  /** Does `work` for each item, `atMost` at a time, and gives the results in the items' order. */
  map<T, R>(items: readonly T[], options: { readonly atMost: number }, work: (item: T, index: number) => Promise<R>): Promise<R[]>;

  /**
   * Ends this generation of the run and begins the next, with a journal of its own and another input, in one commit: for runs that go on for
   * ever. It never returns: `return w.continueAsNew(next)`. Id, parent, and messages that nobody has waited for yet stay; the version is
   * that of a run started now; what else the run waits for is over, and so are the tokens of its callbacks. Steps of the new generation
   * have keys of their own, unless you name the key.
   *
   * Refused (`WORKFLOW_STEP_REFUSED`) while a step, a child or an answer is under way, while a step may still have to be undone (before the
   * pivot), and where this generation has not waited for anything yet; an input that is none is `DATA_INVALID`. Both are defects.
   */
  continueAsNew(input: Input): Promise<never>;

  /** Whether this run takes the way of a change named so: runs that were past this place before the change go on as they began. */
  patched(name: string): boolean;
}
