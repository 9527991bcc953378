// What an implementation is told about one attempt. Its signal is made when somebody asks for it, since that costs more than all the rest; whoever
// asks after an abort or a timeout is told of it. A request that is wrapped in a proxy, is the prototype of another or is copied has it, too.
import type { CallRequest } from "../decide/port.ts";
import type { CallRecord } from "../message/call.ts";

/** The request itself, by whatever stands before it: only it has what makes its signal. */
const SELF = Symbol("request");

export class AttemptRequest implements CallRequest<never> {
  readonly input: never;
  readonly key: string;
  readonly tenant: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly trace: string | null;
  readonly attempt: number;
  readonly deadline: number;
  declare readonly signal: AbortSignal;
  declare readonly [SELF]: AttemptRequest;
  #controller: AbortController | null = null;
  #abort: { readonly reason: unknown } | null = null;

  constructor(call: CallRecord, input: unknown, deadline: number) {
    // Its type is known to the port alone.
    this.input = input as never;
    this.key = call.callKey;
    this.tenant = call.tenant;
    this.callId = call.id;
    this.correlationId = call.correlationId;
    this.trace = call.trace;
    this.attempt = call.attempts;
    this.deadline = deadline;
    // Not enumerable: a copy has its signal, and nothing of ours.
    Object.defineProperty(this, SELF, { value: this });
    Object.defineProperty(this, "signal", SIGNAL);
  }

  /** @param reason undefined: the usual one. */
  abort(reason?: unknown): void {
    this.#abort ??= { reason };
    this.#controller?.abort(this.#abort.reason);
  }

  static signalOf(request: AttemptRequest): AbortSignal {
    if (request.#controller === null) {
      request.#controller = new AbortController();
      if (request.#abort !== null) request.#controller.abort(request.#abort.reason);
    }
    return request.#controller.signal;
  }
}

/** A property of the object itself, so that a copy of the request has it, too; the same function for all of them keeps them of one shape. */
const SIGNAL: PropertyDescriptor & ThisType<AttemptRequest> = {
  get() { return AttemptRequest.signalOf(this[SELF]); }, enumerable: true, configurable: true,
};
