// The store on PostgreSQL: binds the parts to one database and one schema. Every method is a few lines in the file of its concern.
import { randomUUID } from "node:crypto";
import type { Log, Store } from "@evenkeel/core/spi";
import { breakerResets, changeBreaker, listBreakers, resetBreaker } from "./breakers.ts";
import { callControls, listCalls, readCallControls, requestCallControl } from "./call-controls.ts";
import { commit } from "./commit.ts";
import { checkUrl, Database, DEFAULT_STATEMENT_TIMEOUT_MS, quote, storeError } from "./connection.ts";
import { timerReader } from "./due-timers.ts";
import { startHints } from "./hints.ts";
import { handled, load, publish, read, tails } from "./log.ts";
import { housekeeping } from "./maintain.ts";
import { isAlive, join } from "./membership.ts";
import { applyControls, controls, listParked, requestControl, summary } from "./operators.ts";
import { acquire, gather, mark, release, roster } from "./owners.ts";
import { prepare } from "./prepare.ts";
import { parseRetention, type Retention } from "./retention.ts";
import { readRevivals } from "./revivals.ts";
import type { Scope } from "./scope.ts";
import { WarmConnection } from "./warm-connection.ts";
import { transaction } from "./transaction.ts";
import { readCalls, readParked } from "./waiting.ts";
import { EvenkeelError } from "@evenkeel/core";

export interface PostgresOptions {
  /** postgresql://user:password@host:5432/database */
  readonly url: string;
  /** One application per schema; default "evenkeel". */
  readonly schema?: string;
  /** Connections of this process at most, besides two for heartbeat and hints; default 10. */
  readonly poolSize?: number;
  /**
   * How long a statement may go without an answer before its connection is given up, in milliseconds; default 20,000, least 1,000. It
   * counts for the statements of your transactions and for declared SQL, too. Migrations and housekeeping may take longer.
   */
  readonly statementTimeoutMs?: number;
  readonly retention?: Partial<Retention>;
  readonly log: Log;
}

export const DEFAULT_SCHEMA = "evenkeel";

/** Returns the name, or throws `CONFIG_INVALID`. */
export function checkSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) return schema;
  const message = `The schema '${schema}' is not valid: use lower-case letters, digits and '_', 41 characters at most.`;
  throw new EvenkeelError("CONFIG_INVALID", message, { details: { setting: "schema" } });
}

function checkStatementTimeout(ms: number): number {
  if (Number.isSafeInteger(ms) && ms >= 1_000 && ms <= 3_600_000) return ms;
  const message = `statementTimeoutMs is ${String(ms)}: give a whole number from 1000 to 3600000.`;
  throw new EvenkeelError("CONFIG_INVALID", message, { details: { setting: "statementTimeoutMs" } });
}

function checkPoolSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 1 && size <= 10_000) return size;
  throw new EvenkeelError("CONFIG_INVALID", `poolSize is ${String(size)}: give a whole number from 1 to 10000.`, { details: { setting: "poolSize" } });
}

/**
 * Opens the store; nothing is sent before `prepare`. Throws `DATABASE_URL_INVALID` and `CONFIG_INVALID`.
 *
 * Works on PostgreSQL 14 to 18 and behind a pooler in transaction mode.
 */
export function openPostgres(options: PostgresOptions): Store {
  const schema = checkSchema(options.schema ?? DEFAULT_SCHEMA);
  const url = checkUrl(options.url);
  const statementTimeoutMs = checkStatementTimeout(options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS);
  const retention = parseRetention(options.retention ?? {});
  const poolSize = checkPoolSize(options.poolSize ?? 10);
  const database = Database.open(url, poolSize, statementTimeoutMs, (reason) => { options.log("warning", "connection.lost", { reason }); });
  const warm = new WarmConnection(database, poolSize);
  const scope: Scope = {
    database, quick: warm, schema, s: quote(schema), log: options.log, groups: new Map(), handles: new Map(), entities: new Set(), partitions: 0,
    segmentLength: retention.segmentLength,
  };
  const hints = startHints(scope, url, randomUUID());
  const maintain = housekeeping(scope, retention);
  return {
    prepare: (manifest) => prepare(scope, manifest),
    maintain: () => maintain().catch((error: unknown) => { throw storeError(error, "looking after the log"); }),
    close: async () => {
      warm.close();
      await Promise.all([hints.close(), database.close()]);
    },
    waits: (generalMs) => [...database.waits(generalMs), ...hints.waits(generalMs)],
    publish: (calls) => publish(scope, hints, calls),
    read: (request) => read(scope, request),
    load: (documents) => load(scope, documents),
    transaction: (work) => transaction(scope, hints, work),
    handled: (group, place) => handled(scope, group, place),
    tails: () => tails(scope),
    onHint: (listener) => hints.onHint(listener),
    hint: (hint) => { hints.hint(hint); },
    hintsArrive: () => hints.arrive(),
    join: (worker) => join(scope, url, worker),
    roster: () => roster(scope, isAlive),
    acquire: (request) => acquire(scope, request),
    release: (request) => release(scope, request),
    commit: (changes) => commit(scope, hints, changes),
    mark: (request) => mark(scope, request),
    gather: (request) => gather(scope, request),
    readRevivals: (request) => readRevivals(scope, request),
    readCalls: (request) => readCalls(scope, request),
    listCalls: (filter) => listCalls(scope, filter),
    requestCallControl: (request) => requestCallControl(scope, request),
    readCallControls: (request) => readCallControls(scope, request),
    callControls: (filter) => callControls(scope, filter),
    changeBreaker: (change) => changeBreaker(scope, change),
    listBreakers: () => listBreakers(scope),
    resetBreaker: (reset) => resetBreaker(scope, reset),
    breakerResets: (filter) => breakerResets(scope, filter),
    readTimers: timerReader(scope, () => performance.now()),
    readParked: (request) => readParked(scope, request),
    listParked: (filter) => listParked(scope, filter),
    requestControl: (requests) => requestControl(scope, requests),
    applyControls: (request) => applyControls(scope, request),
    controls: (filter) => controls(scope, filter),
    summary: () => summary(scope),
  };
}
