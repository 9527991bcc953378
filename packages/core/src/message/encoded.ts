// What this process has encoded itself, and so knows to be valid: its messages are not validated again on their way from one handler to the next
// in memory. It knows envelopes by identity: what was read from the store, copied or edited is unknown here, and is validated.
import type { AnyMessageDefinition } from "./definition.ts";
import type { Envelope, Message } from "./envelope.ts";

const definitions = new WeakMap<Envelope, AnyMessageDefinition>();

/** The envelope's body is the text of data that the definition's schema has passed. */
export function markEncoded(envelope: Envelope, definition: AnyMessageDefinition): void {
  definitions.set(envelope, definition);
}

/** Whether the body was made with this very definition, in this process. */
export function isEncodedWith(envelope: Envelope, definition: AnyMessageDefinition): boolean {
  return definitions.get(envelope) === definition;
}

/** The message that an envelope became in the log. */
export function placed(envelope: Envelope, position: number): Message {
  const message: Message = { ...envelope, position };
  const definition = definitions.get(envelope);
  if (definition !== undefined) definitions.set(message, definition);
  return message;
}
