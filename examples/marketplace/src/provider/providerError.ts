// The typed error of a provider call that brought no answer. Its one purpose is to keep two cases apart: certainly not
// performed, and unknown. A decline or a refusal is an answer, not an error.

type ProviderCode =
  /** No connection could be made, or the call was given up before it was sent. Not performed. */
  | "PROVIDER_NOT_SENT"
  /** It said that it is down (503). Not performed. */
  | "PROVIDER_DOWN"
  /** It found the request malformed (400, 404, 413). Not performed, and never will be: the caller is wrong. */
  | "PROVIDER_REJECTED_REQUEST"
  /** Given up after it was sent. Unknown. */
  | "PROVIDER_TIMED_OUT"
  /** The connection was lost after the request was sent. Unknown. */
  | "PROVIDER_CONNECTION_LOST"
  /** It answered 500 or something unintelligible. Unknown. */
  | "PROVIDER_FAILED";

export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderCode;
  /** `no`: it is safe to forget the call or make it again. `unknown`: ask by key, or make it again with the same key and body. */
  readonly performed: "no" | "unknown";

  constructor(code: ProviderCode, request: string, message: string, options?: { readonly cause: unknown }) {
    const performed = code === "PROVIDER_TIMED_OUT" || code === "PROVIDER_CONNECTION_LOST" || code === "PROVIDER_FAILED" ? "unknown" : "no";
    super(`${request}: ${message} (${code}; performed: ${performed})`, options);
    this.code = code;
    this.performed = performed;
  }
}
