// What a client can be told, with defaults and bounds. It refuses what makes no sense, and never repeats a value that may be a secret.
import { checkOptionNames, EvenkeelError, type OptionNames } from "@evenkeel/core";
import type { ConnectionOptions } from "node:tls";
import type { Authorize } from "./credentials.ts";
import type { RedactOptions } from "./redaction.ts";
import { isHeaderValue } from "./wire-request.ts";

export interface HttpClientOptions {
  /** Where the provider is: "https://api.bank.example/v1". Paths of requests are below it; no request leaves this host. */
  readonly url: string;
  /** Connections at most; requests beyond wait for one. Default 32. */
  readonly connections?: number;
  /** Time for a connection with its TLS. Default 5,000 ms. */
  readonly connectTimeoutMs?: number;
  /** How long an unused connection is kept, where the provider does not say. Default 4,000 ms. */
  readonly idleMs?: number;
  /** Certificates for hosts that need them. */
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "servername">;
  /** Sent with every request; a request's own win. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fetches credentials: once for all who need them, again before they expire, and once after a 401. */
  readonly authorize?: Authorize;
  /** Credentials are fetched anew so long before they expire (but not in the first half of their life). Default 60,000 ms. */
  readonly refreshBeforeMs?: number;
  /** Default 10,000 ms. */
  readonly authorizeTimeoutMs?: number;
  /** The header that carries a call's business key, "idempotency-key" unless it says otherwise; `false`: none. */
  readonly idempotencyKey?: false | {
    readonly header?: string;
    /** Default: `${tenant}/${key}`. Must differ where tenant or key does, and stay the same for ever. */
    readonly value?: (call: { readonly tenant: string; readonly key: string }) => string;
  };
  /** The header in which the time left is sent, in whole milliseconds. Default: none. */
  readonly deadlineHeader?: string;
  /** Default 1,048,576. */
  readonly maxRequestBytes?: number;
  /** Longer answers are cut off, and their outcome is unknown. Default 1,048,576. */
  readonly maxResponseBytes?: number;
  /** No `Retry-After` counts for longer. Default 300,000 ms. */
  readonly maxRetryAfterMs?: number;
  /** Names of secrets beyond those that are recognised. */
  readonly redact?: RedactOptions;
}

type NumberOption = { [K in keyof HttpClientOptions]-?: HttpClientOptions[K] extends number | undefined ? K : never }[keyof HttpClientOptions];
type Numbers = Readonly<Record<NumberOption, number>>;

export const DEFAULT_HTTP_NUMBERS: Numbers = {
  connections: 32, connectTimeoutMs: 5_000, idleMs: 4_000, refreshBeforeMs: 60_000, authorizeTimeoutMs: 10_000,
  maxRequestBytes: 1_048_576, maxResponseBytes: 1_048_576, maxRetryAfterMs: 300_000,
};

/** The least and the most of each. */
export const HTTP_BOUNDS: Readonly<Record<NumberOption, readonly [number, number]>> = {
  connections: [1, 10_000], connectTimeoutMs: [1, 600_000], idleMs: [1, 3_600_000], refreshBeforeMs: [0, 86_400_000],
  authorizeTimeoutMs: [1, 600_000], maxRequestBytes: [0, 1_073_741_824], maxResponseBytes: [0, 1_073_741_824], maxRetryAfterMs: [0, 86_400_000],
};

interface Place {
  /** "https://api.bank.example". */
  readonly origin: string;
  /** "" or "/v1". */
  readonly prefix: string;
}

const NAMES: OptionNames<HttpClientOptions> = {
  url: true, connections: true, connectTimeoutMs: true, idleMs: true, tls: true, headers: true, authorize: true, refreshBeforeMs: true,
  authorizeTimeoutMs: true, idempotencyKey: true, deadlineHeader: true, maxRequestBytes: true, maxResponseBytes: true, maxRetryAfterMs: true, redact: true,
};
const REDACT_NAMES: OptionNames<RedactOptions> = { headers: true, query: true, fields: true };

/** @throws EvenkeelError `CONFIG_INVALID` */
export function parseNumbers(options: HttpClientOptions): Numbers {
  checkOptionNames("The HTTP client", options, NAMES);
  if (options.redact !== undefined) checkOptionNames("The HTTP client", options.redact, REDACT_NAMES, "redact.");
  const numbers: Record<NumberOption, number> = { ...DEFAULT_HTTP_NUMBERS };
  for (const name of Object.keys(HTTP_BOUNDS) as NumberOption[]) {
    const given: unknown = options[name];
    if (given === undefined) continue;
    const [least, most] = HTTP_BOUNDS[name];
    if (typeof given !== "number" || !Number.isSafeInteger(given) || given < least || given > most) {
      refuse(`${name} is ${typeof given === "number" ? String(given) : `a ${typeof given}`}: give a whole number from ${String(least)} to ${String(most)}`);
    }
    numbers[name] = given;
  }
  return numbers;
}

/** @throws EvenkeelError `CONFIG_INVALID` */
export function parsePlace({ url }: HttpClientOptions): Place {
  if (!URL.canParse(url)) refuse("its url is none: write https://host/path");
  const { protocol, origin, pathname, search, hash, username, password } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") refuse(`its url begins with ${protocol}: write https://host/path`);
  if (username !== "" || password !== "") refuse("its url holds a user or password: they would be shown wherever it is; give them by authorize or headers");
  if (search !== "" || hash !== "") refuse("its url holds a query or a fragment: give the query with each request");
  return { origin, prefix: pathname.replace(/\/+$/, "") };
}

/** Names in lower case. @throws EvenkeelError `CONFIG_INVALID`, which shows no value */
export function parseHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => {
    const lower = parseHeaderName("one of headers", name);
    return isHeaderValue(value) ? [lower, value] : refuse(`the value of the header ${lower} is no text that a header can carry`);
  }));
}

/** @throws EvenkeelError `CONFIG_INVALID` */
export function parseHeaderName(what: string, name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) refuse(`${what} is not the name of a header`);
  return name.toLowerCase();
}

function refuse(why: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `The HTTP client cannot be made: ${why}.`);
}
