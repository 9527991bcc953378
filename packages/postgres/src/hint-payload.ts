// What a NOTIFY says: who sent it, then where something may have arrived, or one message itself. What another version may send is taken as
// "anything, anywhere": a hint only shortens a wait.
import type { Envelope, Handover, Hint } from "@evenkeel/core/spi";

/** The most bytes that a message in a hint may take: PostgreSQL's limit is 8,000 for all of it (NOTIFY in its manual). */
export const MOST_NOTICE_BYTES = 7_700;

/** "sender", then "t" for timers, then the partitions, or "*" for any. */
export function formatHint(sender: string, hint: Hint): string {
  return `${sender} ${hint.timers ? "t" : ""}${hint.partitions === null ? "*" : hint.partitions.join(",")}`;
}

/** A message as a hint carries it. The server puts "sender =before,position " in front: see publish_and_tell_2. */
export function formatNotice(message: Envelope): string {
  const { partition, version, occurredAt, id, causationId, name, tenant, key, correlationId, trace, body } = message;
  return JSON.stringify([partition, version, occurredAt, id, causationId, name, tenant, key, correlationId, trace, body]);
}

export function parseHint(payload: string): { readonly sender: string; readonly hint: Hint } {
  const end = payload.indexOf(" ");
  const sender = end < 0 ? payload : payload.slice(0, end);
  const what = end < 0 ? "*" : payload.slice(end + 1);
  if (what.startsWith("=")) {
    const handover = parseHandover(what.slice(1));
    return { sender, hint: handover === null ? { partitions: null, timers: false } : { partitions: [], timers: false, handovers: [handover] } };
  }
  const timers = what.startsWith("t");
  const rest = timers ? what.slice(1) : what;
  const partitions = rest === "" ? [] : rest.split(",").map(Number);
  return { sender, hint: { partitions: partitions.every((one) => Number.isSafeInteger(one)) ? partitions : null, timers } };
}

/** "before,position json" */
function parseHandover(text: string): Handover | null {
  const end = text.indexOf(" ");
  const [after, position] = text.slice(0, Math.max(0, end)).split(",").map(Number);
  let fields: unknown;
  try {
    fields = JSON.parse(text.slice(end + 1));
  } catch {
    return null;
  }
  if (!Array.isArray(fields) || after === undefined || position === undefined) return null;
  const list: readonly unknown[] = fields;
  const [partition, version, occurredAt, id, causationId, name, tenant, key, correlationId, trace, body] = list;
  const numbers = [after, position, partition, version, occurredAt].every((one) => Number.isSafeInteger(one));
  if (!numbers || typeof partition !== "number" || typeof version !== "number" || typeof occurredAt !== "number") return null;
  if (typeof id !== "string" || typeof name !== "string" || typeof tenant !== "string" || typeof key !== "string") return null;
  if (typeof correlationId !== "string" || typeof body !== "string" || !isOptional(causationId) || !isOptional(trace)) return null;
  return { partition, after, messages: [{ position, partition, version, occurredAt, id, causationId, name, tenant, key, correlationId, trace, body }] };
}

function isOptional(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
