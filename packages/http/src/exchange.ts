// One request over the pool and the answer to it, read as it comes and cut at its limit. It knows whether the request had been sent when
// something failed, and tells by its end; it never rejects, never retries, and does not know what an answer means.
import type { Dispatcher } from "undici";
import type { WireRequest } from "./wire-request.ts";

export type ExchangeEnd =
  | {
    readonly kind: "answered";
    readonly status: number;
    /** Lower-case names, several values joined with ", ", without cookies. */
    readonly headers: Readonly<Record<string, string>>;
    readonly cookies: readonly string[];
    readonly body: Buffer;
    /** Why the body is not the whole one. */
    readonly incomplete: "tooLarge" | "lost" | null;
  }
  | {
    readonly kind: "failed";
    /** Whether the other side may have it, or a part of it. */
    readonly sent: boolean;
    readonly why: "aborted" | "invalid" | "network";
    readonly reason: string;
  };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Without a signal, silence ends a request after this time. */
const SILENCE_MS = 300_000;
const NOTHING = Buffer.alloc(0);

export function exchange(pool: Dispatcher, request: WireRequest, maxResponseBytes: number, signal: AbortSignal | undefined): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    const { method, path, headers, body } = request;
    const one = new Exchange(maxResponseBytes, signal, resolve);
    if (signal?.aborted === true) { one.abort(); return; }
    // The signal bounds the whole of it; timers of the parser beside it would only cost.
    const silenceMs = signal === undefined ? SILENCE_MS : 0;
    try {
      pool.dispatch({ method, path, headers: { ...headers }, body, headersTimeout: silenceMs, bodyTimeout: silenceMs }, one);
    } catch (error) {
      one.onResponseError(null, error);
    }
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  #resolve: ((end: ExchangeEnd) => void) | null;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, signal: AbortSignal | undefined, resolve: (end: ExchangeEnd) => void) {
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.#resolve = resolve;
    signal?.addEventListener("abort", this.abort, { once: true });
  }

  readonly abort = (): void => {
    this.#fail("aborted", "it was given up");
    this.#controller?.abort(new Error("given up"));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: then it is never written.
    if (this.#resolve === null) controller.abort(new Error("given up"));
    else this.#controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return; // informational: the answer comes later
    this.#status = status;
    this.#headers = headers;
    if (Number(headers["content-length"] ?? 0) > this.#maxBytes) this.#cut(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#cut(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#answer(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    if (this.#status !== 0) return this.#answer("lost");
    const code = codeOf(error);
    this.#fail(code.startsWith("UND_ERR_INVALID_") || code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" ? "invalid" : "network", reasonOf(error, code));
  }

  /** More than is wanted: the rest is not read, and so the connection cannot be used again. */
  #cut(controller: Dispatcher.DispatchController): void {
    this.#chunks = [];
    this.#answer("tooLarge");
    controller.abort(new Error("the answer is too large"));
  }

  #answer(incomplete: "tooLarge" | "lost" | null): void {
    const { "set-cookie": cookies, ...rest } = this.#headers;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(rest)) if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
    const [first = NOTHING] = this.#chunks;
    this.#end({
      kind: "answered", status: this.#status, headers, cookies: cookies === undefined ? [] : [cookies].flat(),
      body: this.#chunks.length < 2 ? first : Buffer.concat(this.#chunks), incomplete,
    });
  }

  #fail(why: "aborted" | "invalid" | "network", reason: string): void {
    this.#end({ kind: "failed", sent: this.#controller !== null, why, reason });
  }

  #end(end: ExchangeEnd): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#resolve = null;
    this.#signal?.removeEventListener("abort", this.abort);
    resolve(end);
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Several addresses that all refused make one error without a text of its own. */
function reasonOf(error: unknown, code: string): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map((one: unknown) => reasonOf(one, codeOf(one))).join("; ");
  const text = error instanceof Error ? error.message : String(error);
  return code === "" || text.includes(code) ? text : `${text} (${code})`;
}
