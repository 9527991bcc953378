// A schema that only asks whether the fields are there: worker processes of the attacks start often, and a schema library takes a quarter
// of their start. It checks no types.
import type { Schema } from "@evenkeel/core";

export function having<T extends object>(...fields: readonly (keyof T)[]): Schema<T> {
  const fits = (value: unknown): value is T => typeof value === "object" && value !== null && fields.every((field) => field in value);
  const validate = (value: unknown): { value: T } | { issues: { message: string }[] } =>
    fits(value) ? { value } : { issues: [{ message: `needs ${fields.join(", ")}` }] };
  return { "~standard": { version: 1, vendor: "attacks", validate } };
}
