// Routes: from a message's name to what runs it in one service. Outcome messages find the handler of their kind of outcome.
import { EvenkeelError } from "../errors.ts";
import { decode } from "../message/codec.ts";
import type { Envelope } from "../message/envelope.ts";
import { validate } from "../message/schema.ts";
import type { Operation } from "./port.ts";
import { outcomeName, type AnyHandler, type AnyService } from "./service.ts";

/** What a handler is run with. */
interface Invocation {
  readonly handler: AnyHandler;
  readonly data: unknown;
  /** The call this outcome belongs to, or null. */
  readonly callId: string | null;
}

export interface Routes {
  /** Every message name that the service handles. */
  readonly names: readonly string[];
  /** Decodes a message and finds its handler. Throws `MESSAGE_UNKNOWN`, `UPCAST_FAILED` or `DATA_INVALID`. */
  resolve(envelope: Envelope): Invocation;
}

/** The stored form of an outcome message. */
export interface OutcomeBody {
  readonly kind: string;
  readonly call: { readonly id: string; readonly key: string; readonly input: unknown; readonly attempts: number };
  readonly value?: unknown;
  readonly failure?: { readonly code: string; readonly message: string };
}

export function routesOf(service: AnyService): Routes {
  const table = new Map<string, (envelope: Envelope) => Invocation>();
  for (const route of service.routes) {
    if (route.kind === "message") {
      const { definition, handler } = route;
      table.set(definition.name, (envelope) => ({ handler, data: decode(definition, envelope), callId: null }));
    } else {
      table.set(outcomeName(service.name, route.operation.name), (envelope) => resolveOutcome(route.operation, route.handlers, envelope));
    }
  }
  return {
    names: [...table.keys()],
    resolve: (envelope) => {
      const found = table.get(envelope.name);
      if (found !== undefined) return found(envelope);
      throw new EvenkeelError("MESSAGE_UNKNOWN", `Service '${service.name}' was given message '${envelope.name}', which it does not handle.`, { details: { id: envelope.id } });
    },
  };
}

function resolveOutcome(operation: Operation, handlers: Readonly<Record<string, AnyHandler>>, envelope: Envelope): Invocation {
  const body = JSON.parse(envelope.body) as OutcomeBody;
  const handler = Object.hasOwn(handlers, body.kind) ? handlers[body.kind] : undefined;
  if (handler === undefined) {
    throw new EvenkeelError("MESSAGE_UNKNOWN", `The outcome '${body.kind}' of '${operation.name}' has no handler: deploy the definition that declares it, then redrive.`, { details: { id: envelope.id } });
  }
  const schema = body.kind === "ok" ? operation.spec.ok : operation.spec.failures?.[body.kind];
  if (schema === undefined) return { handler, data: { call: body.call, failure: body.failure }, callId: body.call.id };
  return { handler, data: { call: body.call, value: validate(schema, body.value, `outcome ${operation.name} ${body.kind}`) }, callId: body.call.id };
}
