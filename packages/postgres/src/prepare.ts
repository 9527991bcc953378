// Preparation: the schema's migrations, and what the application's definitions record before anything may run under them.
import { EvenkeelError } from "@evenkeel/core";
import { SYSTEM_GROUPS, type Manifest, type Prepared } from "@evenkeel/core/spi";
import { number, StatementError, storeError, text, type Session } from "./connection.ts";
import { recordEntities } from "./entities.ts";
import { makeFunctions } from "./make-functions.ts";
import { MIGRATIONS } from "./schema/migrations.ts";
import type { Scope } from "./scope.ts";
import { ensureSegments } from "./segments.ts";

const DEFAULT_PARTITIONS = 8;

export async function prepare(scope: Scope, manifest: Manifest): Promise<Prepared> {
  const { database, s, schema } = scope;
  try {
    const result = await database.session(async (client) => {
      const [isolation] = await client.query("select current_setting('default_transaction_isolation')");
      checkIsolation(text(isolation?.[0]));
      await client.query("begin");
      await takeTurn(scope, client);
      // Migrations and the end of commits under way take as long as they take.
      client.bePatient();
      await migrate(client, s, schema);
      scope.partitions = await partitionsOf(client, s, manifest);
      await recordSchemas(client, s, manifest);
      await recordEntities(client, scope, manifest);
      const eligibleGroups = await recordGroups(client, scope, manifest);
      await client.query("commit");
      return { partitions: scope.partitions, eligibleGroups };
    });
    await ensureSegments(scope);
    return result;
  } catch (error) {
    if (error instanceof StatementError && error.failure.kind === "unreachable") {
      throw new EvenkeelError("STORE_UNAVAILABLE", `The database cannot be reached: ${error.failure.message}. Check the URL and that the server accepts connections.`, { cause: error });
    }
    throw storeError(error, "preparing the database");
  }
}

const PREPARE_MS = 3_600_000;
const TURN_MS = { least: 20, most: 250 };
const SAY_AFTER_MS = 5_000;

/**
 * One process prepares at a time. It asks again and again instead of waiting in the server: a wait may honestly be long, so only a question
 * that is answered at once can tell a server that is busy from one that fell silent. Whoever has the turn and is not heard of any more (its
 * host vanished, its process stands still) loses it after a statement's limit.
 */
async function takeTurn({ schema, database, log }: Scope, client: Session): Promise<void> {
  await client.query(`set local idle_in_transaction_session_timeout = ${String(Math.max(1_000, Math.ceil(database.statementTimeoutMs)))}`);
  const began = performance.now();
  let said = false;
  for (let pauseMs = TURN_MS.least; ; pauseMs = Math.min(TURN_MS.most, pauseMs * 2)) {
    const [row] = await client.query("select pg_try_advisory_xact_lock(hashtext($1), 0)", [`${schema}:prepare`]);
    if (row?.[0] === "t") return;
    const waitedMs = performance.now() - began;
    if (waitedMs >= PREPARE_MS) {
      throw new EvenkeelError("STORE_UNAVAILABLE", "Another process has been preparing this schema for an hour: look at pg_locks and pg_stat_activity for who holds the advisory lock.");
    }
    if (!said && waitedMs >= SAY_AFTER_MS) {
      said = true;
      log("warning", "prepare.waits", { schema, reason: "another process prepares this schema: it migrates, or waits for commits of owners to end" });
    }
    await new Promise((resolve) => { setTimeout(resolve, pauseMs); });
  }
}

/** Every statement reads what was committed before it: behind a lock, a snapshot from before the lock shows what is past. */
function checkIsolation(given: string): void {
  if (given === "read committed") return;
  const cure = "run `alter role … set default_transaction_isolation = 'read committed'` for its role, and connect anew; a transaction of yours may choose another level";
  const message = `The database runs statements as ${given.toUpperCase()} unless told otherwise, and the store needs READ COMMITTED: ${cure}.`;
  throw new EvenkeelError("CONFIG_INVALID", message, { details: { setting: "default_transaction_isolation", given } });
}

async function migrate(client: Session, s: string, schema: string): Promise<void> {
  const [server] = await client.query("select current_setting('server_version_num')::int / 10000");
  if (number(server?.[0]) < 14) throw new EvenkeelError("STORE_VERSION", `The server is PostgreSQL ${text(server?.[0])}: version 14 or newer is needed.`);
  const [exists] = await client.query("select to_regclass($1) is not null", [`${s}.migration`]);
  if (exists?.[0] !== "t") {
    await client.query(`create schema if not exists ${s}`);
    await client.query(`create table ${s}.migration (number int primary key, applied_at timestamptz not null default clock_timestamp())`);
  }
  const [at] = await client.query(`select coalesce(max(number), 0) from ${s}.migration`);
  const applied = number(at?.[0]);
  if (applied > MIGRATIONS.length) {
    throw new EvenkeelError("STORE_VERSION", `The schema '${schema}' has migration ${String(applied)}, and this version knows ${String(MIGRATIONS.length)}: run a version at least as new as the one that migrated it.`);
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < applied) continue;
    await client.command(migration(s));
    await client.query(`insert into ${s}.migration (number) values ($1)`, [index + 1]);
  }
  await makeFunctions(client, s, schema);
}

