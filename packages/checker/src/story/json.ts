// Reports and stories as JSON: states may hold what JSON has no form for.

/** Sets become arrays, Maps arrays of entries, bigints text; what was undefined inside an array becomes null. */
export function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, (_, one: unknown) => plain(one), 2)}\n`;
}

function plain(value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  return typeof value === "bigint" ? String(value) : value;
}
