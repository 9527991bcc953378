// Whether two values are the same JSON, in whatever order their members stand. It knows of no schema.

export function isSameJson(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** One text for all that are the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify([value], (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner);
}
