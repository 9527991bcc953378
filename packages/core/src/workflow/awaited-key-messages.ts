// What runs and the keys that they wait for tell each other: a run asks at a key, and leaves it; the key forwards to the run what came. The first two
// have the other key as theirs, so that they stand in one order with the messages that come by it; the last has the run's id.
import { define, type MessageDefinition } from "../message/definition.ts";
import type { KeyWait, WaitOf } from "./awaited-key.ts";
import type { Buffered } from "./journal.ts";
import { plain, text } from "./messages.ts";

export interface Subscribe extends KeyWait { readonly key: string }
export interface Unsubscribe extends WaitOf { readonly key: string }
/** A message that came by another key than the run's id, and the wait that it was forwarded to. */
export interface Signal { readonly to: WaitOf; readonly message: Buffered & { readonly key: string } }
/** The time of the kept message `id` is over. */
export interface Forget { readonly key: string; readonly id: string }

export interface KeyMessages {
  readonly subscribe: MessageDefinition<string, Subscribe>;
  readonly unsubscribe: MessageDefinition<string, Unsubscribe>;
  readonly signal: MessageDefinition<string, Signal>;
  readonly forget: MessageDefinition<string, Forget>;
}

export function keyMessagesOf(workflow: string): KeyMessages {
  const own = <T extends { readonly key: string }>(name: string, ...texts: string[]): MessageDefinition<string, T> =>
    define("command", `${workflow}.${name}`, { key: (data: T) => data.key, data: plain<T>(text("key", ...texts)) });
  return {
    subscribe: own<Subscribe>("subscribe", "run"),
    unsubscribe: own<Unsubscribe>("unsubscribe", "run"),
    forget: own<Forget>("forget", "id"),
    signal: define("command", `${workflow}.signal`, { key: (data: Signal) => data.to.run, data: plain<Signal>(() => null) }),
  };
}
