// A proxy between applications and the server that cuts connections around a commit: it knows the statements by their text, and waits for
// the server's "ready" before it calls a statement done. It changes no byte of what it lets pass.
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * - `before`: the statement never reaches the server.
 * - `after`: the server has done it, and the answer never reaches the client.
 * - `late`: the client is cut off at once, and the statement reaches the server a moment later.
 */
export type Cut = "before" | "after" | "late";

export type Statement = "commit of an executor" | "publish" | "commit of a transaction";

const TEXTS: Readonly<Record<Statement, string>> = { "commit of an executor": "commit_4", publish: "publish_", "commit of a transaction": "commit\u0000" };

interface Proxy {
  readonly url: string;
  /** How often each statement was cut in each way. */
  readonly cuts: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const LATE_MS = 150;
/** ReadyForQuery outside a transaction, as the last message of an answer. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * @param choose says whether, and how, to cut at a statement.
 * @param admit new connections wait for it.
 */
export async function startProxy(
  databaseUrl: string, choose: (statement: Statement) => Cut | null, admit: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const host = target.searchParams.get("host") ?? target.hostname;
  const port = target.port === "" ? 5432 : Number(target.port);
  const cuts = new Map<string, number>();
  const open = new Set<Socket>();

  function serve(client: Socket): void {
    const server = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${String(port)}`) : connect(port, host);
    let cut: Cut | null = null;
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => { open.delete(socket); });
    }
    client.on("data", (bytes) => {
      if (cut !== null) return;
      const statement = statementIn(bytes);
      cut = statement === null ? null : choose(statement);
      if (statement !== null && cut !== null) cuts.set(`${statement}: ${cut}`, (cuts.get(`${statement}: ${cut}`) ?? 0) + 1);
      if (cut === "before") {
        client.destroy();
        server.destroy();
      } else if (cut === "late") {
        client.destroy();
        setTimeout(() => { server.write(bytes); }, LATE_MS);
      } else server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (cut === null) client.write(bytes);
      else if (bytes.subarray(-READY.length).equals(READY)) {
        client.destroy();
        server.destroy();
      }
    });
    client.once("close", () => { if (cut !== "late") server.destroy(); });
    server.once("close", () => { client.destroy(); });
  }

  const listener = createServer((client) => {
    client.on("error", () => undefined);
    open.add(client);
    void admit().then(() => {
      open.delete(client);
      if (!client.destroyed) serve(client);
    });
  });
  await new Promise<void>((resolve) => { listener.listen(0, "127.0.0.1", resolve); });
  return { url: urlOf(target, listener), cuts, close: () => close(listener, open) };
}

function statementIn(bytes: Buffer): Statement | null {
  for (const statement of ["commit of an executor", "publish", "commit of a transaction"] as const) {
    if (!bytes.includes(TEXTS[statement])) continue;
    // Only a statement by itself is the end of a transaction.
    return statement === "commit of a transaction" && bytes[0] !== 0x51 ? null : statement;
  }
  return null;
}

function urlOf(target: URL, listener: Server): string {
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
  return `postgresql://${target.username}:${target.password}@127.0.0.1:${String(address.port)}${target.pathname}`;
}

async function close(listener: Server, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise<void>((resolve) => { listener.close(() => { resolve(); }); });
}
