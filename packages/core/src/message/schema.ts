// Schemas at the border: any Standard Schema (https://standardschema.dev, version 1) can describe data. This file holds the
// little of that interface we use, the compile-time rules for data that must survive storage, and the one place that validates.
import { EvenkeelError } from "../errors.ts";

/** The part of Standard Schema v1 that is used here; Zod, Valibot, ArkType and others satisfy it. */
export interface Schema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type InputOf<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];
export type OutputOf<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** True when a value of T comes back from JSON as it went in. */
type IsJson<T> =
  unknown extends T ? true
  : T extends string | number | boolean | null ? true
  : T extends bigint | symbol | ((...args: never[]) => unknown) | Date | Map<unknown, unknown> | Set<unknown> ? false
  : T extends readonly (infer Item)[] ? IsJson<Item>
  : T extends object ? (false extends { [K in keyof T]-?: IsJson<Exclude<T[K], undefined>> }[keyof T] ? false : true)
  : false;

/** What a wrong schema shows in the editor. */
interface SchemaError<Sentence extends string> { readonly "schema error": Sentence }

/** Data is stored as its schema's output and read back as its input, so both must be the same JSON. */
export type StorableSchema<S extends Schema> =
  Same<InputOf<S>, OutputOf<S>> extends true
    ? false extends IsJson<OutputOf<S>>
      ? SchemaError<"This schema's data is not JSON: a Date, Map, Set, bigint, symbol or function would not survive storage.">
      : unknown
    : SchemaError<"This schema transforms its input (a default, coercion or transform); stored data must have equal input and output types.">;

/** One finding of a failed validation. */
interface DataIssue { readonly path: string; readonly message: string }

/**
 * Returns the schema's output for `value`. Throws `DATA_INVALID` with the path of each wrong field, or `SCHEMA_ASYNC`.
 * @param what names the thing in the error: "order.placed", "entity order".
 */
export function validate<Output>(schema: Schema<unknown, Output>, value: unknown, what: string): Output {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new EvenkeelError("SCHEMA_ASYNC", `The schema of ${what} validates asynchronously: use a synchronous schema.`, { details: { what } });
  }
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue): DataIssue => ({ path: pathOf(issue), message: issue.message }));
  const first = issues[0] ?? { path: "", message: "refused without a reason" };
  const more = issues.length > 1 ? ` (and ${String(issues.length - 1)} more)` : "";
  throw new EvenkeelError(
    "DATA_INVALID",
    `The data of ${what} is not valid at ${first.path === "" ? "its root" : `'${first.path}'`}: ${first.message}${more}. Correct the field and try again.`,
    { details: { what, issues } },
  );
}

function pathOf(issue: SchemaIssue): string {
  return (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}

/**
 * A digest of the shape a schema describes, or null when its vendor does not offer JSON Schema (Standard JSON Schema, `~standard.jsonSchema`).
 * Two versions of a definition with different digests need different version numbers.
 */
export function schemaText(schema: Schema): string | null {
  const standard: object = schema["~standard"];
  if (!("jsonSchema" in standard) || typeof standard.jsonSchema !== "object" || standard.jsonSchema === null) return null;
  const source = standard.jsonSchema;
  if (!offersJsonSchema(source)) return null;
  try {
    return canonicalJson(source.input({ target: "draft-2020-12" }));
  } catch {
    // The vendor offers JSON Schema, but not for this schema (a custom check, say): the version number alone must do.
    return null;
  }
}

function offersJsonSchema(source: object): source is { input: (options: { target: string }) => unknown } {
  return "input" in source && typeof source.input === "function";
}

/** JSON with the keys of every object in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
