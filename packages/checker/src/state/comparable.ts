// Which values a state may hold, and where one of them holds something else: the slow and exact judgement behind the fast hash. It finds
// the path for the message of an error and changes nothing.
import { EvenkeelError } from "@evenkeel/core";

/** Whether an object is compared by its entries: made by a literal, by spreading, or without a prototype. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The error for a state that cannot be compared by structure: `STATE_UNCOMPARABLE`, naming the path. */
export function uncomparable(state: unknown): EvenkeelError {
  const found = findUncomparable(state, "state", []);
  const path = found?.path ?? "state";
  const what = found?.what ?? "something of unknown kind";
  return new EvenkeelError(
    "STATE_UNCOMPARABLE",
    `A state holds ${what} at ${path}: use null, booleans, numbers, strings, bigints, undefined, arrays, plain objects, Map, Set, Date or Uint8Array.`,
    { details: { path, what } },
  );
}

/** Throws `STATE_UNCOMPARABLE` unless the whole value can be compared by structure. Walks all of it: for samples. */
export function assertComparable(state: unknown): void {
  if (findUncomparable(state, "state", []) !== null) throw uncomparable(state);
}

interface Found {
  readonly path: string;
  readonly what: string;
}

function findUncomparable(value: unknown, path: string, above: readonly object[]): Found | null {
  if (typeof value === "function") return { path, what: "a function" };
  if (typeof value === "symbol") return { path, what: "a symbol" };
  if (typeof value !== "object" || value === null) return null;
  if (above.includes(value)) return { path, what: "itself (a cycle)" };
  const next = [...above, value];
  if (value instanceof Date || value instanceof Uint8Array) return null;
  if (Array.isArray(value)) return firstOf(value.map((item: unknown, index) => [`${path}[${index}]`, item] as const), next);
  if (value instanceof Set) return firstOf([...value].map((item: unknown) => [`${path}.<element>`, item] as const), next);
  if (value instanceof Map) {
    const entries: [unknown, unknown][] = [...value];
    return firstOf(entries.flatMap(([key, item]) => [[`${path}.<key>`, key], [`${path}.get(${String(key)})`, item]] as const), next);
  }
  if (!isPlainObject(value)) return { path, what: `an instance of ${nameOfClass(value)}` };
  const odd = Reflect.ownKeys(value).find((key) => typeof key === "symbol" || !isPlainProperty(value, key));
  if (odd !== undefined) {
    return { path: `${path}[${String(odd)}]`, what: typeof odd === "symbol" ? "a property named by a symbol" : "a hidden or computed property" };
  }
  return firstOf(Object.entries(value).map(([key, item]) => [`${path}.${key}`, item] as const), next);
}

function firstOf(parts: readonly (readonly [string, unknown])[], above: readonly object[]): Found | null {
  for (const [path, part] of parts) {
    const found = findUncomparable(part, path, above);
    if (found !== null) return found;
  }
  return null;
}

function isPlainProperty(value: object, key: string | symbol): boolean {
  const property = Object.getOwnPropertyDescriptor(value, key);
  return property !== undefined && property.enumerable === true && property.get === undefined && property.set === undefined;
}

function nameOfClass(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== "object" || prototype === null || !("constructor" in prototype)) return "an unnamed class";
  return typeof prototype.constructor === "function" ? prototype.constructor.name : "an unnamed class";
}
