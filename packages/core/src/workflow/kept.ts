// A value as a journal keeps it: what comes back from storage. A function is given nothing else, so that what it sees, and what it may change,
// is the same at its first run and at every replay.
import { valueOf } from "../decide/documents.ts";
import { notJson } from "./not-json.ts";

/**
 * The value as plain JSON, frozen: nobody changes it behind the journal. What is that already is returned as it is. Throws `DATA_NOT_JSON`.
 *
 * @param what names it in the error.
 */
export function kept<T extends object>(value: T, what = "a run"): T {
  return keptValue(value, what) as T;
}

/** The same of any value. */
export function keptValue(value: unknown, what: string): unknown {
  try {
    const plain = plainOf(value, 0);
    return plain === NOT_PLAIN ? overText(value) : plain;
  } catch (cause) {
    throw notJson(value, what, cause);
  }
}

function overText(value: unknown): unknown {
  const body = JSON.stringify(value);
  // Six characters that look like its escape are none.
  if (NUL.test(body)) throw new RangeError("The database cannot store U+0000.");
  return valueOf({ version: null, body });
}

/** In JSON text, behind an even number of backslashes. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** Only the way over JSON text tells what becomes of it. */
const NOT_PLAIN = Symbol("not plain");

/** What is deeper may hold itself. */
const MOST_DEEP = 200;

/** What JSON text would make of a value, without the text: most values are plain objects of a few fields. Undefined: nothing. */
function plainOf(value: unknown, deep: number): unknown {
  switch (typeof value) {
    case "string": return value.includes("\u0000") ? NOT_PLAIN : value;
    case "boolean": return value;
    case "number": return Number.isFinite(value) ? (value === 0 ? 0 : value) : null;
    case "undefined": case "function": case "symbol": return undefined;
    case "bigint": return NOT_PLAIN;
    case "object": return value === null ? null : deep > MOST_DEEP ? NOT_PLAIN : Array.isArray(value) ? plainArray(value, deep) : plainObject(value, deep);
  }
}

function plainArray(values: readonly unknown[], deep: number): unknown {
  if (Object.getPrototypeOf(values) !== Array.prototype || "toJSON" in values) return NOT_PLAIN;
  let same = Object.isFrozen(values) && isData(values, 1);
  const copy: unknown[] = [];
  for (const value of values) {
    const plain = plainOf(value, deep + 1) ?? null;
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    same &&= Object.is(plain, value);
    copy.push(plain);
  }
  return same && copy.length === Object.keys(values).length ? values : Object.freeze(copy);
}

function plainObject(value: object, deep: number): unknown {
  if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return NOT_PLAIN;
  let same = Object.isFrozen(value) && isData(value, 0);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (name === "__proto__" || name.includes("\u0000")) return NOT_PLAIN;
    const plain: unknown = plainOf(inner, deep + 1);
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    same &&= Object.is(plain, inner) && plain !== undefined;
    if (plain !== undefined) copy[name] = plain;
  }
  return same ? value : Object.freeze(copy);
}

/**
 * Whether a frozen object has nothing but members that JSON carries: an accessor may give something else each time although its object is frozen, and
 * what stands under a symbol, or is not enumerable, would be gone at a replay. @param others members of every such object.
 */
function isData(value: object, others: number): boolean {
  const names = Object.keys(value);
  if (Reflect.ownKeys(value).length !== names.length + others) return false;
  return names.every((name) => Object.getOwnPropertyDescriptor(value, name)?.get === undefined);
}
