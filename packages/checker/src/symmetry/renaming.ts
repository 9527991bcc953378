// A structure with some of its strings exchanged for others, wherever they occur: as values, as keys of objects and Maps, as elements. Makes
// a new structure; what holds none of the strings may be shared with the old one.

/** `names` says what becomes of a string; strings that are not in it stay. */
export function renamed<Value>(value: Value, names: ReadonlyMap<string, string>): Value;
export function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return names.get(value) ?? value;
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => renamed(item, names));
  if (value instanceof Set) return new Set([...value].map((item: unknown) => renamed(item, names)));
  if (value instanceof Map) return new Map([...value].map(([key, item]: [unknown, unknown]) => [renamed(key, names), renamed(item, names)]));
  const made: object = Object.getPrototypeOf(value) === null ? bare() : {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(made, names.get(key) ?? key, { value: renamed(item, names), enumerable: true, writable: true, configurable: true });
  }
  return made;
}

function bare(): object {
  const made: unknown = Object.create(null);
  return typeof made === "object" && made !== null ? made : {};
}
