// A user's transaction: their SQL first, the platform's appends at its end, and a lost COMMIT looked up by its transaction id.
import { randomUUID } from "node:crypto";
import { EvenkeelError } from "@evenkeel/core";
import type { PublishCall, PublishResult, SqlSession } from "@evenkeel/core/spi";
import pg from "pg";
import { StatementError, storeError, text, type Session } from "./connection.ts";
import type { Hints } from "./hints.ts";
import { isMissingSegment, publishOnce, tell, withoutTwins } from "./log.ts";
import type { Scope } from "./scope.ts";
import { ensureSegments } from "./segments.ts";

interface Ended<T> { readonly value: T; readonly calls: readonly PublishCall[]; readonly results: readonly PublishResult[] }

type Work<T> = (sql: SqlSession) => Promise<{ value: T; calls: readonly PublishCall[] }>;

export async function transaction<T>(scope: Scope, hints: Hints, work: Work<T>): Promise<Pick<Ended<T>, "value" | "results">> {
  const { value, calls, results } = await run(scope, work);
  tell(hints, calls, results);
  return { value, results };
}

async function run<T>(scope: Scope, work: Work<T>): Promise<Ended<T>> {
  let doubtful: { readonly ended: Ended<T>; readonly trail: Awaited<ReturnType<typeof leaveTrail>> } | null = null;
  try {
    return await scope.database.session(async (client) => {
      await client.query("begin");
      try {
        const loan = { open: true };
        const { value, calls } = await work(sessionOf(client, loan)).finally(() => { loan.open = false; });
        const results = await publishInside(scope, client, calls);
        const trail = await leaveTrail(scope, client);
        const ended: Ended<T> = { value, calls, results };
        doubtful = { ended, trail };
        await commit(client);
        return ended;
      } catch (error) {
        // On a lost connection this fails at once.
        if (doubtful === null) await client.command("rollback").catch(() => undefined);
        throw error;
      }
    });
  } catch (error) {
    const lost = error instanceof StatementError && error.failure.kind === "lost";
    // Assigned inside the closure, which control flow analysis does not follow.
    const open = doubtful as { readonly ended: Ended<T>; readonly trail: Awaited<ReturnType<typeof leaveTrail>> } | null;
    if (open !== null && lost && (await committed(scope, open.trail))) return open.ended;
    throw error instanceof StatementError ? storeError(error, "running a transaction") : error;
  }
}

/** COMMIT of a transaction that an error has aborted answers ROLLBACK: nothing happened, and the user must hear of it. */
async function commit(client: Session): Promise<void> {
  let command: string;
  try {
    command = await client.command("commit");
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    // Anything but a plain error may come between a commit and its answer; a server may name the graver ones in its own language.
    const plain = error.cause instanceof pg.DatabaseError && error.cause.severity === "ERROR";
    throw plain ? error : new StatementError({ kind: "lost", message: error.message }, error.cause);
  }
  if (command !== "COMMIT") {
    throw new EvenkeelError("STORE_REFUSED", "The transaction had failed before its end, and was rolled back: an error of a statement inside it was caught and not thrown on.");
  }
}

async function publishInside(scope: Scope, client: Session, calls: readonly PublishCall[]): Promise<readonly PublishResult[]> {
  const results = new Map<PublishCall, PublishResult>();
  // A host that vanishes from here on must not keep the append locks.
  if (calls.length > 0) await client.query("set local idle_in_transaction_session_timeout = '5s'");
  for (let left = calls; left.length > 0; left = calls.filter((call) => !results.has(call))) {
    const { now: open } = withoutTwins(left);
    // What fails here for reasons of ours must not fail the user's work, which cannot be repeated without them.
    await client.query("savepoint evenkeel_publish");
    try {
      await publishOnce(scope, client, open, results);
    } catch (error) {
      if (!(error instanceof StatementError) || error.failure.kind !== "refused") throw error;
      const missing = isMissingSegment(error);
      if (!missing && error.failure.state !== "EK409") throw error;
      await client.query("rollback to savepoint evenkeel_publish");
      if (missing) await ensureSegments(scope, open.reduce((sum, call) => sum + call.messages.length, 0), client);
    }
  }
  for (const [call, result] of results) {
    if (result.kind !== "conflict") continue;
    throw new EvenkeelError("IDEMPOTENCY_CONFLICT", `The idempotency key '${call.doorKey}' of tenant '${call.tenant}' was used before with another payload: the transaction was rolled back.`, { details: { idempotencyKey: call.doorKey, tenant: call.tenant } });
  }
  return calls.map((call) => results.get(call) ?? { kind: "inDoubt", reason: "no answer" });
}

/** A session that outlives the work would speak after the end of the transaction, or in the transaction of another. */
function sessionOf(client: Session, loan: { readonly open: boolean }): SqlSession {
  return {
    query: async (statement, values = []) => {
      if (!loan.open) throw new EvenkeelError("TRANSACTION_FINISHED", "A transaction was asked for a statement after its work had ended: await everything that the work starts. The statement was not sent.");
      try {
        return await client.records(statement, values);
      } catch (error) {
        if (!(error instanceof StatementError)) throw error;
        // Users know the errors of their statements by the database's own codes.
        throw error.failure.kind === "refused" ? error.cause : storeError(error, "running a statement of a transaction");
      }
    },
  };
}

/** What tells afterwards how a transaction ended. */
interface Trail { readonly xid: string; readonly mark: string }

/**
 * A row of the door that only this transaction writes. The transaction's id alone would not do: a server that crashes before the commit
 * reached its disk may give the same id to another transaction after its recovery, and pg_xact_status then tells of that one.
 */
async function leaveTrail({ s }: Scope, client: Session): Promise<Trail | "nothing written" | "no door"> {
  const [wrote] = await client.query(`select pg_current_xact_id_if_assigned() is not null, to_regclass($1) is not null`, [`${s}.door`]);
  if (wrote?.[0] !== "t") return "nothing written";
  // The work has dropped the whole schema: then nobody can say how a lost COMMIT ended.
  if (wrote[1] !== "t") return "no door";
  const mark = `~transaction/${randomUUID()}`;
  const [row] = await client.query(`insert into ${s}.door (tenant, key, digest) values ('', $1, '') returning pg_current_xact_id()::text`, [mark]);
  return { mark, xid: text(row?.[0]) };
}

/** How a transaction ended whose COMMIT was not answered: its id says that it has ended (PostgreSQL, pg_xact_status), its mark says how. */
async function committed({ s, database }: Scope, trail: Trail | "nothing written" | "no door"): Promise<boolean> {
  if (trail === "nothing written") return true;
  if (trail === "no door") throw unresolved(undefined);
  const { xid, mark } = trail;
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      // An id that the server has not given out belongs to a transaction that was lost in a crash; pg_xact_status refuses those.
      const [row] = await database.query(
        "select case when $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status($1::xid8) end is not distinct from 'in progress'", [xid]);
      // In a statement of its own: a snapshot from before the end would not show the mark.
      if (row?.[0] === "f") return (await database.query(`select 1 from ${s}.door where tenant = '' and key = $1`, [mark])).length > 0;
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
