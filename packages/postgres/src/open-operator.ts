// The store as operators see it: what is parked, requested, owned and wrong. Needs no definitions of the application and
// changes nothing but the requests it records; it never migrates.
import { randomUUID } from "node:crypto";
import { EvenkeelError } from "@evenkeel/core";
import { isSystemGroup, type Store } from "@evenkeel/core/spi";
import { breakerResets, listBreakers, resetBreaker } from "./breakers.ts";
import { callControls, listCalls, requestCallControl } from "./call-controls.ts";
import { checkUrl, Database, DEFAULT_STATEMENT_TIMEOUT_MS, number, quote, StatementError, storeError, text } from "./connection.ts";
import { diagnose, type Diagnosis } from "./diagnose.ts";
import { startHints } from "./hints.ts";
import { callsInNeed, leases, workers, type CallInNeed, type LeaseState, type WorkerState } from "./inspect.ts";
import { controls, listParked, requestControl, summary } from "./operators.ts";
import { LATEST_MIGRATION } from "./schema/migrations.ts";
import { stalls, type StallState } from "./worker-stalls.ts";
import { DEFAULT_RETENTION } from "./retention.ts";
import { runs, type RunsFilter, type StoredRun } from "./runs.ts";
import type { Scope } from "./scope.ts";
import { checkSchema, DEFAULT_SCHEMA, type PostgresOptions } from "./store.ts";

type StoreSide = Pick<
  Store,
  | "listParked" | "requestControl" | "controls" | "listCalls" | "requestCallControl" | "callControls"
  | "listBreakers" | "resetBreaker" | "breakerResets" | "summary" | "close"
>;

export interface OperatorAccess extends StoreSide {
  /** The services that have a consumer group, by name. */
  readonly groups: readonly string[];
  /** Workers that are known, the lapsed ones included, in order of joining. */
  workers(): Promise<readonly WorkerState[]>;
  leases(): Promise<readonly LeaseState[]>;
  /** What stands still in the workers, longest first; of workers that are gone for ten minutes more. */
  stalls(): Promise<readonly StallState[]>;
  /** Calls that wait for a person, longest first. */
  callsInNeed(limit: number): Promise<readonly CallInNeed[]>;
  /** Documents of runs that fit, by tenant and id, read a page at a time: nothing is locked, and no moment is held. */
  runs(filter: RunsFilter): AsyncGenerator<StoredRun, void, undefined>;
  /** What the server says about the things that harm a log. Takes up to two seconds to find out whether hints arrive. */
  diagnose(): Promise<Diagnosis>;
}

/**
 * Opens an existing schema for operators.
 *
 * Errors: `DATABASE_URL_INVALID`, `CONFIG_INVALID`, `STORE_UNAVAILABLE`, and `STORE_VERSION` when the schema is absent or of
 * another version.
 *
 * @example
 * const operator = await openOperator({ url: "postgresql://localhost/shop", log });
 * await operator.summary(); // [{ group: "payments", lag: 0, deadLetters: 1, ... }]
 */
export async function openOperator(options: Pick<PostgresOptions, "url" | "schema" | "log">): Promise<OperatorAccess> {
  const schema = checkSchema(options.schema ?? DEFAULT_SCHEMA);
  const url = checkUrl(options.url);
  const database = Database.open(url, 4, DEFAULT_STATEMENT_TIMEOUT_MS, (reason) => { options.log("warning", "connection.lost", { reason }); });
  const { segmentLength } = DEFAULT_RETENTION;
  const scope: Scope = {
    database, quick: { repeat: (text, values) => database.query(text, values) }, schema, s: quote(schema), log: options.log, groups: new Map(),
    handles: new Map(), entities: new Set(), partitions: 0, segmentLength,
  };
  try {
    await readScope(scope);
  } catch (error) {
    await database.close();
    if (error instanceof StatementError && error.failure.kind === "unreachable") {
      const why = `The database cannot be reached: ${error.failure.message}.`;
      throw new EvenkeelError("STORE_UNAVAILABLE", `${why} Check the URL and that the server accepts connections.`, { cause: error });
    }
    throw storeError(error, "opening the schema");
  }
  const hints = startHints(scope, url, randomUUID());
  return {
    groups: [...scope.groups.keys()].filter((name) => !isSystemGroup(name)).sort(),
    listParked: (filter) => listParked(scope, filter),
    requestControl: (requests) => requestControl(scope, requests),
    controls: (filter) => controls(scope, filter),
    listCalls: (filter) => listCalls(scope, filter),
    requestCallControl: (request) => requestCallControl(scope, request),
    callControls: (filter) => callControls(scope, filter),
    listBreakers: () => listBreakers(scope),
    resetBreaker: (reset) => resetBreaker(scope, reset),
    breakerResets: (filter) => breakerResets(scope, filter),
    summary: () => summary(scope),
    workers: () => workers(scope),
    leases: () => leases(scope),
    stalls: () => stalls(scope),
    callsInNeed: (limit) => callsInNeed(scope, limit),
    runs: (filter) => runs(scope, filter),
    diagnose: () => diagnose(scope, hints),
    close: async () => {
      await Promise.all([hints.close(), database.close()]);
    },
  };
}

async function readScope(scope: Scope): Promise<void> {
  const { database, s, schema } = scope;
  const [exists] = await database.query("select to_regclass($1) is not null", [`${s}.migration`]);
  const [at] = exists?.[0] === "t" ? await database.query(`select coalesce(max(number), 0) from ${s}.migration`) : [];
  const applied = number(at?.[0]);
  const [partitions] = applied === 0 ? [] : await database.query(`select value from ${s}.setting where name = 'partitions'`);
  if (partitions === undefined) {
    const what = `The database has no Evenkeel schema '${schema}'`;
    const cure = "check the URL and the schema's name, or create it with `evenkeel migrate`";
    throw new EvenkeelError("STORE_VERSION", `${what}: ${cure}.`, { details: { schema } });
  }
  if (applied !== LATEST_MIGRATION) {
    const cure = applied > LATEST_MIGRATION ? "use a version at least as new as the one that migrated it" : "run `evenkeel migrate`";
    const what = `The schema '${schema}' has migration ${String(applied)}, and this version works with ${String(LATEST_MIGRATION)}`;
    throw new EvenkeelError("STORE_VERSION", `${what}: ${cure}.`, { details: { schema, applied } });
  }
  scope.partitions = number(partitions[0]);
  for (const row of await database.query(`select name, number from ${s}.consumer_group`)) scope.groups.set(text(row[0]), number(row[1]));
}
