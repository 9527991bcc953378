// The provider's side of a port while a system is checked: what it answers, for each way a call can end. The fake that uses these keeps
// keys as a good provider does; which of the ends happen is said by `faults.ports`.
import type { AnswerOf, FailureName, InputOfOperation, Operation, ProvidedPort } from "@evenkeel/core";

/** What is known of a call when its answer is made. */
export interface AnswerRequest<Input> {
  readonly input: Input;
  /** The business key. */
  readonly key: string;
  readonly tenant: string;
}

type ValueOf<O extends Operation, Kind extends string> = Extract<AnswerOf<O>, { readonly kind: Kind }>["value"];
/** A value, or a pure function of the request. */
type AnswerFor<O extends Operation, Kind extends string> = ValueOf<O, Kind> | ((request: AnswerRequest<InputOfOperation<O>>) => ValueOf<O, Kind>);

export type AnswersFor<O extends Operation> =
  { readonly ok: AnswerFor<O, "ok"> } & { readonly [F in FailureName<O>]?: AnswerFor<O, F> };

export interface FakePort {
  readonly port: Readonly<Record<string, Operation>>;
  readonly answers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * What the provider of a port answers: `ok` for every operation, and every declared failure that is to be explored. Answers are validated
 * by the operation's schemas.
 *
 * @example
 * answers(card, {
 *   charge: { ok: ({ key }) => ({ chargeId: `charge of ${key}` }), declined: { reason: "no funds" } },
 * });
 */
export function answers<P extends Readonly<Record<string, Operation>>>(
  port: P, given: { readonly [Op in keyof P]: AnswersFor<P[Op]> },
): FakePort {
  return { port, answers: given };
}

/** A fake as definitions are judged with it. The code behind a port is not what is checked: the answers are all there is. */
export function providedFake({ port }: FakePort): ProvidedPort {
  const never = (): Promise<never> => Promise.reject(new Error("A check performs no calls: this is a defect of the checker."));
  return { port, implementation: Object.fromEntries(Object.keys(port).map((name) => [name, { perform: never, ask: never }])) };
}
