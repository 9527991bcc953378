// From what a user says of a request to what goes over the wire: path, query, headers, body and their bounds. It sends nothing.
import { EvenkeelError } from "@evenkeel/core";

/** One request, as a user describes it. Of `json`, `form` and `body` give one, or none. */
export interface HttpRequest {
  /** Default: POST to perform, GET to ask or send. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the client's `url`: "/charges", or segments, each percent-encoded: `["charges", "by-key", key]`. */
  readonly path: string | readonly (string | number)[];
  /** Added to the path, percent-encoded; `undefined` is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as it is; give its `content-type` among the headers. */
  readonly body?: string | Uint8Array;
}

/** Ready to be sent. Header names are in lower case. */
export interface WireRequest {
  readonly method: NonNullable<HttpRequest["method"]>;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** What the body was made of, to find its secret fields. */
  readonly data: unknown;
}

/**
 * @param prefix the path of the client's `url`, "" or "/v1".
 * @throws EvenkeelError `HTTP_REQUEST_INVALID`: its message names no values.
 */
export function wireRequest(
  request: HttpRequest, method: WireRequest["method"], prefix: string, headers: Readonly<Record<string, string>>, maxBytes: number,
): WireRequest {
  const path = withQuery(prefix + pathOf(request.path), request.query);
  const [body, contentType] = bodyOf(request);
  const bytes = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (bytes > maxBytes) invalid(`its body has ${String(bytes)} bytes, more than the ${String(maxBytes)} of maxRequestBytes`);
  const all: Record<string, string> = contentType === null ? { ...headers } : { ...headers, "content-type": contentType };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!isHeaderValue(value)) invalid(`the value of the header ${name} is no text that a header can carry`);
    all[name.toLowerCase()] = value;
  }
  return { method: request.method ?? method, path, headers: all, body, data: request.json ?? request.form ?? null };
}

/** RFC 9110, section 5.5, as what is sent as Latin-1; a value that is none would otherwise fail when its secrets are looked for. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function pathOf(path: HttpRequest["path"]): string {
  if (typeof path !== "string") return path.map((segment) => `/${encodedSegment(String(segment))}`).join("");
  if (!path.startsWith("/")) invalid("its path does not begin with '/'");
  return path;
}

/** A segment of dots alone would be another path to many servers. */
function encodedSegment(segment: string): string {
  return segment === "." || segment === ".." ? segment.replaceAll(".", "%2E") : encoded(segment);
}

function withQuery(path: string, query: HttpRequest["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [`${encoded(name)}=${encoded(String(value))}`]));
  return pairs.length === 0 ? path : `${path}${path.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}

function bodyOf({ json, form, body }: HttpRequest): readonly [string | Uint8Array | null, string | null] {
  const given = [json, form, body].filter((one) => one !== undefined).length;
  if (given > 1) invalid("it has more than one of json, form and body");
  if (form !== undefined) return [new URLSearchParams(form).toString(), "application/x-www-form-urlencoded"];
  if (body !== undefined) return [body, null];
  if (json === undefined) return [null, null];
  // What has no JSON (a function, a symbol) becomes undefined, whatever the declared type says.
  const text: unknown = JSON.stringify(json);
  return typeof text === "string" ? [text, "application/json"] : invalid("its json is no JSON");
}

/**
 * A business key as a header's value: visible ASCII stays as it is, all else and `%` is percent-encoded, so that two keys never become one.
 *
 * @example headerKey("default/order-17/charge") // "default/order-17/charge"
 */
export function headerKey(key: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(key) ? key : key.replace(/[^\x21-\x24\x26-\x7e]+/g, (part) => encoded(part));
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return invalid("a part of it is not well-formed Unicode");
  }
}

function invalid(why: string): never {
  throw new EvenkeelError("HTTP_REQUEST_INVALID", `The request was not sent: ${why}. Correct how it is made.`, { details: { performed: "no" } });
}
