// What the outside sends because of what it was asked: a callback, a webhook. Plain values, and the messages that come of them.
import type { InputOfOperation, Operation } from "@evenkeel/core";
import { derivedId, encode } from "@evenkeel/core/engine";
import type { AnswerRequest } from "./answers.ts";
import type { Effect, KnownMessage } from "./contents.ts";
import type { Messages } from "./messages.ts";
import type { MadeMessage } from "./stimulus.ts";

/** A message that may follow an effect. */
export interface Reaction {
  /** "port.operation". */
  readonly operation: string;
  readonly message: (request: AnswerRequest<unknown>) => MadeMessage | undefined;
}

/**
 * A message that the outside may send once an operation has taken effect, at any time from then on, or never; at most once in a check. `undefined`:
 * none follows this request. For a check's `reactions`, where what arrives cannot be known before: a workflow's callback bears a token that the
 * provider was handed.
 *
 * @example
 * reactions: [reaction(reviews.open, ({ input }) => delivery.callback({ token: input.token, data: { approved: true, by: "Ada" } }))]
 */
export function reaction<O extends Operation>(
  operation: O, message: (request: AnswerRequest<InputOfOperation<O>>) => MadeMessage | undefined,
): Reaction {
  return { operation: operation.name, message: (request) => message(request) };
}

/** The messages that may follow what the provider did, each made once. */
export function follower(
  { operation, message }: Reaction, { messages, stimulus, now, limits }: {
    readonly messages: Messages; readonly stimulus: number; readonly now: number; readonly limits: Parameters<typeof encode>[4];
  },
): (effect: Effect) => KnownMessage | null {
  const known = new WeakMap<Effect, { readonly message: KnownMessage | null }>();
  const follow = ({ tenant, key, input, applied }: Effect): KnownMessage | null => {
    const made = applied === 0 ? undefined : message({ input: JSON.parse(input) as unknown, key, tenant });
    if (made === undefined) return null;
    const name = `${made.name} after ${operation} ${key}`;
    const id = derivedId(`${tenant}\u0000~${name} ${String(stimulus)}`);
    const envelope = encode(made.definition, made.data, { id, tenant, causationId: null, correlationId: name, trace: null, occurredAt: now }, 1, limits);
    return messages.know(envelope, stimulus);
  };
  return (effect) => {
    if (effect.operation !== operation) return null;
    const found = known.get(effect) ?? { message: follow(effect) };
    known.set(effect, found);
    return found.message;
  };
}
