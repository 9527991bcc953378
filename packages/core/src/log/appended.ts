// What this process appended, for whoever in it is to hear of it at once. It wakes nobody.
import type { Envelope } from "../message/envelope.ts";
import type { Handover, PublishCall, PublishResult } from "../spi/store.ts";

/** What one flush, transaction or commit appended. */
export interface Appended {
  readonly messages: readonly Envelope[];
  /** Those of the messages whose place the store told. */
  readonly handovers: readonly Handover[];
  readonly timers: boolean;
}

/** What the published ones of these calls appended; results in the order of the calls. */
export function appendedBy(calls: readonly PublishCall[], results: readonly PublishResult[]): Appended {
  const messages: Envelope[] = [];
  const handovers: Handover[] = [];
  let timers = false;
  for (const [index, call] of calls.entries()) {
    const result = results[index];
    if (result?.kind !== "published") continue;
    messages.push(...call.messages);
    handovers.push(...result.handovers);
    timers ||= call.timers.length > 0;
  }
  return { messages, handovers, timers };
}
