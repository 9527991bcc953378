// The outcome of a call as a message: its envelope, and the stored form of its body. It decides nothing.
import { outcomeName } from "../decide/service.ts";
import type { CallFailure, CallRecord } from "../message/call.ts";
import type { Envelope } from "../message/envelope.ts";
import { derivedId } from "../message/hash.ts";

/** What a call came to; `value` is JSON text that was already validated. */
export type Outcome =
  | { readonly kind: "value"; readonly name: string; readonly value: string }
  | { readonly kind: "notPerformed" | "unknown"; readonly failure: CallFailure };

const MAX_MESSAGE_LENGTH = 500;

/**
 * A definitive outcome comes once per call, so its id needs no number. `unknown` may come again after "absent", with as many attempts where
 * an answer of the handler has set them back: `occasion` tells them apart.
 */
export function outcomeEnvelope(
  service: string, call: CallRecord, attempts: number, outcome: Outcome, dateMs: number, occasion: string,
): Envelope {
  const kind = outcome.kind === "value" ? outcome.name : outcome.kind;
  const times = outcome.kind === "unknown" ? `${String(attempts)}/${String(dateMs)}/${occasion}` : "0";
  return {
    id: derivedId(`${call.id}\u0000${kind}\u0000${times}`),
    name: outcomeName(service, call.operation),
    version: 1,
    tenant: call.tenant,
    key: call.routingKey,
    partition: call.partition,
    body: outcomeBody(kind, call, attempts, outcome),
    causationId: call.causationId,
    correlationId: call.correlationId,
    trace: call.trace,
    occurredAt: dateMs,
  };
}

/** The `OutcomeBody` of decide/routes.ts. Input and value are JSON text already: they are placed as they are, not parsed again. */
function outcomeBody(kind: string, call: CallRecord, attempts: number, outcome: Outcome): string {
  const of = `{"id":${JSON.stringify(call.id)},"key":${JSON.stringify(call.callKey)},"input":${call.input},"attempts":${String(attempts)}}`;
  const rest = outcome.kind === "value" ? `"value":${outcome.value}` : `"failure":${JSON.stringify(storableFailure(outcome.failure))}`;
  return `{"kind":${JSON.stringify(kind)},"call":${of},${rest}}`;
}

/** A failure's text as the store can keep it: of limited length, without U+0000 and lone surrogates. */
export function storableFailure(failure: CallFailure): CallFailure {
  const cut = failure.message.length > MAX_MESSAGE_LENGTH ? `${failure.message.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : failure.message;
  return { code: failure.code, message: cut.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\uFFFD") };
}
