// What a workflow has beside its runs when they wait for messages by other keys: documents of those keys, messages between both, and routes. One that
// declares none has nothing of it.
import type { AnyEntity } from "../decide/entity.ts";
import type { AnyHandler } from "../decide/service.ts";
import type { AnyMessageDefinition } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import { awaitedKeyHandlers, type KeyHandling } from "./awaited-key-handlers.ts";
import type { Signal } from "./awaited-key-messages.ts";
import type { Definition } from "./definition.ts";
import type { Handling } from "./handling.ts";
import { keysOf } from "./run-entity.ts";

interface RunHandlers {
  readonly signal: (signal: Signal, context: Handling) => Promise<void>;
  readonly message: (name: string) => (data: unknown, context: Handling) => Promise<void>;
}

interface KeyRoutes {
  readonly entities: Readonly<Record<string, AnyEntity>>;
  readonly messages: readonly AnyMessageDefinition[];
  readonly routes: readonly (readonly [AnyMessageDefinition, AnyHandler])[];
}

/** Whatever this folder writes as a key's document is one. */
const KEY: Schema = { "~standard": { version: 1, vendor: "evenkeel", validate: (value) => ({ value }) } };

/** @param byKey what comes by other keys. A message that is waited for in both ways goes both. */
export function keyRoutes(
  { name: workflow, maxBuffered, waitsFor, keyMessages }: Definition, byKey: readonly AnyMessageDefinition[], keepsForMs: number, runs: RunHandlers,
): KeyRoutes {
  if (keyMessages === null) return { entities: {}, messages: [], routes: [] };
  const { subscribe, unsubscribe, signal, forget } = keyMessages;
  const handlers = awaitedKeyHandlers(keyMessages, { workflow, maxBuffered, keepsForMs });
  const message = (name: string) => async (data: unknown, context: KeyHandling): Promise<void> => {
    await handlers.came({ id: context.message.id, name, data }, context);
    if (waitsFor.has(name)) await runs.message(name)(data, context);
  };
  return {
    entities: { keys: { name: keysOf(workflow), schema: KEY } },
    messages: [subscribe, unsubscribe, signal, forget],
    routes: [
      [subscribe, handlers.subscribe], [unsubscribe, handlers.unsubscribe], [forget, handlers.forget], [signal, runs.signal],
      ...byKey.map((one) => [one, message(one.name)] as const),
    ],
  };
}
