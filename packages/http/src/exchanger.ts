// What a client does for every request: credentials, one exchange, and once more after a 401; then the failures of the wire as typed errors
// without secrets. What a status means for an effect is left to its callers.
import { EvenkeelError, type ErrorCode } from "@evenkeel/core";
import type { CredentialsKeeper, Held } from "./credentials.ts";
import { exchange, type ExchangeEnd, type Way } from "./exchange.ts";
import { meaningOf, type Meaning } from "./meaning.ts";
import { Secrets, type Redaction } from "./redaction.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { WireRequest } from "./wire-request.ts";

export interface ExchangerSettings {
  readonly way: Way;
  /** "https://api.bank.example", for messages. */
  readonly origin: string;
  readonly redaction: Redaction;
  readonly credentials: CredentialsKeeper | null;
  readonly maxResponseBytes: number;
  readonly maxRetryAfterMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Scope {
  readonly tenant: string;
  readonly signal: AbortSignal | undefined;
}

type Answered = Extract<ExchangeEnd, { kind: "answered" }>;

/** An answer with what is needed to speak of it. */
export interface Exchanged {
  readonly answer: Answered;
  /** What the answer asks for; null: nothing. */
  readonly afterMs: number | null;
  /** By its status alone. */
  readonly meaning: Meaning;
  /** The error that this answer is, under a code; no part of its body is in it. */
  error(code: ErrorCode, what: string): EvenkeelError;
  /** Every secret of this exchange. */
  secrets(): Secrets;
}

/** @throws EvenkeelError `HTTP_NOT_SENT`, `HTTP_LOST`, `HTTP_UNAUTHORIZED`, `HTTP_REQUEST_INVALID` */
export async function exchanged(settings: ExchangerSettings, request: WireRequest, scope: Scope): Promise<Exchanged> {
  const { credentials } = settings;
  if (credentials === null) return conclude(settings, request, null, await send(settings, request, scope));
  let held = await obtain(settings, request, scope, () => credentials.get(scope.tenant, scope.signal));
  let end = await send(settings, withHeaders(request, held), scope);
  if (end.kind === "answered" && end.status === 401) {
    const used = held;
    held = await obtain(settings, request, scope, () => credentials.renew(scope.tenant, used, scope.signal));
    end = await send(settings, withHeaders(request, held), scope);
  }
  return conclude(settings, request, held, end);
}

function send({ way, maxResponseBytes }: ExchangerSettings, request: WireRequest, { signal }: Scope): Promise<ExchangeEnd> {
  return exchange(way, request, maxResponseBytes, signal);
}

async function obtain(settings: ExchangerSettings, request: WireRequest, { signal }: Scope, get: () => Held | Promise<Held>): Promise<Held> {
  try {
    return await get();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw describe(settings, request, null).error("HTTP_NOT_SENT", "it was given up while it waited for its credentials", { performed: "no" });
  }
}

function withHeaders(request: WireRequest, { headers }: Held): WireRequest {
  const all: Record<string, string> = { ...request.headers };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  return { ...request, headers: all };
}

function conclude(settings: ExchangerSettings, request: WireRequest, held: Held | null, end: ExchangeEnd): Exchanged {
  const about = describe(settings, request, held);
  if (end.kind === "failed") {
    if (end.why === "invalid") throw about.error("HTTP_REQUEST_INVALID", `it cannot be sent as it was made: ${end.reason}`, { performed: "no" });
    if (!end.sent) throw about.error("HTTP_NOT_SENT", `it was not sent: ${end.reason}`, { performed: "no" });
    throw about.error("HTTP_LOST", `no answer came: ${end.reason}`, { performed: "unknown" });
  }
  const afterMs = retryAfterMs(end.headers["retry-after"], end.headers["date"], settings.now(), settings.maxRetryAfterMs);
  return {
    answer: end, afterMs, meaning: meaningOf(end.status, afterMs),
    error: (code, what) => about.error(code, what, {
      status: end.status, performed: NOTHING_HAPPENED.has(code) ? "no" : "unknown", ...(afterMs === null ? {} : { afterMs }),
    }),
    secrets: () => {
      const secrets = about.secrets();
      for (const cookie of end.cookies) secrets.addCookie(cookie);
      return secrets;
    },
  };
}

const NOTHING_HAPPENED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["HTTP_BUSY", "HTTP_REFUSED", "HTTP_UNAUTHORIZED"]);

const NEXT: Partial<Record<ErrorCode, string>> = {
  HTTP_NOT_SENT: "Trying again is safe.",
  HTTP_LOST: "Ask by its key, or repeat what may be repeated.",
  HTTP_BUSY: "Nothing was performed; try again later.",
  HTTP_REFUSED: "Correct the request, or declare what this status stands for.",
  HTTP_UNAUTHORIZED: "Look after the credentials; nothing was performed.",
  HTTP_FAILED: "Whether anything was performed is not known: ask by its key, or declare what this status stands for.",
  HTTP_ANSWER_TOO_LARGE: "Whether anything was performed is not known: ask by its key, or raise maxResponseBytes.",
  HTTP_REQUEST_INVALID: "Correct how it is made.",
  CALL_OUTCOME_INVALID: "The effect may have happened: correct how the answer is read, then ask by its key.",
};

function describe({ origin, redaction }: ExchangerSettings, request: WireRequest, held: Held | null) {
  const secrets = (): Secrets => {
    const all = new Secrets(redaction).addHeaders(request.headers).addQuery(request.path).addFields(request.data);
    return held === null ? all : all.addHeaders(held.headers, true);
  };
  return {
    secrets,
    error(code: ErrorCode, what: string, details: Record<string, unknown>): EvenkeelError {
      const url = redaction.shown(origin + request.path);
      const known = secrets();
      const message = known.scrub(`${request.method} ${url}: ${what.replace(/\.$/, "")}. ${NEXT[code] ?? ""}`.trim());
      return new EvenkeelError(code, message, { details: { method: request.method, url: known.scrub(url), ...details } });
    },
  };
}
