// One connection kept at hand for what must be quick where nothing else goes on: in a process that has just slept, borrowing one from the
// pool and giving it back costs more than a tenth of a millisecond, and a statement that the connection knows already a little less than a
// new one. Whenever it is not at hand, the pool serves. It repeats nothing: how a statement ended is its caller's to know.
import { StatementError, type Database, type Row, type Session } from "./connection.ts";
import { isNameTrouble } from "./statement-names.ts";
import type { Value } from "./value.ts";

/** A connection that nobody used for this long goes back to the pool. */
const UNUSED_MS = 30_000;
/** A smaller pool has none to spare. */
const LEAST_POOL = 4;

export class WarmConnection {
  readonly #database: Database;
  readonly #poolSize: number;
  #session: Session | null = null;
  #giveBack: () => void = () => undefined;
  #isBorrowing = false;
  #isBusy = false;
  #isClosed = false;
  #isUsed = false;
  #keepsNames = true;
  #looks: NodeJS.Timeout | null = null;

  constructor(database: Database, poolSize: number) {
    this.#database = database;
    this.#poolSize = poolSize;
  }

  /**
   * @param name under which the connection keeps the statement. Behind a pooler in transaction mode a name may reach a connection that does not know
   * it, or knows it from another process: that fails (26000, 42P05), and no name is used again. So it must stand for this very text, whoever
   * in the database uses it.
   */
  async repeat(text: string, values: readonly Value[], name: string): Promise<readonly Row[]> {
    const session = this.#take();
    if (session === null) return this.#database.query(text, values);
    this.#isBusy = true;
    this.#isUsed = true;
    try {
      return this.#keepsNames ? await session.repeat(text, values, name) : await session.query(text, values);
    } catch (error) {
      if (error instanceof StatementError && error.failure.kind === "refused" && isNameTrouble(error.failure.state)) this.#keepsNames = false;
      throw error;
    } finally {
      this.#isBusy = false;
      if (this.#isClosed || !session.isUsable) this.#drop();
    }
  }

  #take(): Session | null {
    if (this.#isBusy || this.#isClosed) return null;
    if (this.#session?.isUsable === true) return this.#session;
    this.#drop();
    if (this.#poolSize >= LEAST_POOL && !this.#isBorrowing) void this.#borrow();
    return null;
  }

  async #borrow(): Promise<void> {
    this.#isBorrowing = true;
    try {
      await this.#database.session((session) => new Promise<void>((resolve) => {
        this.#isBorrowing = false;
        if (this.#isClosed) { resolve(); return; }
        this.#session = session;
        this.#giveBack = resolve;
        this.#looks = setInterval(() => { this.#look(); }, UNUSED_MS).unref();
      }));
    } catch {
      // None could be had: whoever asks the pool next hears why.
      this.#isBorrowing = false;
    }
  }

  #look(): void {
    if (!this.#isUsed && !this.#isBusy) this.#drop();
    this.#isUsed = false;
  }

  #drop(): void {
    this.#session = null;
    if (this.#looks !== null) clearInterval(this.#looks);
    this.#looks = null;
    this.#giveBack();
    this.#giveBack = () => undefined;
  }

  /** Gives the connection back, as soon as its statement has ended. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isBusy) this.#drop();
  }
}
