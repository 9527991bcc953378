// The entities of a schema: recorded by name, each with a table and functions that are called after it. Refuses names that PostgreSQL would take for one,
// and makes what an older version left out that added an entity beside. It touches no document.
import { EvenkeelError } from "@evenkeel/core";
import type { Manifest } from "@evenkeel/core/spi";
import { quote, text, type Session } from "./connection.ts";
import { entityTable, writeDocumentsFunction } from "./schema/documents.ts";
import type { Scope } from "./scope.ts";

/** PostgreSQL cuts a name after 63 bytes and goes on with what is left of it, so that two entities would share a table. */
const NAME_BYTES = 63;
const PREFIX = "entity_";
const MOST_BYTES = NAME_BYTES - PREFIX.length;

const bytesOf = (name: string): Buffer => Buffer.from(name);
/** What the server calls the table. */
const tableOf = (entity: string): string => bytesOf(PREFIX + entity).subarray(0, NAME_BYTES).toString();
const isTooLong = (entity: string): boolean => bytesOf(entity).length > MOST_BYTES;

/** Throws `NAME_INVALID` for names that cannot be told apart, and `STORE_REFUSED` where a new table's name is taken. */
export async function recordEntities(client: Session, { s, schema, entities }: Pick<Scope, "s" | "schema" | "entities">, manifest: Manifest): Promise<void> {
  const known = (await client.query(`select name from ${s}.entity`)).map((row) => text(row[0]));
  const wanted = [...new Set(manifest.entities)];
  const added = wanted.filter((entity) => !known.includes(entity));
  checkNames(wanted, added);
  for (const entity of added) {
    await checkFree(client, s, entity);
    await client.query(`insert into ${s}.entity values ($1)`, [entity]);
  }
  const all = [...known, ...added].sort();
  const lacking = await withoutFunctions(client, s);
  for (const { entity, isMade } of lacking) if (!isMade) await client.command(entityTable(s, schema, entity, quote));
  if (lacking.length > 0) await client.command(writeDocumentsFunction(s, all, quote));
  for (const entity of all) entities.add(entity);
}

function checkNames(wanted: readonly string[], added: readonly string[]): void {
  for (const entity of added) {
    if (!isTooLong(entity)) continue;
    throw new EvenkeelError(
      "NAME_INVALID",
      `The entity '${entity}' has ${String(bytesOf(entity).length)} characters, and ${String(MOST_BYTES)} at most fit: its table is called after it, and PostgreSQL ` +
        `cuts names after ${String(NAME_BYTES)} bytes. Give it a shorter name; those of workflows and schedules have the name of these and '_run', '_key' or '_schedule'.`,
      { details: { entity, most: MOST_BYTES } },
    );
  }
  // A version before this one cut their names. One of them alone stays as it is.
  const byTable = new Map<string, string>();
  for (const entity of wanted.filter((one) => !added.includes(one))) {
    const other = byTable.get(tableOf(entity));
    byTable.set(tableOf(entity), entity);
    if (other === undefined) continue;
    throw new EvenkeelError(
      "NAME_INVALID",
      `The entities '${other}' and '${entity}' have kept their documents in one table, '${tableOf(entity)}', since PostgreSQL cuts names after ${String(NAME_BYTES)} bytes: ` +
        `rename one of them to ${String(MOST_BYTES)} characters at most. It begins without documents; look in the table for those that are its own.`,
      { details: { entities: [other, entity], table: tableOf(entity) } },
    );
  }
}

/** Without this, `create table if not exists` would take for the table whatever has its name, be it an index. */
async function checkFree(client: Session, s: string, entity: string): Promise<void> {
  const table = tableOf(entity);
  const [taken] = await client.query("select to_regclass($1) is not null", [`${s}.${quote(table)}`]);
  if (taken?.[0] !== "t") return;
  throw new EvenkeelError(
    "STORE_REFUSED",
    `The new entity '${entity}' needs the table '${table}', and the schema has something of that name: the table or the index of another entity, or one made ` +
      "by hand. Give the entity another name, or remove what is in its place.",
    { details: { entity, table } },
  );
}

/**
 * The recorded entities that this version's functions do not know: those that are new, and those that an older version added after this one had prepared
 * the schema. Some have functions of their own, and only the one that writes for all of them does not name them.
 */
async function withoutFunctions(client: Session, s: string): Promise<readonly { readonly entity: string; readonly isMade: boolean }[]> {
  const has = (name: string): string => `exists (select from pg_proc p where p.pronamespace = $1::regnamespace and p.proname = ${name})`;
  const rows = await client.query(`
    select name, made from (
      select e.name, ${has("('load_' || e.name)::name")} and ${has("('write_' || e.name)::name")} as made,
        ${has("'write_documents_1' and position(quote_literal(e.name) in p.prosrc) > 0")} as named
      from ${s}.entity e) e
    where not (made and named) order by name`, [s]);
  return rows.map((row) => ({ entity: text(row[0]), isMade: row[1] === "t" }));
}
