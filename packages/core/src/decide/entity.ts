// Entities: keyed documents that one service owns. A definition names the document and its schema; access happens in handlers.
import { checkName, checkSchema } from "../message/definition.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { OutputOf, Schema, StorableSchema } from "../message/schema.ts";

export interface AnyEntity {
  readonly name: string;
  readonly schema: Schema;
}

export interface Entity<Document> extends AnyEntity {
  /** Carries the document's type; never present at run time. */
  readonly "~document"?: Document;
}

export type DocumentOf<E extends AnyEntity> = E extends Entity<infer Document> ? Document : never;

const NAMES: OptionNames<{ readonly data: Schema }> = { data: true };

/**
 * Defines an entity: a document per (tenant, key), with a version, in a table of its own. Bind it in exactly one service, which owns it.
 *
 * Guarantees: a handler's reads and writes of its service's entities are checked against the versions at commit, so handlers of
 * one service behave as if they ran one at a time. Does not offer queries (handlers read by key), and does not validate what it reads:
 * a document is checked against the schema when it is written.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`.
 *
 * @example const Stock = entity("stock", { data: z.object({ onHand: z.number().int() }) });
 */
export function entity<S extends Schema>(name: string, options: { readonly data: S & StorableSchema<S> }): Entity<OutputOf<S>> {
  checkName("entity", name);
  checkOptionNames(`The entity '${name}'`, options, NAMES);
  checkSchema(`The entity '${name}'`, options.data);
  return { name, schema: options.data };
}

/** A document as it is handed out: frozen, because others may be given the same one. Spread it to make the next version. */
type Frozen<T> = T extends readonly (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** What a handler does with the documents of one entity, in the tenant of its message. */
export interface EntityAccess<Document> {
  /** The document, frozen, or undefined when there is none. Reads of several keys begun together travel together. */
  get(key: string): Promise<Frozen<Document> | undefined>;
  /** Replaces the document with the commit. Throws `DATA_INVALID` when it does not match the schema. */
  put(key: string, document: Frozen<Document>): void;
  /** Deletes the document with the commit; deleting an absent one is allowed. */
  delete(key: string): void;
}

/** What handlers of the platform's own may do besides. */
export interface TextAccess<Document> extends EntityAccess<Document> {
  /** Writes a document as its JSON text, which nobody holds against the entity's schema. */
  putText(key: string, text: string): void;
}
