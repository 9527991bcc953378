// Credentials: fetched once for all who want them, kept until shortly before they expire, renewed once after a provider refuses them. It
// sends nothing itself and keeps nothing on disk; a failure is shared by those who waited for it and forgotten.
import { EvenkeelError, isEvenkeelError, singleFlight } from "@evenkeel/core";
import { safeText } from "./safe-text.ts";
import { isHeaderValue } from "./wire-request.ts";

/** What an `authorize` function returns. */
export interface Credentials {
  /** Added to every request: `{ authorization: "Bearer …" }`. */
  readonly headers: Readonly<Record<string, string>>;
  /** From now; without it they are kept until a provider answers 401. */
  readonly expiresInMs?: number;
}

/** @param options.signal aborts after `authorizeTimeoutMs`. */
export type Authorize = (options: { readonly tenant: string; readonly signal: AbortSignal }) => PromiseLike<Credentials> | Credentials;

interface CredentialsOptions {
  readonly authorize: Authorize;
  readonly refreshBeforeMs: number;
  readonly timeoutMs: number;
  /** A clock that only grows, in milliseconds. */
  readonly now: () => number;
}

export interface Held {
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: number;
  /** From here on another is fetched in the background, while this one is still used. */
  readonly refreshAt: number;
}

/** After a refresh in the background that failed, and while the old ones still hold. */
const REFRESH_AGAIN_MS = 1_000;

export class CredentialsKeeper {
  readonly #options: CredentialsOptions;
  readonly #held = new Map<string, Held>();
  readonly #flights;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#flights = singleFlight((tenant) => this.#fetch(tenant));
  }

  /** Those that are held, or a promise of the ones being fetched. */
  get(tenant: string, signal: AbortSignal | undefined): Held | Promise<Held> {
    const held = this.#held.get(tenant);
    const now = this.#options.now();
    if (held === undefined || now >= held.expiresAt) return this.#flights.run(tenant, { signal });
    if (now >= held.refreshAt) this.#refresh(tenant, held, now);
    return held;
  }

  /** The provider refused `used`: those that came meanwhile, or new ones. */
  renew(tenant: string, used: Held, signal: AbortSignal | undefined): Held | Promise<Held> {
    const held = this.#held.get(tenant);
    if (held !== undefined && held.headers !== used.headers) return held;
    this.#held.delete(tenant);
    return this.#flights.run(tenant, { signal });
  }

  #refresh(tenant: string, held: Held, now: number): void {
    this.#held.set(tenant, { ...held, refreshAt: now + REFRESH_AGAIN_MS });
    // Nobody waits for it: when these expire, those who need others hear of it.
    this.#flights.run(tenant).catch(() => undefined);
  }

  async #fetch(tenant: string): Promise<Held> {
    const { authorize, refreshBeforeMs, timeoutMs, now } = this.#options;
    const startedAt = now();
    let given: Credentials;
    try {
      given = checked(await within(timeoutMs, (signal) => authorize({ tenant, signal })));
    } catch (error) {
      throw unavailable(error);
    }
    const lifeMs = given.expiresInMs ?? Infinity;
    const held = {
      // A copy, by which these credentials are known.
      headers: Object.freeze({ ...given.headers }), expiresAt: startedAt + lifeMs,
      refreshAt: startedAt + Math.max(lifeMs - refreshBeforeMs, lifeMs / 2),
    };
    this.#held.set(tenant, held);
    return held;
  }
}

/** Without types, and of what a token endpoint answers, anything may come. No value is shown. */
function checked(given: unknown): Credentials {
  const headers: unknown = typeof given === "object" && given !== null && "headers" in given ? given.headers : null;
  const expiresInMs: unknown = typeof given === "object" && given !== null && "expiresInMs" in given ? given.expiresInMs : undefined;
  if (typeof headers !== "object" || headers === null) throw useless("no headers");
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderValue(value)) throw useless(`a value for the header ${name} that is no text that a header can carry`);
    texts[name] = value;
  }
  if (expiresInMs === undefined) return { headers: texts };
  if (typeof expiresInMs !== "number" || Number.isNaN(expiresInMs)) throw useless("an expiresInMs that is no number");
  return { headers: texts, expiresInMs };
}

function useless(what: string): EvenkeelError {
  return new EvenkeelError("HTTP_UNAUTHORIZED", `it returned ${what}; return { headers: { authorization: "…" }, expiresInMs }.`);
}

/** A function that ignores its signal must not hold up everybody for ever. */
function within<T>(timeoutMs: number, work: (signal: AbortSignal) => PromiseLike<T> | T): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject: (reason: unknown) => void) => {
    const timer = setTimeout(() => {
      const reason = new EvenkeelError("HTTP_UNAUTHORIZED", `authorize did not return within ${String(timeoutMs)} ms.`);
      reject(reason);
      controller.abort(reason);
    }, timeoutMs);
    (async () => work(controller.signal))().then(resolve, reject).finally(() => { clearTimeout(timer); });
  });
}

function unavailable(error: unknown): EvenkeelError {
  const afterMs = isEvenkeelError(error) && "afterMs" in error.details ? { afterMs: error.details["afterMs"] } : {};
  return new EvenkeelError(
    "HTTP_UNAUTHORIZED", `The request was not sent, because authorize gave no credentials: ${safeText(error)}`,
    { details: { performed: "no", ...afterMs } },
  );
}
