// A client of the server whose end is bounded: a server that fell silent answers no goodbye, and the socket would stay, and the process with
// it. Remembers whether its connection is gone. It decides nothing about statements.
import pg from "pg";

/** How long a goodbye may go unanswered before the socket is destroyed. */
const GOODBYE_MS = 1_000;

export class BoundedClient extends pg.Client {
  #gone = false;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // An error that nobody listens to would end the process; whoever uses the client hears of it by what they asked.
    this.on("error", () => { this.#gone = true; });
    this.on("end", () => { this.#gone = true; });
  }

  /** True once the connection broke or was ended: nothing more will be answered on it. */
  get isGone(): boolean { return this.#gone; }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    this.#gone = true;
    // Not kept by this timer alone: where the socket has gone, there is nothing left to wait for.
    const timer = setTimeout(() => { this.connection.stream.destroy(); }, GOODBYE_MS).unref();
    this.connection.once("end", () => { clearTimeout(timer); });
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }
}