async function partitionsOf(client: Session, s: string, manifest: Manifest): Promise<number> {
  const [row] = await client.query(`select value from ${s}.setting where name = 'partitions'`);
  const stored = row === undefined ? null : number(row[0]);
  if (stored === null) {
    const partitions = manifest.partitions ?? DEFAULT_PARTITIONS;
    await client.query(`insert into ${s}.setting values ('partitions', $1)`, [String(partitions)]);
    return partitions;
  }
  if (manifest.partitions !== null && manifest.partitions !== stored) {
    throw new EvenkeelError("PARTITIONS_FIXED", `The log was created with ${String(stored)} partitions, and the settings say ${String(manifest.partitions)}: the number is fixed; remove the setting or use another schema.`, { details: { stored, given: manifest.partitions } });
  }
  return stored;
}

async function recordSchemas(client: Session, s: string, manifest: Manifest): Promise<void> {
  const rows = await client.query(`select name, version, digest from ${s}.schema_version where name = any($1::text[])`, [manifest.schemas.map((one) => one.name)]);
  for (const { name, version, digest } of manifest.schemas) {
    const stored = rows.find((row) => row[0] === name && number(row[1]) === version);
    if (stored === undefined) await client.query(`insert into ${s}.schema_version values ($1, $2, $3)`, [name, version, digest]);
    else if (stored[2] == null && digest !== null) await client.query(`update ${s}.schema_version set digest = $3 where name = $1 and version = $2`, [name, version, digest]);
    else if (digest !== null && stored[2] !== digest) {
      throw new EvenkeelError("SCHEMA_CHANGED", `The schema of '${name}' changed under version ${String(version)}: raise \`version\` to ${String(version + 1)} and add an upcaster from ${String(version)}.`, { details: { name, version } });
    }
  }
}

/** Records what the groups handle, and returns those whose every recorded name this application knows. */
async function recordGroups(client: Session, scope: Scope, manifest: Manifest): Promise<readonly string[]> {
  const { s } = scope;
  const wanted = [...SYSTEM_GROUPS.map((name) => ({ name, handles: [] as readonly string[] })), ...manifest.groups];
  for (const group of wanted) {
    scope.handles.set(group.name, group.handles);
    await recordNames(client, scope, group.name, group.handles);
  }
  const rows = await client.query(`select name, number, array_to_json(names) from ${s}.consumer_group`);
  const eligible: string[] = [];
  for (const row of rows) {
    const name = text(row[0]);
    scope.groups.set(name, number(row[1]));
    const stored: unknown = JSON.parse(text(row[2]));
    const handles = manifest.groups.find((group) => group.name === name)?.handles;
    if (handles === undefined || !Array.isArray(stored)) continue;
    const missing = stored.filter((one) => typeof one !== "string" || !handles.includes(one));
    if (missing.length === 0) eligible.push(name);
    else scope.log("error", "group.not-eligible", { group: name, missing, advice: "another version handles these names: this process leaves the group to it" });
  }
  return eligible;
}

/**
 * Records the names that a group handles, before anything may be emitted under them. A worker that does not know a new name would move the
 * group's progress past its messages: its leases end here, and `acquire` gives it none again.
 */
async function recordNames(client: Session, scope: Scope, group: string, handles: readonly string[]): Promise<void> {
  const { s, schema } = scope;
  const [row] = await client.query(`select number, $2::text[] <@ names from ${s}.consumer_group where name = $1`, [group, [...handles]]);
  if (row === undefined) {
    await client.query(`insert into ${s}.consumer_group (name, number, names) values ($1, (select coalesce(max(number), 0) + 1 from ${s}.consumer_group), $2::text[])`, [
      group,
      [...handles],
    ]);
    return;
  }
  if (row[1] === "t") return;
  const leases = await client.query(`select partition from ${s}.lease where consumer_group = $1 order by partition`, [row[0]]);
  for (const lease of leases) await client.query("select pg_advisory_xact_lock(hashtext($1), $2)", [`${schema}:fence`, number(row[0]) * 256 + number(lease[0])]);
  await client.query(`update ${s}.lease set epoch = epoch + 1, worker = null where consumer_group = $1`, [row[0]]);
  await client.query(`update ${s}.consumer_group set names = (select array(select distinct unnest(names || $2::text[]))) where name = $1`, [group, [...handles]]);
}
