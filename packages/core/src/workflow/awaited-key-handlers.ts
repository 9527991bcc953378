// The handlers of keys by which messages come that runs of other ids wait for. Each works in the partition of that key, so that a message and the
// wait for it come one after the other, whichever is first. What they decide stands in awaited-key.ts.
import type { EntityAccess } from "../decide/entity.ts";
import { EvenkeelError } from "../errors.ts";
import type { Forget, KeyMessages, Subscribe, Unsubscribe } from "./awaited-key-messages.ts";
import { asked, came, forgotten, isEmpty, left, NOTHING_AWAITED, unasked, type AwaitedKey, type Forwarding } from "./awaited-key.ts";
import type { Handling } from "./handling.ts";
import type { Buffered } from "./journal.ts";

export interface KeyHandling extends Handling { readonly keys: EntityAccess<AwaitedKey> }

interface Bounds { readonly workflow: string; readonly maxBuffered: number; readonly keepsForMs: number }

/** Its timer, among those of its key. */
const FORGET = "awaited-key";

export function awaitedKeyHandlers({ signal, forget }: KeyMessages, { workflow, maxBuffered, keepsForMs }: Bounds) {
  const standing = async (key: string, context: KeyHandling): Promise<AwaitedKey> => await context.keys.get(key) ?? NOTHING_AWAITED;
  const settle = (key: string, before: AwaitedKey, { after, given }: Forwarding, context: KeyHandling): void => {
    for (const { wait: { run, generation, request }, message: { id, name, data } } of given) {
      context.emit(signal({ to: { run, generation, request }, message: { id, name, key, data } }));
    }
    if (isEmpty(after)) context.keys.delete(key);
    else context.keys.put(key, after);
    const [oldest] = after.kept;
    if (before.kept.length > 0 || oldest === undefined) return;
    context.schedule(forget({ key, id: oldest.id }), { afterMs: keepsForMs, name: FORGET });
  };
  return {
    came: async (message: Buffered, context: KeyHandling): Promise<void> => {
      const { key } = context.message;
      const before = await standing(key, context);
      const next = came(before, message, context.now);
      if (unasked(next.after).length > maxBuffered) throw full(workflow, key, maxBuffered, message.name);
      settle(key, before, next, context);
    },
    subscribe: async ({ key, run, generation, request, names }: Subscribe, context: KeyHandling): Promise<void> => {
      const before = await standing(key, context);
      settle(key, before, asked(before, { run, generation, request, names }), context);
    },
    unsubscribe: async ({ key, ...wait }: Unsubscribe, context: KeyHandling): Promise<void> => {
      const before = await standing(key, context);
      if (before !== NOTHING_AWAITED) settle(key, before, { after: left(before, wait), given: [] }, context);
    },
    /** One timer for each key, for the oldest of its messages. */
    forget: async ({ key, id }: Forget, context: KeyHandling): Promise<void> => {
      const before = await standing(key, context);
      const after = forgotten(before, id, context.now - keepsForMs);
      if (isEmpty(after)) context.keys.delete(key);
      else context.keys.put(key, after);
      const [oldest] = after.kept;
      if (oldest === undefined) return;
      context.schedule(forget({ key, id: oldest.id }), { afterMs: Math.max(0, oldest.at + keepsForMs - context.now), name: FORGET });
    },
  };
}

function full(workflow: string, key: string, maxBuffered: number, name: string): EvenkeelError {
  return new EvenkeelError(
    "WORKFLOW_INBOX_FULL",
    `Workflow '${workflow}' keeps ${String(maxBuffered)} messages of key '${key}' that no run has asked for, and '${name}' would be one more: have a run wait for them, `
      + "keep them for a shorter time (`keepsFor`), or raise `maxBuffered`, then redrive; or discard the message.",
    { details: { workflow, key, maxBuffered } },
  );
}
