// One HTTP request to the provider and its whole answer, over connections that are kept open. It knows whether the request had
// left before something failed; it refuses to retry, and to know what an answer means.
// It is for operators and tests.
import { Agent, request as httpRequest } from "node:http";
import { ProviderError } from "./providerError.ts";

export interface Exchange {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly key?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

interface ExchangeAnswer {
  readonly status: number;
  readonly text: string;
}

// Idle connections do not keep the process alive. Concurrency is the caller's to bound, by a bulkhead.
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: "lifo" });

export function exchange(options: Exchange): Promise<ExchangeAnswer> {
  const { url, method, path, key, body, signal } = options;
  const name = `${method} ${path}${key === undefined ? "" : ` with key ${key}`}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new ProviderError("PROVIDER_NOT_SENT", name, "The call was given up before it was sent. Make it again.", { cause: signal.reason }));
      return;
    }
    let sent = false;
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers: Record<string, string | number> = { "content-length": Buffer.byteLength(text) };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (key !== undefined) headers["idempotency-key"] = key;

    const fail = (cause: unknown): void => {
      if (!sent) reject(new ProviderError("PROVIDER_NOT_SENT", name, `No connection to ${url} was made. Make the call again when it is reachable.`, { cause }));
      else if (signal?.aborted === true) reject(new ProviderError("PROVIDER_TIMED_OUT", name, "The call was given up while it waited for an answer. Ask by key.", { cause }));
      else reject(new ProviderError("PROVIDER_CONNECTION_LOST", name, "The connection was lost before the answer came. Ask by key.", { cause }));
    };
    const { hostname, port } = parsed(url);
    const request = httpRequest({ agent, host: hostname, port, method, path, headers, ...(signal === undefined ? {} : { signal }) });
    request.on("socket", (socket) => {
      if (!socket.connecting) sent = true;
      else
        socket.once("connect", () => {
          sent = true;
        });
    });
    request.on("error", fail);
    request.on("response", (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        answer += chunk;
      });
      response.on("error", fail);
      response.on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, text: answer });
        else fail(new Error("the answer was cut short"));
      });
    });
    request.end(text);
  });
}

let lastUrl = "";
let lastParsed = { hostname: "", port: "" };
function parsed(url: string): { readonly hostname: string; readonly port: string } {
  if (url !== lastUrl) {
    lastParsed = new URL(url);
    lastUrl = url;
  }
  return lastParsed;
}
