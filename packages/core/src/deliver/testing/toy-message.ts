// A message of the executor's tests: its place is all that tells it from others.
import type { Message } from "../../message/envelope.ts";

export function messageOf(place: { readonly position: number; readonly partition: number; readonly key: string }, body = "{}"): Message {
  return {
    ...place, id: `message-${String(place.position)}`, name: "toy", version: 1, tenant: "default", body, causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
}
