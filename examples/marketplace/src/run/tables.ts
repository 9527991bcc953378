// SQL over one run's tables: entity tables are documented to be read (columns tenant, key, version, body); the log is read for counts.
// It refuses to write.
export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface Sql {
  query(text: string, values?: readonly unknown[]): Promise<Rows>;
}

/** An application, as far as it is a way to its database. */
export interface Database {
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** The table of an entity. @example entityTable("run_1", "order") // `"run_1"."entity_order"` */
export const entityTable = (schema: string, entity: string): string => `"${schema}"."entity_${entity}"`;
export const logTable = (schema: string): string => `"${schema}"."log"`;

export async function countDocuments(database: Database, schema: string, entity: string): Promise<number> {
  const rows = await database.transaction((sql) => sql.query(`select count(*)::int as count from ${entityTable(schema, entity)}`));
  return Number(rows[0]?.["count"] ?? 0);
}
