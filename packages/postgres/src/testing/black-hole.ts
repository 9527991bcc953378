// A relay before the server whose connections can fall silent: nothing is closed and nothing is refused, as when a firewall has forgotten
// a connection or the server hangs. They can break, too. It changes no byte of what it lets pass.
import { connect, createServer, type Socket } from "node:net";

export interface BlackHole {
  readonly url: string;
  /** From the next bytes of a client that contain `text`, its connection is silent: `before` they reach the server, or `after`. */
  swallow(text: string, when: "before" | "after"): void;
  /** Every connection that is open falls silent; those that come later are not. */
  silenceOpen(): void;
  /** Every connection that is open breaks, at once and without a word. */
  breakOpen(): void;
  /** From now on every connection is silent, those to come included. */
  silenceAll(): void;
  /** Resolves when a client has sent bytes that contain `text`, from now on. */
  sends(text: string): Promise<void>;
  /** How many connections have fallen silent. */
  readonly silent: () => number;
  close(): Promise<void>;
}

export async function openBlackHole(databaseUrl: string): Promise<BlackHole> {
  const target = new URL(databaseUrl);
  const host = target.searchParams.get("host") ?? target.hostname;
  const port = target.port === "" ? 5432 : Number(target.port);
  const open = new Set<Socket>();
  let trap: { readonly text: string; readonly when: "before" | "after" } | null = null;
  const awaited = new Set<(bytes: Buffer) => void>();
  let silent = 0;
  let opened = 0;
  let silentUpTo = 0;
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    const server = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${String(port)}`) : connect(port, host);
    const number = ++opened;
    let swallowed = false;
    const isSilent = (): boolean => swallowed || number <= silentUpTo;
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => { open.delete(socket); });
    }
    client.on("data", (bytes) => {
      for (const look of [...awaited]) look(bytes);
      if (isSilent()) return;
      const { when = null } = trap !== null && bytes.includes(trap.text) ? trap : {};
      if (when !== null) {
        swallowed = true;
        silent++;
        trap = null;
      }
      if (when !== "before") server.write(bytes);
    });
    server.on("data", (bytes) => { if (!isSilent()) client.write(bytes); });
    // A silent one says no goodbye either.
    client.on("end", () => { if (!isSilent()) client.end(); });
    client.once("close", () => { server.destroy(); });
    server.once("close", () => { if (!isSilent()) client.destroy(); });
  });
  await new Promise<void>((resolve) => { relay.listen(0, "127.0.0.1", resolve); });
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay does not listen");
  return {
    url: `postgresql://${target.username}:${target.password}@127.0.0.1:${String(address.port)}${target.pathname}`,
    swallow: (text, when) => { trap = { text, when }; },
    silenceOpen: () => { silentUpTo = opened; },
    breakOpen: () => { for (const socket of open) socket.destroy(); },
    silenceAll: () => { silentUpTo = Infinity; },
    sends: (text) => new Promise((resolve) => {
      const look = (bytes: Buffer): void => {
        if (!bytes.includes(text)) return;
        awaited.delete(look);
        resolve();
      };
      awaited.add(look);
    }),
    silent: () => silent,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => { relay.close(() => { resolve(); }); });
    },
  };
}
