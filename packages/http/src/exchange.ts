// One request over the pool and the answer to it, read as it comes and cut at its limit. It knows whether the request had been sent when
// something failed, and tells by its end; it never rejects, never retries, and does not know what an answer means.
import type { Dispatcher } from "undici";
import type { Turns } from "./turns.ts";
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

/** A client's connections. */
export interface Way { readonly pool: Dispatcher; readonly turns: Turns }

export function exchange(way: Way, request: WireRequest, maxResponseBytes: number, signal: AbortSignal | undefined): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    const one = new Exchange(way, request, maxResponseBytes, signal, resolve);
    if (signal?.aborted === true) one.abort();
    else if (way.turns.isClosed) one.onResponseError(null, new Error("the client is closed"));
    else way.turns.take(one);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #way: Way;
  readonly #request: WireRequest;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  #hasTurn = false;
  #resolve: ((end: ExchangeEnd) => void) | null;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(way: Way, request: WireRequest, maxBytes: number, signal: AbortSignal | undefined, resolve: (end: ExchangeEnd) => void) {
    this.#way = way;
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.#resolve = resolve;
    signal?.addEventListener("abort", this.abort, { once: true });
  }

  begin(): void {
    this.#hasTurn = true;
    const { method, path, headers, body } = this.#request;
    // The signal bounds the whole of it; timers of the parser beside it would only cost.
    const silenceMs = this.#signal === undefined ? SILENCE_MS : 0;
    try {
      this.#way.pool.dispatch({ method, path, headers: { ...headers }, body, headersTimeout: silenceMs, bodyTimeout: silenceMs }, this);
    } catch (error) {
      // Not at once: a pool that refuses one refuses those behind it, and each would begin within the one before.
      queueMicrotask(() => { this.onResponseError(null, error); });
    }
  }

  readonly abort = (): void => {
    this.#way.turns.giveUp(this);
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
    if (this.#request.method !== "HEAD" && Number(headers["content-length"] ?? 0) > this.#maxBytes) this.#cut(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#cut(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#answer(null);
    this.#giveBack();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    const code = codeOf(error);
    if (this.#status !== 0) this.#answer("lost");
    else this.#fail(code.startsWith("UND_ERR_INVALID_") || code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" ? "invalid" : "network", reasonOf(error, code));
    this.#giveBack();
  }

  /** The pool has done with it, whatever its caller was told before. */
  #giveBack(): void {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    this.#way.turns.giveBack();
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
