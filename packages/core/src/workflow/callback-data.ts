// What a callback brought, held against what its run asked for.
import { validate, type Schema } from "../message/schema.ts";
import { keptValue } from "./kept.ts";

/** Data that a callback brought, or what is wrong with it. */
export function callbackData(schema: Schema, data: unknown): { readonly value: unknown } | { readonly wrong: string } {
  try {
    return { value: keptValue(validate(schema, data, "the callback"), "the callback") };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
