// How a wait says by which key its message comes: the types that users see, and what a journal keeps of it. Without a key it is the run's id.
import { EvenkeelError } from "../errors.ts";
import type { AnyMessageDefinition, DataOf } from "../message/definition.ts";
import type { Duration } from "./duration.ts";
import type { Buffered } from "./journal.ts";

/** What a workflow declares of the messages that reach its runs. */
interface DeclaredWaits {
  readonly waitsFor: readonly AnyMessageDefinition[];
  readonly waitsForByKey?: readonly AnyMessageDefinition[];
}

export interface WaitOptions {
  /** By which key the message comes, for one of `waitsForByKey`; default: the run's id, for one of `waitsFor`. */
  readonly key?: string;
  /** After so long the wait is over, and gives undefined; default: it has no end. */
  readonly within?: Duration;
}

export type NoOptions = Readonly<Record<never, never>>;

type ByKey<D extends DeclaredWaits> = D extends { readonly waitsForByKey: infer B extends readonly AnyMessageDefinition[] } ? B[number] : never;

/** Says why a message does not reach the run that way, and that nothing else was meant by the options. */
export type Reaches<D extends DeclaredWaits, M, O> = "key" extends keyof O
  ? M extends ByKey<D> ? unknown
    : { readonly "wait error": "Nothing forwards it from another key: add the definition to the workflow's `waitsForByKey`." }
  : M extends D["waitsFor"][number] ? unknown
    : M extends ByKey<D> ? { readonly "wait error": "It comes by another key than the run's id: say which, `{ key }`." }
      : { readonly "wait error": "It reaches no run: add the definition to the workflow's `waitsFor`." };

/** Nothing but what a wait knows. */
export type Known<O> = O & Readonly<Record<Exclude<keyof O, keyof WaitOptions>, never>>;

/** What is waited for, or undefined where the wait may be over before. */
export type Perhaps<T, O> = "within" extends keyof O ? T | undefined : T;

/** One of several messages that a run waits for: one that comes by its id, or one by another key. */
export type Awaitable<D extends DeclaredWaits> = D["waitsFor"][number] | { readonly message: ByKey<D>; readonly key: string };

/** The first of several, told apart by its name, and by its key where that is another one. */
export type FirstOf<A extends readonly unknown[]> = { [I in keyof A]: A[I] extends { readonly message: infer M extends AnyMessageDefinition }
  ? { readonly name: M["name"]; readonly key: string; readonly data: DataOf<M> }
  : A[I] extends AnyMessageDefinition ? { readonly name: A[I]["name"]; readonly data: DataOf<A[I]> } : never }[number];

export type AnyAwaitable = AnyMessageDefinition | { readonly message: AnyMessageDefinition; readonly key: string };

/** As a journal has it: `keys` beside `names`, null for the run's id, and absent where all are. */
export interface AwaitedNames { readonly names: readonly string[]; readonly keys?: readonly (string | null)[] }

export const NOTHING: AwaitedNames = { names: [] };

export function awaitedNames(awaited: readonly AnyAwaitable[]): AwaitedNames {
  const names = awaited.map((one) => "message" in one ? one.message.name : one.name);
  const keys = awaited.map((one) => "message" in one ? one.key : null);
  return keys.every((key) => key === null) ? { names } : { names, keys };
}

/** Whether a message is one that is waited for: by its name, and the key by which it comes. */
export function isAwaited({ names, keys }: AwaitedNames, message: Pick<Buffered, "name" | "key">): boolean {
  return names.some((name, at) => name === message.name && (keys?.[at] ?? null) === (message.key ?? null));
}

/** What a function is told of a message that it does not answer. */
export function withoutId({ id: _id, ...answer }: Buffered): Omit<Buffered, "id"> {
  return answer;
}

/** A message as a function is told of it. `id`: it is answered in its turn. */
export interface Told { readonly name: string; readonly data?: unknown; readonly key?: string; readonly id?: string }

/** What a journal has of it; undefined: the time was over. */
export function toldOf(value: unknown): Told | undefined {
  if (value === undefined || isTold(value)) return value;
  throw new EvenkeelError("HISTORY_INVALID", "What answered a wait is no message: the journal is not as it was written.");
}

function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string"
    && (!("key" in value) || typeof value.key === "string") && (!("id" in value) || typeof value.id === "string");
}

/** In words: `payment.settled' of 'p-1`, or several of them. */
export function awaitedWords({ names, keys }: AwaitedNames): string {
  return names.map((name, at) => typeof keys?.[at] === "string" ? `${name}' of '${keys[at]}` : name).join("' or '");
}

interface Heard { readonly waitsFor: ReadonlySet<string>; readonly waitsForByKey: ReadonlySet<string> }

/** A message that would never come that way, and what to do; null: all may. */
export function whyUnheard({ names, keys }: AwaitedNames, { waitsFor, waitsForByKey }: Heard): { readonly name: string; readonly why: string } | null {
  for (const [at, name] of names.entries()) {
    const isKeyed = typeof keys?.[at] === "string";
    if ((isKeyed ? waitsForByKey : waitsFor).has(name)) continue;
    if (isKeyed) return { name, why: "it would be waited for by another key, from which nothing forwards it: add its definition to the workflow's `waitsForByKey`" };
    if (waitsForByKey.has(name)) return { name, why: "it comes by another key than the run's id: say which (`{ key }`), or add its definition to the workflow's `waitsFor`" };
    return { name, why: "it would be waited for, and reaches no run: add its definition to the workflow's `waitsFor`" };
  }
  return null;
}
