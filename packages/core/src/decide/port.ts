// Ports: a user's declared dependency on the outside world. A port names its operations, their schemas, declared failures and
// policy; `provide` binds it to code. Nothing here performs a call.
import { checkName } from "../message/definition.ts";
import { EvenkeelError, type RetryClass } from "../errors.ts";
import type { OutputOf, Schema } from "../message/schema.ts";
import { checkOperation, type CheckedSpecs, type OperationSpec } from "./operation-spec.ts";

export interface Operation<Spec extends OperationSpec = OperationSpec, Port extends string = string, Name extends string = string> {
  readonly port: Port;
  /** "port.operation". */
  readonly name: `${Port}.${Name}`;
  readonly spec: Spec;
}

export type Port<Name extends string, Specs extends Readonly<Record<string, OperationSpec>>> =
  { readonly [Op in keyof Specs & string]: Operation<Specs[Op], Name, Op> };

export type AnyPort = Readonly<Record<string, Operation>>;

type FailuresOf<Spec extends OperationSpec> = Spec["failures"] extends Readonly<Record<string, Schema>> ? Spec["failures"] : Record<never, Schema>;
export type InputOfOperation<O extends Operation> = OutputOf<O["spec"]["input"]>;
export type OkOf<O extends Operation> = OutputOf<O["spec"]["ok"]>;
export type FailureName<O extends Operation> = keyof FailuresOf<O["spec"]> & string;
export type FailureData<O extends Operation, F extends FailureName<O>> = FailuresOf<O["spec"]>[F] extends Schema ? OutputOf<FailuresOf<O["spec"]>[F]> : never;

const RESERVED = new Set(["ok", "notPerformed", "unknown", "absent"]);

/**
 * Declares a port: operations that a service needs of the outside world, each with its input, every way it can answer, and its policy.
 *
 * Guarantees: a requested call commits with everything else its handler decided, and ends in one of its declared outcomes. Does not
 * make calls exactly once: each is performed at least once, always under the business key it was requested with. Times are in
 * milliseconds, defaults stand at each option of `OperationSpec`.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`.
 *
 * @example
 * const card = port("card", {
 *   charge: {
 *     input: z.object({ pence: z.number().int() }),
 *     ok: z.object({ chargeId: z.string() }),
 *     failures: { declined: z.object({ reason: z.string() }) },
 *   },
 * });
 */
export function port<const Name extends string, Specs extends Readonly<Record<string, OperationSpec>>>(
  name: Name, operations: Specs & CheckedSpecs<Specs>,
): Port<Name, Specs> {
  checkName("port", name);
  const entries = Object.entries(operations).map(([operation, spec]) => {
    for (const failure of Object.keys(spec.failures ?? {})) {
      if (RESERVED.has(failure)) {
        throw new EvenkeelError("NAME_INVALID", `Operation '${name}.${operation}' declares a failure named '${failure}', which is reserved: choose another name.`);
      }
    }
    checkOperation(`${name}.${operation}`, spec);
    return [operation, { port: name, name: `${name}.${operation}`, spec }] as const;
  });
  return Object.freeze(Object.fromEntries(entries)) as Port<Name, Specs>;
}

/** What an implementation is told about one attempt. */
export interface CallRequest<Input> {
  readonly input: Input;
  /** The business key: hand it to the provider as its idempotency key, together with the tenant. */
  readonly key: string;
  readonly tenant: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly trace: string | null;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When this attempt is aborted, by the host's elapsed clock: hand it to the policies you call (`policy.run(fn, { deadline })`). */
  readonly deadline: number;
  /** Aborts at the timeout and when the work is taken away: stop the request, do not just stop waiting. */
  readonly signal: AbortSignal;
}

/** What an implementation answers: `ok` or a declared failure, each with its data. */
export type AnswerOf<O extends Operation> =
  | { readonly kind: "ok"; readonly value: OkOf<O> }
  | { [F in FailureName<O>]: { readonly kind: F; readonly value: FailureData<O, F> } }[FailureName<O>];

type Perform<O extends Operation> = (request: CallRequest<InputOfOperation<O>>) => Promise<AnswerOf<O>>;
type Ask<O extends Operation> = (request: CallRequest<InputOfOperation<O>>) => Promise<AnswerOf<O> | { readonly kind: "absent" }>;

/** The code of one operation. */
export type ImplementationOf<O extends Operation> =
  O["spec"]["reconcile"] extends "repeat" ? { readonly perform: Perform<O> } : { readonly perform: Perform<O>; readonly ask: Ask<O> };

export type Implementation<P extends AnyPort> = { readonly [Op in keyof P]: ImplementationOf<P[Op]> };

/** A port bound to code, its types checked and then erased. */
export interface ProvidedPort {
  readonly port: AnyPort;
  readonly implementation: Readonly<Record<string, ProvidedOperation>>;
}

export interface ProvidedOperation {
  readonly perform: (request: CallRequest<never>) => Promise<{ readonly kind: string; readonly value?: unknown }>;
  readonly ask?: (request: CallRequest<never>) => Promise<{ readonly kind: string; readonly value?: unknown }>;
}

/**
 * Binds a port to the code that performs its calls. An implementation answers with `{ kind, value }` for `ok` and each declared
 * failure, throws {@link notPerformed} when the effect certainly did not happen, and anything else it throws makes the outcome unknown.
 * `ask` answers what became of the effect under a key; `absent` promises that no earlier attempt can bring it about any more.
 *
 * Guarantees: attempts of one routing key come one at a time, in order, unless its service says otherwise, as
 * workflows do; `signal` aborts at the timeout and when the work is taken away.
 * Does not protect the provider from repeats: hand it `key`.
 *
 * @example
 * const cardAtTheBank = provide(card, {
 *   charge: {
 *     perform: async ({ key, input, signal }) => ({ kind: "ok", value: await bank.charge(key, input.pence, signal) }),
 *     ask: async ({ key }) => { const found = await bank.find(key); return found ? { kind: "ok", value: found } : { kind: "absent" }; },
 *   },
 * });
 */
export function provide<P extends AnyPort>(bound: P, implementation: Implementation<P>): ProvidedPort {
  return { port: bound, implementation };
}

const NOT_PERFORMED = Symbol.for("evenkeel.not-performed");

/** Thrown by a port's implementation: the effect certainly did not happen, so trying again is safe. */
class NotPerformed extends Error {
  override readonly name = "NotPerformed";
  readonly afterMs: number | null;
  readonly retry: RetryClass;
  readonly [NOT_PERFORMED] = true;

  constructor(message: string, afterMs: number | null, retry: RetryClass, cause: unknown) {
    super(message, { cause });
    this.afterMs = afterMs;
    this.retry = retry;
  }
}

/**
 * What a port's implementation throws when the effect certainly did not happen: the connection was refused, the provider said "try
 * later". The call is tried again, and ends as `notPerformed` when attempts or time are used up. When in doubt, throw anything else.
 *
 * @param options.afterMs the least delay before the next attempt in milliseconds, from `Retry-After` for instance; default 0.
 * @param options.retry `never`: the same request would be refused again, so the call ends as `notPerformed` now, and the breaker counts an
 * answer. Default `later`.
 * @example throw notPerformed("The bank refused the connection.", { cause: error });
 */
export function notPerformed(message: string, options: { afterMs?: number; retry?: RetryClass; cause?: unknown } = {}): NotPerformed {
  return new NotPerformed(message, options.afterMs ?? null, options.retry ?? "later", options.cause);
}

export function isNotPerformed(error: unknown): error is NotPerformed {
  return typeof error === "object" && error !== null && NOT_PERFORMED in error;
}
