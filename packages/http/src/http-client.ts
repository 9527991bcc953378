// A client of one provider over HTTP: a pool of connections of its own, headers, credentials and limits, and from them operations of ports and
// plain requests. It composes; each concern has its own file.
import type { CallRequest, ImplementationOf, Operation } from "@evenkeel/core";
import { Pool } from "undici";
import { parseHeaderName, parseHeaders, parseNumbers, parsePlace, type HttpClientOptions } from "./client-options.ts";
import { CredentialsKeeper } from "./credentials.ts";
import type { ExchangerSettings } from "./exchanger.ts";
import { checkOperation } from "./operation-options.ts";
import { ask, perform, type ErasedOperation, type HttpCall, type HttpOperation } from "./operation.ts";
import { Redaction } from "./redaction.ts";
import { reply, type HttpReply } from "./reply.ts";
import { sendPlain, type SendOptions } from "./send.ts";
import { Turns } from "./turns.ts";
import { headerKey, wireRequest, type HttpRequest, type WireRequest } from "./wire-request.ts";

export interface HttpClient {
  /**
   * Implements an operation of a port over HTTP, for `provide`. What each status says about the effect is in the table of
   * docs/concepts/http-ports.md; `statuses` says otherwise. Errors: `CONFIG_INVALID`.
   *
   * @example
   * provide(card, {
   *   charge: bank.operation(card.charge, {
   *     request: ({ input }) => ({ path: "/charges", json: input }),
   *     statuses: { 402: "declined" },
   *     ask: { request: ({ idempotencyKey }) => ({ path: ["charges", idempotencyKey] }), statuses: { 404: "absent" } },
   *   }),
   * });
   */
  operation<O extends Operation>(operation: O, spec: HttpOperation<O>): ImplementationOf<O>;
  /**
   * Sends one request, for reads beside any port, under a policy for instance: `policy.run((attempt) => bank.send(request, attempt))`. Resolves
   * with a 2xx, or a status among `accept`.
   *
   * Errors: `HTTP_NOT_SENT`, `HTTP_LOST`, `HTTP_BUSY`, `HTTP_REFUSED`, `HTTP_UNAUTHORIZED`, `HTTP_FAILED`, `HTTP_ANSWER_TOO_LARGE`,
   * `HTTP_REQUEST_INVALID`. `details.performed` is "no" or "unknown", `details.afterMs` what `Retry-After` asked for.
   */
  send(request: HttpRequest, options?: SendOptions): Promise<HttpReply<"ok">>;
  stats(): HttpClientStats;
  /** Refuses further requests, waits for those under way, and closes the connections. Not needed for a process to end. */
  close(): Promise<void>;
}

export interface HttpClientStats {
  /** Connections open now. */
  readonly connections: number;
  /** Requests under way now. */
  readonly underWay: number;
  /** Requests that wait for a connection now. */
  readonly waiting: number;
}

/** W3C Trace Context, level 1. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const DEFAULT_KEY = (call: { readonly tenant: string; readonly key: string }): string => `${call.tenant}/${call.key}`;

/**
 * Makes a client of one provider.
 *
 * Guarantees: never more than `connections` connections, shared with nothing else in the process; no answer beyond `maxResponseBytes` is kept;
 * an aborted attempt is stopped; redirects are never followed, so nothing is sent to another host; no secret is in an error or an outcome: no
 * value of headers, query parameters and cookies that are known or named as secret, of credentials, or of the fields that `redact` names. Does
 * not retry (but once after a 401), does not decompress, and speaks HTTP/1.1.
 *
 * Errors: `CONFIG_INVALID`.
 *
 * @example
 * const bank = httpClient({ url: "https://api.bank.example/v1", authorize: async ({ signal }) => fetchToken(signal) });
 */
export function httpClient(options: HttpClientOptions): HttpClient {
  const numbers = parseNumbers(options);
  const { origin, prefix } = parsePlace(options);
  const { authorize, headers = {}, idempotencyKey = {}, tls, redact = {} } = options;
  const keyHeader = idempotencyKey === false ? null : parseHeaderName("idempotencyKey.header", idempotencyKey.header ?? "idempotency-key");
  const keyOf = idempotencyKey === false ? DEFAULT_KEY : idempotencyKey.value ?? DEFAULT_KEY;
  const deadlineHeader = options.deadlineHeader === undefined ? null : parseHeaderName("deadlineHeader", options.deadlineHeader);
  const always = parseHeaders(headers);
  const now = (): number => performance.now();
  const pool = new Pool(origin, {
    connections: numbers.connections, pipelining: 1, keepAliveTimeout: numbers.idleMs, connect: { ...tls, timeout: numbers.connectTimeoutMs },
  });
  const turns = new Turns(numbers.connections);
  const settings: ExchangerSettings = {
    way: { pool, turns }, origin, redaction: new Redaction(redact), maxResponseBytes: numbers.maxResponseBytes, maxRetryAfterMs: numbers.maxRetryAfterMs,
    now: Date.now,
    credentials: authorize === undefined ? null : new CredentialsKeeper({
      authorize, refreshBeforeMs: numbers.refreshBeforeMs, timeoutMs: numbers.authorizeTimeoutMs, now,
    }),
  };

  function headersFor(trace: string | null, deadline: number): Record<string, string> {
    const own: Record<string, string> = { ...always };
    if (trace !== null && TRACEPARENT.test(trace)) own["traceparent"] = trace;
    if (deadlineHeader !== null && deadline < Infinity) own[deadlineHeader] = String(Math.max(0, Math.floor(deadline - now())));
    return own;
  }

  function keyed(call: CallRequest<never>): HttpCall<never> {
    return { ...call, idempotencyKey: headerKey(keyOf(call)) };
  }

  function wire(request: HttpRequest, call: HttpCall<never>, purpose: "perform" | "ask"): WireRequest {
    const own = headersFor(call.trace, call.deadline);
    if (purpose === "perform" && keyHeader !== null) own[keyHeader] = call.idempotencyKey;
    return wireRequest(request, purpose === "perform" ? "POST" : "GET", prefix, own, numbers.maxRequestBytes);
  }

  function operation<O extends Operation>(operation: O, spec: HttpOperation<O>): ImplementationOf<O>;
  function operation(operation: Operation, spec: ErasedOperation): unknown {
    checkOperation(operation, spec);
    const question = spec.ask;
    return {
      perform: (call: CallRequest<never>) => perform(settings, wire, spec, keyed(call)),
      ...(question === undefined ? {} : { ask: (call: CallRequest<never>) => ask(settings, wire, question, keyed(call)) }),
    };
  }

  return {
    operation,
    send: async (request, { signal, deadline = Infinity, trace = null, tenant = "default", accept = [] } = {}) => {
      const wired = wireRequest(request, "GET", prefix, headersFor(trace, deadline), numbers.maxRequestBytes);
      return reply("ok", await sendPlain(settings, wired, { tenant, signal }, accept));
    },
    stats: () => {
      const { connected, running, pending } = pool.stats;
      return { connections: connected, underWay: running, waiting: pending + turns.waiting };
    },
    close: async () => {
      await turns.close();
      await pool.close();
    },
  };
}
