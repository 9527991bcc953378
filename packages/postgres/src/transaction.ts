// A user's transaction: their SQL first, the platform's appends at its end, and a lost COMMIT looked up by its transaction id.
import { EvenkeelError } from "@evenkeel/core";
import type { PublishCall, PublishResult, SqlSession } from "@evenkeel/core/spi";
import pg from "pg";
import { run, StatementError, storeError, text, type Database, type Sql } from "./connection.ts";
import { isMissingSegment, publishOnce, withoutTwins } from "./log.ts";
import type { Scope } from "./scope.ts";
import { ensureSegments } from "./segments.ts";

interface Ended<T> { readonly value: T; readonly results: readonly PublishResult[] }

export async function transaction<T>(scope: Scope, work: (sql: SqlSession) => Promise<{ value: T; calls: readonly PublishCall[] }>): Promise<Ended<T>> {
  let doubtful: { readonly ended: Ended<T>; readonly xid: string } | null = null;
  try {
    return await scope.database.session(async (client) => {
      await run(client, "begin");
      try {
        const { value, calls } = await work(sessionOf(client));
        const results = await publishInside(scope, client, calls);
        const [row] = await run(client, "select pg_current_xact_id()::text");
        const ended: Ended<T> = { value, results };
        doubtful = { ended, xid: text(row?.[0]) };
        await commit(client);
        return ended;
      } catch (error) {
        if (doubtful === null) await client.query("rollback").catch(() => undefined);
        throw error;
      }
    });
  } catch (error) {
    const lost = error instanceof StatementError && error.failure.kind === "lost";
    // Assigned inside the closure, which control flow analysis does not follow.
    const open = doubtful as { readonly ended: Ended<T>; readonly xid: string } | null;
    if (open !== null && lost && (await committed(scope.database, open.xid))) return open.ended;
    throw error instanceof StatementError ? storeError(error, "running a transaction") : error;
  }
}

/** COMMIT of a transaction that an error has aborted answers ROLLBACK: nothing happened, and the user must hear of it. */
async function commit(client: pg.ClientBase): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query("commit"));
  } catch (error) {
    throw error instanceof pg.DatabaseError && error.severity === "ERROR"
      ? new StatementError({ kind: "refused", state: error.code ?? "", message: error.message, detail: "" }, error)
      : new StatementError({ kind: "lost", message: error instanceof Error ? error.message : String(error) }, error);
  }
  if (command !== "COMMIT") {
    throw new EvenkeelError("STORE_REFUSED", "The transaction had failed before its end, and was rolled back: an error of a statement inside it was caught and not thrown on.");
  }
}

async function publishInside(scope: Scope, client: pg.ClientBase, calls: readonly PublishCall[]): Promise<readonly PublishResult[]> {
  const results = new Map<PublishCall, PublishResult>();
  const sql: Sql = { query: (statement, values) => run(client, statement, values) };
  // A host that vanishes from here on must not keep the append locks.
  if (calls.length > 0) await run(client, "set local idle_in_transaction_session_timeout = '5s'");
  while (results.size < calls.length) {
    const { now: open } = withoutTwins(calls.filter((call) => !results.has(call)));
    // What fails here for reasons of ours must not fail the user's work, which cannot be repeated without them.
    await run(client, "savepoint evenkeel_publish");
    try {
      await publishOnce(scope, sql, open, results);
    } catch (error) {
      if (!(error instanceof StatementError) || error.failure.kind !== "refused") throw error;
      const missing = isMissingSegment(error);
      if (!missing && error.failure.state !== "EK409") throw error;
      await run(client, "rollback to savepoint evenkeel_publish");
      if (missing) await ensureSegments(scope, open.reduce((sum, call) => sum + call.messages.length, 0), sql);
    }
  }
  for (const [call, result] of results) {
    if (result.kind !== "conflict") continue;
    throw new EvenkeelError("IDEMPOTENCY_CONFLICT", `The idempotency key '${call.doorKey}' of tenant '${call.tenant}' was used before with another payload: the transaction was rolled back.`, { details: { idempotencyKey: call.doorKey, tenant: call.tenant } });
  }
  return calls.map((call) => results.get(call) ?? { kind: "inDoubt", reason: "no answer" });
}

function sessionOf(client: pg.ClientBase): SqlSession {
  return {
    query: async (statement, values = []) => {
      const result = await client.query<Record<string, unknown>>(statement, [...values]);
      return result.rows;
    },
  };
}

/** How a transaction ended whose COMMIT was not answered (PostgreSQL, pg_xact_status). */
async function committed(database: Database, xid: string): Promise<boolean> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      const [row] = await database.query("select pg_xact_status($1::xid8)", [xid]);
      if (row?.[0] === "committed") return true;
      if (row?.[0] === "aborted") return false;
    } catch (error) {
      if (performance.now() > deadline) throw unresolved(error);
    }
    if (performance.now() > deadline) throw unresolved(undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function unresolved(cause: unknown): EvenkeelError {
  return new EvenkeelError("TRANSACTION_UNRESOLVED", "The connection was lost during COMMIT, and the database could not say within 30 s how it ended: look at your data before you repeat it.", { cause });
}
