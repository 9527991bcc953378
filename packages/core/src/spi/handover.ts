// What a store hands over of an append: its messages by partition, with the position before them. It looks nothing up.
import { placed } from "../message/encoded.ts";
import type { Envelope, Message } from "../message/envelope.ts";
import type { Handover } from "./store.ts";

/**
 * The handovers of messages that were appended at these positions, both in the same order. `before` holds the position that stood last in
 * their partitions, seen under the append's locks; it is moved on, so that one append can be handed over call by call. Messages of a partition
 * that it does not know are left out.
 */
export function handoversOf(messages: readonly Envelope[], positions: readonly number[], before: Map<number, number>): readonly Handover[] {
  const found = new Map<number, Handover & { readonly messages: Message[] }>();
  for (const [index, envelope] of messages.entries()) {
    const { partition } = envelope;
    const position = positions[index];
    const after = before.get(partition);
    if (after === undefined || position === undefined) continue;
    const message = placed(envelope, position);
    const handover = found.get(partition);
    if (handover === undefined) found.set(partition, { partition, after, messages: [message] });
    else handover.messages.push(message);
    before.set(partition, position);
  }
  return [...found.values()];
}
