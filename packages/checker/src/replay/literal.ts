// Plain data as the source text of a literal that people read: keys without quotes where they need none.

export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, one]) => `${/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${literal(one)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
