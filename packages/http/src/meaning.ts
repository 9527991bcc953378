// What a status says about the effect where the user has said nothing. The one place that decides it; the table of docs/concepts/http-ports.md
// is this function.

/** `again`: nothing happened, come back later. `refused`: nothing happened, and the same request would be refused again. */
export type Meaning = "ok" | "again" | "unauthorized" | "refused" | "unknown";

/** The server did not take up the request (RFC 9110, 15.5.9 and 15.5.20; RFC 8470, 5.2; RFC 6585, 4). */
const NOT_TAKEN_UP: ReadonlySet<number> = new Set([408, 421, 425, 429]);
const UNAUTHORIZED: ReadonlySet<number> = new Set([401, 403, 407]);

/**
 * 503 alone is what proxies also answer when the connection to the server behind them broke after it had the request; with `Retry-After` it
 * comes from someone who turned the request away. 409 is how many providers say that the first attempt under a key is still being performed.
 */
export function meaningOf(status: number, afterMs: number | null): Meaning {
  if (status >= 200 && status < 300) return "ok";
  if (NOT_TAKEN_UP.has(status) || (status === 503 && afterMs !== null)) return "again";
  if (UNAUTHORIZED.has(status)) return "unauthorized";
  return status >= 400 && status < 500 && status !== 409 ? "refused" : "unknown";
}
