// What one step changed: the places where two states, as plain data, differ. Elements of an array that carry a `key` are told apart by it
// and not by where they stand, so that one more row is one more row. It judges nothing.

export interface Change {
  /** The place, as in "orders.order[a].status". */
  readonly path: string;
  /** undefined: it was not there before. */
  readonly before: unknown;
  /** undefined: it is gone. */
  readonly after: unknown;
}

/** The differences in the order of the second state, what is gone last. */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const found: Change[] = [];
  compare(before, after, "", found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: Change[]): void {
  if (Object.is(before, after)) return;
  const was = partsOf(before);
  const is = partsOf(after);
  if (was === null || is === null || was.kind !== is.kind) {
    if (textOf(before) !== textOf(after)) found.push({ path, before, after });
    return;
  }
  for (const [name, value] of is.parts) {
    if (was.parts.has(name)) compare(was.parts.get(name), value, is.join(path, name), found);
    else found.push({ path: is.join(path, name), before: undefined, after: value });
  }
  for (const [name, value] of was.parts) if (!is.parts.has(name)) found.push({ path: was.join(path, name), before: value, after: undefined });
}

interface Parts {
  readonly kind: "object" | "rows" | "elements" | "set";
  readonly parts: ReadonlyMap<string, unknown>;
  join(path: string, name: string): string;
}

/** A value as its named parts; null for what has none. */
function partsOf(value: unknown): Parts | null {
  const bracketed = (path: string, name: string): string => `${path}[${name}]`;
  if (Array.isArray(value)) {
    const elements: readonly unknown[] = value;
    const keys = elements.map(keyOf);
    if (elements.length > 0 && !keys.includes(null) && new Set(keys).size === keys.length) {
      return { kind: "rows", parts: new Map(elements.map((element, index) => [keys[index] ?? "", element])), join: bracketed };
    }
    // An empty array can be either: what it is compared with says so.
    return { kind: elements.length === 0 ? "rows" : "elements", parts: new Map(elements.map((element, index) => [String(index), element])), join: bracketed };
  }
  if (value instanceof Map) {
    const entries: readonly (readonly [unknown, unknown])[] = [...value];
    return { kind: "object", parts: new Map(entries.map(([key, element]) => [textOf(key), element])), join: bracketed };
  }
  if (value instanceof Set) {
    const elements: readonly unknown[] = [...value];
    return { kind: "set", parts: new Map(elements.map((element) => [textOf(element), element])), join: bracketed };
  }
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return null;
  return { kind: "object", parts: new Map(Object.entries(value)), join: (path, name) => (path === "" ? name : `${path}.${name}`) };
}

function keyOf(element: unknown): string | null {
  return typeof element === "object" && element !== null && "key" in element && typeof element.key === "string" ? element.key : null;
}

/** A value for people, in one line. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${String(value)}n`;
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "object") return typeof value;
  if (value instanceof Set) return `{${[...value].map(textOf).join(", ")}}`;
  if (value instanceof Map) return `{${[...value].map(([key, one]) => `${textOf(key)} => ${textOf(one)}`).join(", ")}}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `bytes(${[...value].join(" ")})`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return `{${Object.entries(value).map(([name, one]) => `${name}: ${textOf(one)}`).join(", ")}}`;
}
