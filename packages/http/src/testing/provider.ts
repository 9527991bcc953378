// A real HTTP server for tests, that answers as a test says and remembers what it was sent. It counts connections; it refuses to judge.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** By the elapsed clock of this process. */
  readonly at: number;
}

type Answering = (request: Seen, response: ServerResponse, nth: number) => void;

export interface TestProvider {
  readonly url: string;
  readonly seen: Seen[];
  /** Connections made so far, and the most that were open at once. */
  readonly sockets: { made: number; most: number; open: number };
  answer: Answering;
  close(): Promise<void>;
}

/** The caller closes it. */
export async function testProvider(answer: Answering): Promise<TestProvider> {
  const open = new Set<Socket>();
  const provider: Omit<TestProvider, "url" | "close"> = { seen: [], sockets: { made: 0, most: 0, open: 0 }, answer };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => { body += chunk; });
    request.on("end", () => {
      const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body, at: performance.now() };
      provider.seen.push(one);
      provider.answer(one, response, provider.seen.length);
    });
    request.on("error", () => undefined);
    response.on("error", () => undefined);
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    open.add(socket);
    provider.sockets.made++;
    provider.sockets.open = open.size;
    provider.sockets.most = Math.max(provider.sockets.most, open.size);
    socket.on("error", () => undefined);
    socket.on("close", () => { open.delete(socket); provider.sockets.open = open.size; });
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  const { port } = server.address() as AddressInfo;
  return Object.assign(provider, {
    url: `http://127.0.0.1:${String(port)}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      for (const socket of open) socket.destroy();
    }),
  });
}

export function json(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}
