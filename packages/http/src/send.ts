// A plain request beside any port: it resolves with an answer that its caller wants, and throws every other end as a typed error.
import type { ExchangeEnd } from "./exchange.ts";
import { exchanged, type ExchangerSettings, type Scope } from "./exchanger.ts";
import { throwUnlessOk, throwUnlessWhole } from "./operation.ts";
import type { WireRequest } from "./wire-request.ts";

type Answered = Extract<ExchangeEnd, { kind: "answered" }>;

export interface SendOptions {
  /** Ends the request; without one it ends after 300 s of silence. */
  readonly signal?: AbortSignal;
  /** By `performance.now()`, as an attempt under a policy carries it; sent where the client has a `deadlineHeader`. */
  readonly deadline?: number;
  /** A W3C `traceparent`. */
  readonly trace?: string | null;
  /** Whose credentials are used. Default "default". */
  readonly tenant?: string;
  /** Statuses beyond 2xx that are answers, too: `[404]`. */
  readonly accept?: readonly number[];
}

export async function sendPlain(settings: ExchangerSettings, request: WireRequest, scope: Scope, accept: readonly number[]): Promise<Answered> {
  const done = await exchanged(settings, request, scope);
  const { answer } = done;
  if (!accept.includes(answer.status)) throwUnlessOk(done);
  throwUnlessWhole(done);
  return answer;
}
