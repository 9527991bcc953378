// A value as a journal keeps it: what comes back from storage. A function is given nothing else, so that what it sees, and what it may change,
// is the same at its first run and at every replay.
import { valueOf } from "../decide/documents.ts";

/** The value as plain JSON, frozen: nobody changes it behind the journal. What is that already is returned as it is. */
export function kept<T extends object>(value: T): T {
  const plain = plainOf(value);
  return (plain === NOT_PLAIN ? valueOf({ version: null, body: JSON.stringify(value) }) : plain) as T;
}

/** Only the way over JSON text tells what becomes of it. */
const NOT_PLAIN = Symbol("not plain");

/** What JSON text would make of a value, without the text: most values are plain objects of a few fields. Undefined: nothing. */
function plainOf(value: unknown): unknown {
  switch (typeof value) {
    case "string": case "boolean": return value;
    case "number": return Number.isFinite(value) ? (value === 0 ? 0 : value) : null;
    case "undefined": case "function": case "symbol": return undefined;
    case "bigint": return NOT_PLAIN;
    case "object": return value === null ? null : Array.isArray(value) ? plainArray(value) : plainObject(value);
  }
}

function plainArray(values: readonly unknown[]): unknown {
  if (Object.getPrototypeOf(values) !== Array.prototype || "toJSON" in values) return NOT_PLAIN;
  let same = Object.isFrozen(values) && Object.keys(values).length === values.length;
  const copy: unknown[] = [];
  for (const value of values) {
    const plain = plainOf(value) ?? null;
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    same &&= Object.is(plain, value);
    copy.push(plain);
  }
  return same ? values : Object.freeze(copy);
}

function plainObject(value: object): unknown {
  if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return NOT_PLAIN;
  let same = Object.isFrozen(value);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (name === "__proto__") return NOT_PLAIN;
    const plain: unknown = plainOf(inner);
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    same &&= Object.is(plain, inner) && plain !== undefined;
    if (plain !== undefined) copy[name] = plain;
  }
  return same ? value : Object.freeze(copy);
}
