// Declared SQL: a user's own write, named, with plain parameters, run inside the commit. It returns nothing to the handler.
import { checkName } from "../message/definition.ts";
import type { OutputOf, Schema, StorableSchema } from "../message/schema.ts";

export interface AnyStatement {
  readonly name: string;
  readonly text: string;
  readonly rows: number | null;
  readonly schema: Schema;
  readonly values: (parameters: never) => readonly (string | number | boolean | null)[];
}

export interface Statement<Parameters> extends AnyStatement {
  readonly values: (parameters: Parameters) => readonly (string | number | boolean | null)[];
}

/**
 * Declares a SQL statement that handlers may run with their commit: for tables of your own that must agree with the documents.
 *
 * Guarantees: runs once, in the transaction of the message's effects. A constraint error, or another number of rows than `rows`, is that
 * message's failure (`SQL_FAILED`, tried again). Does not: read, or touch entity tables.
 *
 * @param options.text one statement with `$1`, `$2`, ...; parameters arrive as text, so cast what is not text: `$2::bigint`.
 * @param options.rows the rows it must change; default: any number.
 * @example
 * const addSale = statement("sales.add", {
 *   parameters: z.object({ orderId: z.string(), pence: z.number().int() }),
 *   text: "insert into sales (order_id, pence) values ($1, $2::bigint)",
 *   values: (p) => [p.orderId, p.pence],
 *   rows: 1,
 * });
 */
export function statement<S extends Schema>(name: string, options: {
  readonly parameters: S & StorableSchema<S>;
  readonly text: string;
  readonly values: (parameters: OutputOf<S>) => readonly (string | number | boolean | null)[];
  readonly rows?: number;
}): Statement<OutputOf<S>> {
  checkName("statement", name);
  return { name, text: options.text, rows: options.rows ?? null, schema: options.parameters, values: options.values };
}
