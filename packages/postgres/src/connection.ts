// Connections: a pool of PostgreSQL clients and the one place that tells what an error means for what was asked. Works through a pooler in
// transaction mode: no session state; named statements can be done without (see statement-names.ts and warm-connection.ts).
import pg from "pg";
import { EvenkeelError } from "@evenkeel/core";
import { Waits, type Wait } from "@evenkeel/core/spi";
import { BoundedClient } from "./bounded-client.ts";
import { Exchange } from "./exchange.ts";
import { isNameTrouble, StatementNames } from "./statement-names.ts";
import type { Value } from "./value.ts";

export type Row = readonly (string | null)[];

export interface Sql {
  /** Rows as text columns. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** How a statement ended that did not succeed. */
type SqlFailure =
  /** The server answered with an error: the statement's transaction did not happen. */
  | { readonly kind: "refused"; readonly state: string; readonly message: string; readonly detail: string }
  /** The connection broke under the statement: it may have happened. */
  | { readonly kind: "lost"; readonly message: string }
  /** No connection could be had: it did not happen. */
  | { readonly kind: "unreachable"; readonly message: string };

export class StatementError extends Error {
  override readonly name = "StatementError";
  readonly failure: SqlFailure;

  constructor(failure: SqlFailure, cause: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** Values stay as PostgreSQL writes them: parsing happens where the type is known. */
const TEXT_TYPES = { getTypeParser: () => (value: string) => value };

/**
 * One connection, for as long as it is lent. Spelled out here, rather than taken from the client library, so that the declarations of this
 * package stand without the library's. Every method throws StatementError, or what the client library says of a statement that it does not
 * send; once the connection is lost, all of them throw at once, and so they do once the loan has ended.
 */
export interface Session extends Sql {
  /** @param name under which the connection keeps the statement for the next time: see WarmConnection for what a pooler makes of it. */
  repeat(text: string, values: readonly Value[], name: string): Promise<readonly Row[]>;
  /** Whether the connection is still there, as far as is known. */
  readonly isUsable: boolean;
  /** Rows as the client library parses them, by column: for a user's own statements. */
  records(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** From here on statements may take long, as those of `Database.patient`. */
  bePatient(): void;
  /** Several statements in one text, or one whose command tag matters: resolves to the tag where there is one. */
  command(text: string): Promise<string>;
}

class LentClient implements Session {
  readonly #client: pg.PoolClient;
  #limitMs: number;
  #lost: StatementError | null = null;
  #returned = false;
  #timedOut = false;
  #answeredAt = performance.now();

  constructor(client: pg.PoolClient, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
  }

  get isLost(): boolean { return this.#lost !== null; }

  get timedOut(): boolean { return this.#timedOut; }

  get isUsable(): boolean { return this.#lost === null && !this.#returned && !(this.#client instanceof BoundedClient && this.#client.isGone); }

  /** When the server last answered, or when the loan began. */
  get answeredAt(): number { return this.#answeredAt; }

  /** What was sent last has been answered, and no transaction is open: the next borrower may have it. */
  get isClean(): boolean { return this.#lost === null && this.#client.getTransactionStatus() === "I"; }

  bePatient(): void { this.#limitMs = Math.max(PATIENT_MS, this.#limitMs); }

  /** The loan has ended: whoever kept the session would speak on the connection of the next borrower. */
  giveBack(): void { this.#returned = true; }

  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const statement = { ...this.#limited(text, values), rowMode: "array" as const, types: TEXT_TYPES };
    const result = await this.#ask(() => this.#client.query<(string | null)[]>(statement));
    return result.rows;
  }

  repeat(text: string, values: readonly Value[], name: string): Promise<readonly Row[]> {
    const exchange = new Exchange(name, text, values, this.#limitMs);
    return this.#ask(() => new Promise((resolve, reject) => {
      exchange.callback = (error) => { if (error === null) resolve(exchange.rows); else reject(error); };
      this.#client.query(exchange);
    }));
  }

  async records(text: string, values: readonly unknown[] = []): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const result = await this.#ask(() => this.#client.query<Record<string, unknown>>(this.#limited(text, values)));
    return result.rows;
  }

  async command(text: string): Promise<string> {
    const result = await this.#ask(() => this.#client.query(this.#limited(text, [])));
    return result.command;
  }

  /** The types of the client library know the limit of a statement only as an option of the whole connection. */
  #limited(text: string, values: readonly unknown[]): pg.QueryConfig & { readonly query_timeout: number } {
    return { text, values: [...values], query_timeout: this.#limitMs };
  }

  async #ask<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#returned) throw new EvenkeelError("TRANSACTION_FINISHED", "A connection was used after its loan had ended: await every statement before its transaction ends.");
    if (this.#lost !== null) throw this.#lost;
    const began = performance.now();
    try {
      const answer = await statement();
      this.#answeredAt = performance.now();
      return answer;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) {
        this.#timedOut = performance.now() - began >= this.#limitMs || (error instanceof Error && error.message === "Query read timeout");
        // The client library refused the statement before it was sent, or could not read its values: the connection is as it was.
        if (!this.#timedOut && this.#client instanceof BoundedClient && !this.#client.isGone) throw error;
      }
      const failed = new StatementError(failureOf(error), error);
      if (failed.failure.kind === "lost") this.#lost = failed;
      throw failed;
    }
  }
}

/**
 * How long a statement may go without an answer. TCP alone finds a peer that vanished under an unanswered statement only after a quarter of
 * an hour, and one that hangs never. Counted here and not on the server: a hung server does not count, and behind a pooler in transaction
 * mode the session's settings are not ours. The connection is then given up, and what was asked counts as lost: it may have happened, or
 * happen yet. Shorter than the 30 s for which a publish in doubt is repeated, so that a repeat fits in.
 */
export const DEFAULT_STATEMENT_TIMEOUT_MS = 20_000;

/** For work that grows with the data: migrations, housekeeping, sums over the log. Only its own caller waits for it. */
const PATIENT_MS = 3_600_000;

/**
 * After a statement without an answer, the idle connections are as silent as the one it was sent on, if a firewall forgot them or the server
 * hung: each would take the limit to be found out. So the ones that were given back before are not lent again.
 */
interface Trust {
  /** When each connection that was given back in good order had last answered. */
  readonly answered: WeakMap<pg.PoolClient, number>;
  /** When a statement last went without an answer. */
  since: number;
}

export class Database implements Sql {
  readonly #pool: pg.Pool;
  readonly #limitMs: number;
  readonly #trust: Trust;
  readonly #waits: Waits;
  readonly #names: StatementNames;

  private constructor(pool: pg.Pool, limitMs: number, trust: Trust, waits: Waits, names: StatementNames) {
    this.#pool = pool;
    this.#limitMs = limitMs;
    this.#trust = trust;
    this.#waits = waits;
    this.#names = names;
  }

  static open(url: string, size: number, statementTimeoutMs: number, onError: (reason: string) => void): Database {
    const pool = new pg.Pool({
      connectionString: checkUrl(url), max: size, application_name: "evenkeel", connectionTimeoutMillis: 10_000, idleTimeoutMillis: 30_000,
      keepAlive: true, keepAliveInitialDelayMillis: 10_000, allowExitOnIdle: false,
      Client: BoundedClient,
    });
    // An idle connection that breaks is replaced at the next use.
    pool.on("error", (error) => { onError(error.message); });
    return new Database(pool, statementTimeoutMs, { answered: new WeakMap(), since: -Infinity }, new Waits(() => performance.now()), new StatementNames());
  }

  /** The same connections, for statements that may take long. */
  get patient(): Database { return new Database(this.#pool, Math.max(PATIENT_MS, this.#limitMs), this.#trust, this.#waits, this.#names); }

  get statementTimeoutMs(): number { return this.#limitMs; }

  /** Who waits for a connection now. */
  waits(generalMs: number): readonly Wait[] { return this.#waits.list(generalMs); }

  query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#lent((session) => session.query(text, values));
  }

  /**
   * A call of a function of ours, again and again: connections keep it, so that it is parsed and planned once for each of them. Not for statements
   * on tables: a plan made while a table was empty would stay when it is large.
   */
  async repeated(text: string, values: readonly Value[]): Promise<readonly Row[]> {
    const name = this.#names.nameOf(text);
    if (name === undefined) return this.query(text, values);
    try {
      return await this.#lent((session) => session.repeat(text, values, name));
    } catch (error) {
      if (!(error instanceof StatementError) || error.failure.kind !== "refused" || !isNameTrouble(error.failure.state)) throw error;
      // Refused by its name, so that nothing of it happened.
      this.#names.giveUp();
      return this.query(text, values);
    }
  }

  /** One statement on a connection of the pool. */
  async #lent<T>(statement: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const session = new LentClient(client, this.#limitMs);
    try {
      return await statement(session);
    } finally {
      this.#giveBack(client, session, session.isLost);
    }
  }

  /** Runs `work` on one connection; it is discarded when `work` throws, unless it is outside any transaction again. */
  async session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const session = new LentClient(client, this.#limitMs);
    let failed = true;
    try {
      const result = await work(session);
      failed = false;
      return result;
    } finally {
      this.#giveBack(client, session, session.isLost || (failed && !session.isClean));
    }
  }

  #giveBack(client: pg.PoolClient, session: LentClient, discard: boolean): void {
    session.giveBack();
    if (session.timedOut) this.#trust.since = performance.now();
    else this.#trust.answered.set(client, session.answeredAt);
    client.release(discard);
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      for (;;) {
        const client = await this.#lend();
        if ((this.#trust.answered.get(client) ?? Infinity) >= this.#trust.since) return client;
        client.release(true);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new StatementError({ kind: "unreachable", message }, error);
    }
  }

  /** A connection that idles is lent at once; whoever must wait for one, or for the server to make one, is listed. */
  #lend(): Promise<pg.PoolClient> {
    const { idleCount, totalCount, options: { max } } = this.#pool;
    if (idleCount > 0) return this.#pool.connect();
    return this.#waits.during("pool", totalCount < max ? "a new connection" : `one of ${String(max)} connections`, this.#pool.connect());
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function failureOf(error: unknown): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return { kind: "lost", message };
  // A FATAL error ends the connection, and may come between a commit and its answer.
  if (error.severity === "FATAL" || error.severity === "PANIC" || error.code.startsWith("57P")) return { kind: "lost", message };
  return { kind: "refused", state: error.code, message, detail: error.detail ?? "" };
}

/** The store's typed error for a failed statement that is not a commit. */
export function storeError(error: unknown, doing: string): EvenkeelError {
  if (error instanceof EvenkeelError) return error;
  if (!(error instanceof StatementError)) return new EvenkeelError("INTERNAL", `Unexpected failure while ${doing}.`, { cause: error });
  const { failure } = error;
  if (failure.kind === "refused" && isMissingOfOurs(failure)) {
    const cure = "Start a process of this version anew or run its `evenkeel migrate`: both make what is missing";
    const message = `The schema has no function that this version calls while ${doing}: ${failure.message} (SQLSTATE ${failure.state}). ` +
      `Nothing is lost, and it is tried again. ${cure}.`;
    return new EvenkeelError("STORE_UNAVAILABLE", message, { details: { state: failure.state }, cause: error });
  }
  if (failure.kind === "refused" && !isTransient(failure)) {
    return new EvenkeelError("STORE_REFUSED", `The database refused a statement while ${doing}: ${failure.message} (SQLSTATE ${failure.state}).`, { details: { state: failure.state }, cause: error });
  }
  return new EvenkeelError("STORE_UNAVAILABLE", `The database did not answer while ${doing}: ${failure.message}. It is tried again; check that the server runs and accepts connections.`, { cause: error });
}

interface Refusal { readonly state: string; readonly message: string }

/**
 * Whether a function is missing that a statement of ours called: those are named with their schema, in every language of the server. 42883 is also told of
 * operators, and of what a trigger of the user's calls by its plain name: that is the fault of what was to be written.
 */
function isMissingOfOurs({ state, message }: Refusal): boolean {
  return state === "42883" && /\S\.[^\s.(]+\(/.test(message);
}

/** Resources, operator intervention, system errors, locks, a function of ours that is missing: the statement may succeed later. */
export function isTransient(refusal: Refusal): boolean {
  return isMissingOfOurs(refusal) || /^(53|57|58|08|55P03|40)/.test(refusal.state);
}

/** Throws `DATABASE_URL_INVALID` unless the URL is one of PostgreSQL. Never shows the password. */
export function checkUrl(url: string): string {
  let parsed: URL | null = null;
  try {
    parsed = new URL(url);
  } catch {
    // Reported below with what was expected.
  }
  if (parsed !== null && /^postgres(ql)?:$/.test(parsed.protocol) && parsed.pathname.length > 1) return url;
  const shown = url.replace(/:\/\/[^@/]*@/, "://***@").slice(0, 120);
  throw new EvenkeelError("DATABASE_URL_INVALID", `'${shown}' is not the URL of a PostgreSQL database: write postgresql://user:password@host:5432/database.`);
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function number(value: string | null | undefined): number {
  return value == null ? 0 : Number(value);
}

export function text(value: string | null | undefined): string {
  return value ?? "";
}
